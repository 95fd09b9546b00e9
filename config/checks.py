"""What must be set before strangers may reach this site: `manage.py check --deploy`, and every production start."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Sequence
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

TAG = "daybook"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1", "testserver"})
SHORTEST_KEY = 50


@register(TAG, deploy=True)
def production(app_configs: Any = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """Everything that is missing or unsafe, each with a sentence that says what to set."""
    return [*secrets(), *addresses(), *playthings(), *mail()]


def secrets() -> Iterator[CheckMessage]:
    """Keys that are missing, short or known to everybody."""
    if settings.SECRET_KEY == settings.INSECURE_KEY or len(settings.SECRET_KEY) < SHORTEST_KEY:
        yield Error(
            "SECRET_KEY is not set to a secret of this site.",
            hint=f"Set SECRET_KEY to at least {SHORTEST_KEY} random characters.",
            id="daybook.E001",
        )
    if not settings.FIELD_ENCRYPTION_KEYS:
        yield Error(
            "FIELD_ENCRYPTION_KEYS is not set: stored secrets could not be encrypted.",
            hint="Set FIELD_ENCRYPTION_KEYS to a new key and keep a copy of it away from the database.",
            id="daybook.E002",
        )
    elif not all(is_fernet_key(key) for key in settings.FIELD_ENCRYPTION_KEYS):
        yield Error(
            "FIELD_ENCRYPTION_KEYS holds something that is not a key.",
            hint="Each key is 32 random bytes in URL-safe base64; separate several by commas, the newest first.",
            id="daybook.E003",
        )


def is_fernet_key(key: str) -> bool:
    """Whether the text is 32 bytes in URL-safe base64."""
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except (binascii.Error, ValueError):
        return False


def addresses() -> Iterator[CheckMessage]:
    """A site address that does not protect what is sent to it, or hosts that do not fit it."""
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https" and site.hostname not in LOOPBACK:
        yield Error(
            f"SITE_URL is {settings.SITE_URL}: links in mail would go over an open line.",
            hint="Set SITE_URL to the https:// address that visitors use.",
            id="daybook.E004",
        )
    elif site.scheme != "https":
        yield Warning(
            f"SITE_URL is {settings.SITE_URL}: only this machine can follow the links in mail.",
            hint="Set SITE_URL to the https:// address that visitors use.",
            id="daybook.W001",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS allows every host name.",
            hint="Set ALLOWED_HOSTS to the names that visitors use, separated by commas.",
            id="daybook.E005",
        )
    elif site.hostname not in {host.strip("[]") for host in settings.ALLOWED_HOSTS}:
        yield Error(
            f"ALLOWED_HOSTS does not hold {site.hostname}, the host of SITE_URL.",
            hint=f"Set ALLOWED_HOSTS={site.hostname}",
            id="daybook.E006",
        )


def playthings() -> Iterator[CheckMessage]:
    """The demonstration or the sandbox on a site that others can reach."""
    if settings.DEBUG:
        yield Error("DEBUG is on: errors would show the inside of the site.", hint="Remove DEBUG.", id="daybook.E007")
    for name in ("DEMO", "SANDBOX"):
        if getattr(settings, name):
            yield Error(
                f"{name} is on: anybody could act as the made-up organisation.",
                hint=f"Remove {name} from the environment and from `.env`.",
                id=f"daybook.E00{8 if name == 'DEMO' else 9}",
            )


def mail() -> Iterator[CheckMessage]:
    """No way for mail to leave."""
    if not settings.EMAIL_URL or settings.EMAIL_URL.startswith("outbox:"):
        yield Error(
            "EMAIL_URL is not set: nobody would get a confirmation.",
            hint="Set EMAIL_URL to the mail server, such as smtp+tls://user:password@mail.example.org:587",
            id="daybook.E010",
        )


def fresh_secrets() -> list[str]:
    """Lines for `.env` with newly made keys, for those that are missing."""
    lines = []
    if any(message.id == "daybook.E001" for message in secrets()):
        lines.append(f"SECRET_KEY={token_urlsafe(SHORTEST_KEY)}")
    if not settings.FIELD_ENCRYPTION_KEYS:
        lines.append(f"FIELD_ENCRYPTION_KEYS={base64.urlsafe_b64encode(os.urandom(32)).decode()}")
    return lines
