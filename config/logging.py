"""Logs: one JSON object a line (plain lines under DEBUG), with the request, organisation and actor they belong to.

No line carries personal data: paths are masked before they are written, query strings never are written. What the
lines say of request, organisation and actor is what `tenants.acting` holds.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import logging.config
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenants import acting

log = logging.getLogger("daybook.web")

#: What a client or proxy may call a request.
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
#: Addresses whose next segment lets its holder act.
TOKEN = re.compile(
    r"(/(?:manage|approve|offer|waiting|bookwithme/link|rooms/panel|webhooks/graph|accounts/invitation|accounts/confirm-email"
    r"|accounts/password/reset/key))"
    r"/[^/\s\"'?]+",
    re.IGNORECASE,
)
#: Addresses whose mail-like segment names a page or a mailbox, not a person.
PAGE = re.compile(r"/(?:bookwithme/user|book|bookingBusinesses|bookingBusinessesc2|pages)/+$", re.IGNORECASE)
MAIL = re.compile(r"[^/\s\"'<>()=,;:]+(@|%40)(?=[\w-]+\.)")
#: Requests of machines that ask every few seconds.
QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def mask(text: str) -> str:
    """The text with link tokens and the names in mail addresses replaced by `***`; addresses of pages stay."""

    def hide(found: re.Match[str]) -> str:
        return found[0] if PAGE.search(text, 0, found.start()) else f"***{found[1]}"

    return MAIL.sub(hide, TOKEN.sub(r"\1/***", text))


def context() -> dict[str, str]:
    """What is known of the request or task that runs."""
    known = {
        "request": acting.request_id.get(),
        "organisation": acting.organisation_id.get(),
        "actor": acting.actor_label.get(),
    }
    return {name: value for name, value in known.items() if value}


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON; what was passed as `extra` becomes fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, masked."""
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
            **context(),
            **{name: value for name, value in vars(record).items() if name not in STANDARD and name != "request"},
        }
        if record.exc_info:
            fields["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(fields, default=str, ensure_ascii=False)


class LineFormatter(logging.Formatter):
    """A record as a line for a person, masked."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with the traceback where there is one."""
        return mask(super().format(record))


def formatter(*, json: bool) -> logging.Formatter:
    """The formatter of every line: JSON for machines, or plain."""
    return JsonFormatter() if json else LineFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")


def configure(options: Mapping[str, Any]) -> None:
    """Sets up logging of the process, to standard error. `options`: `json` (bool) and `level` (its name)."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter, "json": options.get("json", True)}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": options.get("level", "INFO")},
            "loggers": {
                # One line per task and beat; the outbox has its own.
                "django-q": {"level": "WARNING"},
                # Refusals are in the line of their request.
                "django.request": {"level": "ERROR"},
                "django.security.csrf": {"level": "ERROR"},
            },
        }
    )
    logging.captureWarnings(True)


def client_ip(meta: Mapping[str, str]) -> str | None:
    """Who asks: the last address in X-Forwarded-For that is not one of TRUSTED_PROXIES, if a proxy of ours asks."""
    address = meta.get("REMOTE_ADDR") or None
    hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and address and is_within(address, settings.TRUSTED_PROXIES):
        address = hops.pop()
    return address if address and is_address(address) else None


def is_address(text: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_within(address: str, networks: Sequence[str]) -> bool:
    """Whether an address is one of the addresses or networks."""
    return is_address(address) and any(
        ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False) for network in networks
    )


@contextmanager
def acting_for(*, request_id: str, client_ip: str | None) -> Iterator[None]:
    """Sets what `tenants.acting` holds for one request and puts back what was there: threads are used again."""
    fresh: list[tuple[ContextVar[Any], Any]] = [
        (acting.request_id, request_id),
        (acting.client_ip, client_ip),
        (acting.organisation_id, ""),
        (acting.actor_label, ""),
    ]
    tokens = [(variable, variable.set(value)) for variable, value in fresh]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


class RequestContextMiddleware:
    """Names the request (X-Request-ID, taken over or made) and writes one line about it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers with the X-Request-ID that the log lines carry."""
        given = request.headers.get("X-Request-ID", "")
        name = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        started = time.perf_counter()
        with acting_for(request_id=name, client_ip=client_ip(request.META)):
            response = self.get_response(request)
            response["X-Request-ID"] = name
            self.report(request, response.status_code, time.perf_counter() - started)
            return response

    @staticmethod
    def report(request: HttpRequest, status: int, seconds: float) -> None:
        """Writes the line: method, masked path, status, milliseconds."""
        quiet = status < 400 and request.path.startswith(QUIET)
        level = logging.DEBUG if quiet else logging.ERROR if status >= 500 else logging.INFO
        path = mask(request.path)
        fields = {"method": request.method, "path": path, "status": status, "ms": round(seconds * 1000, 1)}
        log.log(level, "%s %s %s", request.method, path, status, extra=fields)
