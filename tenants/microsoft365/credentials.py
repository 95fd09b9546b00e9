"""Tokens for an organisation's app registration (Entra: v2-oauth2-client-creds-grant-flow).

One msal application per organisation and process, made when it is first needed (making it asks the network), with
its tokens in memory only. It is made anew when the app registration or its secret was changed, and dropped by
`forget`, because a permission that was just granted shows in new tokens only.

msal insists on https and Microsoft's own host, so the real authority stays and the injected client sends the
requests to `MICROSOFT_LOGIN_URL`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from django.conf import settings
from django.db import transaction

from tenants.microsoft365 import errors
from tenants.models import Connection

AUTHORITY = "https://login.microsoftonline.com"
SCOPES = ["https://graph.microsoft.com/.default"]
#: Seconds to connect, seconds for the answer.
TIMEOUT = (5, 20)
NOT_ENTRA = "What answers at the sign-in service's address is something else."
BY_NUMBER: dict[str, type[errors.SignInFailed]] = {
    "AADSTS7000222": errors.SecretExpired,
    "AADSTS7000215": errors.SecretWrong,
    "AADSTS90002": errors.DirectoryUnknown,
}

#: Two threads that make one at the same time both get a good one; the later one stays.
_applications: dict[Any, tuple[str, Any]] = {}


class LoginClient:
    """The HTTP client that msal gets: same path, another host, time limits that msal does not set.

    It raises Throttled for 429 and 5xx, from which msal would make a refusal, or an unknown directory.
    """

    def __init__(self) -> None:
        self.session = requests.Session()

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        return _served(self.session.get(_elsewhere(url), **{"timeout": TIMEOUT, **kwargs}))

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        return _served(self.session.post(_elsewhere(url), **{"timeout": TIMEOUT, **kwargs}))

    def close(self) -> None:
        self.session.close()


def _elsewhere(url: str) -> str:
    parts = urlsplit(url)
    return f"{settings.MICROSOFT_LOGIN_URL}{parts.path}{'?' + parts.query if parts.query else ''}"


def _served(response: requests.Response) -> requests.Response:
    if response.status_code == 429 or response.status_code >= 500:
        reason = f"The sign-in service answered {response.status_code}."
        raise errors.Throttled(reason, retry_after=retry_after(response, datetime.now(UTC)))
    if response.ok and "json" not in response.headers.get("Content-Type", ""):
        raise errors.Unavailable(NOT_ENTRA)
    return response


def retry_after(response: requests.Response, now: datetime) -> timedelta | None:
    """`Retry-After` in seconds or as a date (RFC 9110 10.2.3); None where there is none."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return timedelta(seconds=int(text))
    try:
        return max(parsedate_to_datetime(text) - now, timedelta(0))
    except (TypeError, ValueError):
        return None


def fingerprint(connection: Connection) -> str:
    """Changes with the app registration, its secret, and where we sign in. Tells nothing about the secret."""
    values = [connection.client_id, connection.directory_id, connection.client_secret, settings.MICROSOFT_LOGIN_URL]
    return hashlib.sha256("\n".join(values).encode()).hexdigest()


def token(connection: Connection, *, fresh: bool = False) -> str:
    """An access token for Graph; from memory while it lasts, unless it is to be `fresh`.

    Raises SignInFailed (or one of its kinds), Throttled, Unreachable, Unavailable.
    """
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("Microsoft 365 is asked outside of transactions only.")
    try:
        application = _application(connection)
        if fresh:
            application.remove_tokens_for_client()
        answer = application.acquire_token_for_client(SCOPES)
    except KeyError as error:  # a discovery document without addresses
        raise errors.Unavailable(NOT_ENTRA) from error
    except ValueError as error:  # what msal makes of a directory whose discovery document it cannot get
        raise errors.DirectoryUnknown("AADSTS90002: There is no directory of this ID.") from error
    except requests.RequestException as error:
        raise errors.Unreachable(f"The sign-in service cannot be reached: {type(error).__name__}") from error
    if "access_token" not in answer:
        raise _refusal(answer)
    return str(answer["access_token"])


def _application(connection: Connection) -> Any:
    mark = fingerprint(connection)
    known = _applications.get(connection.tenant_id)
    if known is None or known[0] != mark:
        known = _applications[connection.tenant_id] = (mark, _make(connection))
    return known[1]


def _make(connection: Connection) -> Any:
    return msal.ConfidentialClientApplication(
        connection.client_id,
        client_credential=connection.client_secret,
        authority=f"{AUTHORITY}/{connection.directory_id}",
        instance_discovery=False,
        http_client=LoginClient(),
    )


def _refusal(answer: dict[str, Any]) -> errors.MicrosoftError:
    """The named error of what Entra answered instead of a token."""
    reason = str(answer.get("error_description") or answer.get("error") or "No token came.").splitlines()[0][:400]
    number = reason.partition(":")[0]
    return BY_NUMBER.get(number, errors.SignInFailed)(reason, code=number)


def forget(tenant_id: Any = None) -> None:
    """Drops the organisation's tokens, or everybody's, so that the next one is a new one."""
    if tenant_id is None:
        _applications.clear()
    else:
        _applications.pop(tenant_id, None)


def roles(access_token: str) -> set[str]:
    """The application permissions that a token names. For people to read: Graph decides, not the token."""
    payload = access_token.split(".")[1] if access_token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return set()
    return set(claims.get("roles", []))
