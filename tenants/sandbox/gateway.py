"""The way into every Graph endpoint: faults, token, permission, throttling, the mailbox, the log, errors in shape."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatch
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from . import disconnect, errors, times, tokens
from .errors import GraphError, SignInError
from .models import AppRegistration, DirectoryUser, Fault, LoggedRequest, MailboxKind
from .representation import Preferences

PREFERENCE = re.compile(r'([\w.-]+)\s*=\s*(?:"([^"]*)"|([^,\s]+))')
CODES = {
    401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    403: ("ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    404: ("ErrorItemNotFound", "The specified object was not found in the store."),
    410: ("syncStateNotFound", "The sync state generation is not found."),
    429: ("ApplicationThrottled", "Application is over its MailboxConcurrency limit."),
    503: ("serviceNotAvailable", "The service is temporarily unavailable. Retry later."),
    504: ("timeout", "The request timed out."),
}


@dataclass
class Call:
    """One request, as a handler sees it."""

    request: HttpRequest
    now: datetime
    preferences: Preferences
    application: AppRegistration
    ids: dict[str, str]
    user: DirectoryUser | None = None
    query: dict[str, str] = field(default_factory=dict)

    @property
    def mailbox(self) -> DirectoryUser:
        """The user of the address, who is known to exist by the time a handler runs."""
        if self.user is None:
            raise errors.resource_not_found(self.ids.get("user", ""))
        return self.user

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the request; 400 for anything else."""
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError:
            raise errors.bad_request("Unable to read JSON request payload.") from None
        if not isinstance(body, dict):
            raise errors.bad_request("Unable to read JSON request payload.")
        return body


Handler = Callable[[Call], HttpResponseBase]
View = Callable[..., HttpResponseBase]


def endpoint(*, mailbox: bool = True, **methods: tuple[Handler, set[str]]) -> View:
    """A view of the Graph side: by method, its handler and the roles of which the caller needs one."""

    def answer(request: HttpRequest, log: LoggedRequest, ids: dict[str, str]) -> HttpResponseBase:
        if request.method not in methods:
            raise GraphError(405, "UnknownError", "The HTTP method is not supported for this resource.")
        handler, roles = methods[request.method]
        call = _call(request, log, ids, mailbox=mailbox)
        _permit(call, roles, mailbox=mailbox)
        return handler(call)

    return served(answer, errors.graph_answer)


def sign_in_endpoint(handler: Callable[..., HttpResponseBase]) -> View:
    """A view of the sign-in side."""
    return served(lambda request, _log, ids: handler(request, **ids), errors.sign_in_answer)


def served(answer: Callable[..., HttpResponseBase], refuse: Callable[..., HttpResponseBase]) -> View:
    """A view that is logged, fails on demand, and turns refusals into answers of the right shape."""

    @wraps(answer, assigned=())
    def view(request: HttpRequest, **ids: str) -> HttpResponseBase:
        log = _log(request)
        fault = _fault(log)
        sign_in = refuse is errors.sign_in_answer
        try:
            if fault is not None:
                _refuse_on_demand(fault, sign_in=sign_in)
            response = disconnect.break_off(request) if _drops(fault, "drop") else answer(request, log, ids)
        except (GraphError, SignInError) as error:
            response, log.code = refuse(request, error), error.code
        _keep(log, response)
        if _drops(fault, "dropAfter"):
            return disconnect.break_off(request)
        return _echo_ids(request, response)

    view.csrf_exempt = True  # type: ignore[attr-defined]
    return view


def _log(request: HttpRequest) -> LoggedRequest:
    return LoggedRequest(
        method=request.method or "",
        path="/" + request.path_info.split("/", 2)[2],
        query=request.META.get("QUERY_STRING", ""),
        client_request_id=request.headers.get("client-request-id", "")[:100],
        status=0,
    )


def _keep(log: LoggedRequest, response: HttpResponseBase) -> None:
    log.status = response.status_code
    log.save(force_insert=True)
    if log.pk % 500 == 0:
        LoggedRequest.objects.filter(pk__lte=log.pk - LoggedRequest.KEPT).delete()


def _echo_ids(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if "request-id" not in response.headers:
        response.headers["request-id"] = str(uuid.uuid4())
        client_request_id = request.headers.get("client-request-id", response.headers["request-id"])
        response.headers["client-request-id"] = client_request_id
    return response


def _fault(log: LoggedRequest) -> Fault | None:
    for fault in Fault.objects.pending():
        methods = fault.method.upper().split(",")
        if ("*" in methods or log.method in methods) and fnmatch(log.path.lower(), fault.path.lower()) and fault.take():
            log.dropped = fault.effect in ("drop", "dropAfter")
            return fault
    return None


def _drops(fault: Fault | None, effect: str) -> bool:
    return fault is not None and fault.effect == effect


def _refuse_on_demand(fault: Fault, *, sign_in: bool) -> None:
    time.sleep(fault.delay_seconds)
    if fault.effect != "answer":
        return
    code, message = CODES.get(fault.status, ("UnknownError", "An error that was asked for."))
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    kind = SignInError if sign_in else GraphError
    raise kind(fault.status, fault.code or code, fault.message or message, headers)


def _call(request: HttpRequest, log: LoggedRequest, ids: dict[str, str], *, mailbox: bool) -> Call:
    now = timezone.now()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    claims = tokens.verify(token, now) if scheme.lower() == "bearer" else None
    application = _application(claims) if claims else None
    if claims is None or application is None:
        message = "Access token is empty." if not token else "Access token has expired or is not yet valid."
        raise GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": "Bearer"})
    application.roles = claims.get("roles", [])
    log.client_id = str(application.client_id)
    call = Call(
        request,
        now,
        _preferences(request),
        application,
        ids,
        query={name: str(value) for name, value in request.GET.items()},
    )
    if "user" in ids:
        call.user = application.organisation.users.select_related("organisation").named(ids["user"])
        log.mailbox = str(call.user.pk) if call.user else ""
        if call.user is None and not mailbox:
            raise errors.resource_not_found(ids["user"])
    return call


def _application(claims: dict[str, Any]) -> AppRegistration | None:
    known = AppRegistration.objects.filter(client_id=claims["appid"], organisation__directory_id=claims["tid"])
    return known.select_related("organisation").first()


def _permit(call: Call, roles: set[str], *, mailbox: bool) -> None:
    application, organisation = call.application, call.application.organisation
    granted = {*application.roles, *(application.exchange_roles if mailbox else [])}
    if not granted & roles:
        raise errors.access_denied()
    if organisation.throttle_requests:
        _throttle(call, organisation.throttle_requests)
    if mailbox and "user" in call.ids:
        open_mailbox(call)


def open_mailbox(call: Call) -> None:
    """Refuses where `call.user` is nobody, has no mailbox, or a policy closes the mailbox to the application."""
    if call.user is None:
        raise GraphError(404, "ResourceNotFound", "Resource could not be discovered.")
    allowed = call.application.mailboxes
    if allowed is not None and call.user.address.lower() not in {address.lower() for address in allowed}:
        raise GraphError(403, "ErrorAccessDenied", "Access to OData is disabled.")
    if call.user.mailbox == MailboxKind.NONE:
        raise errors.no_mailbox()


def _throttle(call: Call, most: int) -> None:
    """Requests per app and mailbox; refused ones count too (Graph: throttling-limits)."""
    organisation = call.application.organisation
    since = call.now - timedelta(seconds=organisation.throttle_seconds)
    client_id = str(call.application.client_id)
    mailbox = str(call.user.pk) if call.user else ""
    recent = LoggedRequest.objects.filter(client_id=client_id, mailbox=mailbox, at__gt=since).order_by("at")
    if recent.count() >= most:
        oldest = recent[recent.count() - most].at
        wait = max(1, round(organisation.throttle_seconds - (call.now - oldest).total_seconds()))
        raise GraphError(429, *CODES[429], {"Retry-After": str(wait)})


def _preferences(request: HttpRequest) -> Preferences:
    found = {name.lower(): a or b for name, a, b in PREFERENCE.findall(request.headers.get("Prefer", ""))}
    size = found.get("odata.maxpagesize", "")
    zone_name = found.get("outlook.timezone") or "UTC"
    times.zone(zone_name)
    path = request.path.partition("/v1.0")[0]
    return Preferences(
        time_zone=zone_name,
        immutable=found.get("idtype", "").lower() == "immutableid",
        text_body=found.get("outlook.body-content-type", "").lower() == "text",
        page_size=min(int(size), 1_000) if size.isdigit() and int(size) else None,
        base_url=f"{request.scheme}://{request.get_host()}{path}/v1.0",
    )


def answer(call: Call, body: dict[str, Any], status: int = 200) -> JsonResponse:
    """JSON in OData's dress."""
    return JsonResponse({"@odata.context": f"{call.preferences.base_url}/$metadata", **body}, status=status)
