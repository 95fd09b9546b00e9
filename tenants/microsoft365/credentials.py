"""Tokens for an organisation's app registration (Entra: v2-oauth2-client-creds-grant-flow).

One msal application per secret and process, made when it is first needed (making it asks the network), with its
tokens in memory only. It is made anew when the app registration or the secret was changed, and dropped by `forget`,
because a permission that was just granted shows in new tokens only.

| secrets of the connection           | what happens (S3.4)                                                       |
|-------------------------------------|---------------------------------------------------------------------------|
| one                                 | it is used                                                                |
| two                                 | the one that ends last; where Microsoft refuses it, the other one at once |
| … refused less than `PASSED_OVER` ago | it is passed over: each request would be refused first                  |

msal insists on https and Microsoft's own host, so the real authority stays and the injected client sends the
requests to where the site reaches the cloud (`clouds`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from django.conf import settings
from django.db import transaction

from tenants.fields import UNREADABLE
from tenants.microsoft365 import clouds, errors
from tenants.models import Connection

#: Seconds to connect, seconds for the answer.
TIMEOUT = (5, 20)
#: For so many seconds a refused secret is not tried while there is another.
PASSED_OVER = 300
NOT_ENTRA = "What answers at the sign-in service's address is something else."

#: By organisation and secret. Two threads that make one at the same time both get a good one; the later one stays.
_applications: dict[Any, dict[str, Any]] = {}
#: When a secret was refused last, by the clock that only runs forward.
_refused: dict[str, float] = {}


def cloud_of(connection: Connection) -> clouds.Cloud:
    """Where the connection's directory is."""
    return clouds.reached(
        connection.cloud, login_url=settings.MICROSOFT_LOGIN_URL, graph_url=settings.MICROSOFT_GRAPH_URL
    )


class LoginClient:
    """The HTTP client that msal gets: same path, another host, time limits that msal does not set.

    It raises Throttled for 429 and 5xx, from which msal would make a refusal, or an unknown directory.
    """

    def __init__(self, login_url: str) -> None:
        self.session = requests.Session()
        self.login_url = login_url

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        return _served(self.session.get(self.elsewhere(url), **{"timeout": TIMEOUT, **kwargs}))

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        return _served(self.session.post(self.elsewhere(url), **{"timeout": TIMEOUT, **kwargs}))

    def elsewhere(self, url: str) -> str:
        """The same path at the host where this site reaches the sign-in service."""
        parts = urlsplit(url)
        return f"{self.login_url}{parts.path}{'?' + parts.query if parts.query else ''}"

    def close(self) -> None:
        self.session.close()


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
    """Changes with the app registration, its secrets, and where we sign in. Tells nothing about the secrets."""
    return _mark(connection, *(secret for secret, _ends_on in connection.secrets()))


def _mark(connection: Connection, *secrets: str) -> str:
    values = [connection.client_id, connection.directory_id, connection.cloud, settings.MICROSOFT_LOGIN_URL, *secrets]
    return hashlib.sha256("\n".join(values).encode()).hexdigest()


def token(connection: Connection, *, fresh: bool = False) -> str:
    """An access token for Graph; from memory while it lasts, unless it is to be `fresh`.

    Raises SignInFailed (or one of its kinds), Throttled, Unreachable, Unavailable.
    """
    refusal: errors.SignInFailed = errors.SecretWrong("There is no client secret.")
    for number, secret in enumerate(_in_order(connection)):
        try:
            return token_with(connection, secret, fresh=fresh)
        except (errors.SecretExpired, errors.SecretWrong, errors.SecretUnreadable) as error:
            _refused[_mark(connection, secret)] = time.monotonic()
            refusal = refusal if number else error
    raise refusal


def _in_order(connection: Connection) -> list[str]:
    """The secrets as they are tried: the one that ends last first, after those that were not refused lately."""
    since = time.monotonic() - PASSED_OVER
    secrets = [secret for secret, _ends_on in connection.secrets()]
    return sorted(secrets, key=lambda secret: _refused.get(_mark(connection, secret), 0.0) > since)


def token_with(connection: Connection, secret: str, *, fresh: bool = False) -> str:
    """A token for one of the connection's secrets. Raises what `token` raises."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("Microsoft 365 is asked outside of transactions only.")
    if secret == UNREADABLE:
        raise errors.SecretUnreadable("The stored client secret cannot be decrypted.")
    try:
        application = _application(connection, secret)
        if fresh:
            application.remove_tokens_for_client()
        answer = application.acquire_token_for_client([cloud_of(connection).scope])
    except KeyError as error:  # a discovery document without addresses
        raise errors.Unavailable(NOT_ENTRA) from error
    except ValueError as error:  # what msal makes of a directory whose discovery document it cannot get
        raise errors.DirectoryUnknown("AADSTS90002: There is no directory of this ID.") from error
    except requests.RequestException as error:
        raise errors.Unreachable(f"The sign-in service cannot be reached: {type(error).__name__}") from error
    if "access_token" not in answer:
        raise _refusal(answer)
    _refused.pop(_mark(connection, secret), None)
    return str(answer["access_token"])


def _application(connection: Connection, secret: str) -> Any:
    mark = _mark(connection, secret)
    known = _applications.setdefault(connection.tenant_id, {})
    if mark not in known:
        if len(known) >= 4:  # two connections with two secrets each: the others are of values that were replaced
            known.clear()
        known[mark] = _make(connection, secret)
    return known[mark]


def _make(connection: Connection, secret: str) -> Any:
    cloud = cloud_of(connection)
    return msal.ConfidentialClientApplication(
        connection.client_id,
        client_credential=secret,
        authority=f"{cloud.authority}/{connection.directory_id}",
        instance_discovery=False,
        http_client=LoginClient(cloud.login),
    )


def _refusal(answer: dict[str, Any]) -> errors.MicrosoftError:
    """The named error of what Entra answered instead of a token."""
    reason = str(answer.get("error_description") or answer.get("error") or "No token came.").splitlines()[0]
    reason = reason.partition(" Trace ID:")[0][:400]
    number = reason.partition(":")[0]
    return errors.BY_NUMBER.get(number, errors.SignInFailed)(reason, code=number)


def forget(tenant_id: Any = None) -> None:
    """Drops the organisation's tokens, or everybody's, so that the next one is a new one."""
    _refused.clear()
    if tenant_id is None:
        _applications.clear()
    else:
        _applications.pop(tenant_id, None)


def claims(access_token: str) -> dict[str, Any]:
    """What a token says of itself. For people to read: Graph decides, not the token."""
    payload = access_token.split(".")[1] if access_token.count(".") == 2 else ""
    try:
        found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def roles(access_token: str) -> set[str]:
    """The application permissions that a token names."""
    return set(claims(access_token).get("roles", []))
