"""One request to Microsoft Graph: headers, token, time limits, and errors by name.

Waiting and trying again is the outbox's work: nothing here sleeps. Only a connection that could not be made is tried
again at once, because then nothing was asked yet; and a refused token is renewed once.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import requests
from django.db import transaction
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from tenants.microsoft365 import credentials, errors
from tenants.models import Connection, Tenant

log = logging.getLogger(__name__)

TIMEOUT = (5, 20)
#: Ids that stay the same when an item is moved (Graph: outlook-immutable-id), and all times in UTC.
ALWAYS_PREFERRED = ('IdType="ImmutableId"', 'outlook.timezone="UTC"')
_local = threading.local()


def client_for(tenant: Tenant) -> GraphClient:
    """A client with the organisation's connection. Raises NotConnected."""
    connection = Connection.objects.filter(tenant=tenant, is_active=True).first()
    if connection is None:
        raise errors.NotConnected("There is no Microsoft 365 connection.")
    return GraphClient(connection)


class GraphClient:
    """Asks Graph in the name of an organisation's app registration. Every method raises what `errors` lists."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.base_url = credentials.cloud_of(connection).graph

    def get(
        self, url: str, *, params: Mapping[str, Any] | None = None, prefer: tuple[str, ...] = (), eventual: bool = False
    ) -> dict[str, Any]:
        """The JSON at a path such as `/users`, or at a full link that Graph gave."""
        return self.request("GET", url, params=params, prefer=prefer, eventual=eventual)

    def pages(self, path: str, *, params: Mapping[str, Any], eventual: bool = False) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        page = self.get(path, params=params, eventual=eventual)
        yield from page["value"]
        while "@odata.nextLink" in page:
            page = self.get(page["@odata.nextLink"], eventual=eventual)
            yield from page["value"]

    def request(
        self, method: str, url: str, *, params: Mapping[str, Any] | None = None, json: Any = None,
        text: str | None = None, prefer: tuple[str, ...] = (), eventual: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """The JSON of the answer, {} where there is none. `text`: a body that is not JSON.

        `eventual`: for advanced queries of the directory (S1.8).
        """
        if transaction.get_connection().in_atomic_block:
            raise RuntimeError("Microsoft 365 is asked outside of transactions only.")
        headers = {"Prefer": ", ".join((*ALWAYS_PREFERRED, *prefer))}
        if eventual:
            headers["ConsistencyLevel"] = "eventual"
        if text is not None:
            headers["Content-Type"] = "text/plain"
        options = {"params": params, "json": json, "data": text, "headers": headers}
        response = self._send(method, self._address(url), credentials.token(self.connection), options)
        if response.status_code == 401:
            token = credentials.token(self.connection, fresh=True)
            response = self._send(method, self._address(url), token, options)
        if response.status_code >= 400:
            raise _error(response)
        return _json(response)

    def _address(self, url: str) -> str:
        """The full address. A link to another host gets no token of ours: it is stale, as after a move."""
        if url.startswith("/"):
            return f"{self.base_url}{url}"
        if not url.startswith(f"{self.base_url}/"):
            raise errors.Gone("The stored link leads to another service.")
        return url

    def _send(self, method: str, url: str, token: str, options: dict[str, Any]) -> requests.Response:
        client_request_id = str(uuid.uuid4())
        headers = {**options["headers"], "Authorization": f"Bearer {token}", "client-request-id": client_request_id}
        started = time.monotonic()
        status, request_id = 0, ""
        try:
            response = _session().request(method, url, timeout=TIMEOUT, **{**options, "headers": headers})
            status, request_id = response.status_code, response.headers.get("request-id", "")
        except requests.RequestException as error:
            raise errors.Unreachable(f"Microsoft 365 did not answer: {type(error).__name__}") from error
        finally:
            log.info(
                "graph",
                extra={
                    "method": method, "status": status, "client_request_id": client_request_id,
                    "graph_request_id": request_id, "milliseconds": round((time.monotonic() - started) * 1000),
                },
            )  # fmt: skip
        return response


def _session() -> requests.Session:
    """This thread's connections."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        retries = Retry(total=None, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.2)
        session = _local.session = requests.Session()
        session.mount("https://", HTTPAdapter(max_retries=retries))
        session.mount("http://", HTTPAdapter(max_retries=retries))
    return session


def close() -> None:
    """Closes this thread's connections."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is not None:
        session.close()
        del _local.session


def _json(response: requests.Response) -> dict[str, Any]:
    if not response.content:
        return {}
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise errors.Unavailable(f"{response.status_code}: the answer is not Graph's.")
    return body


def _error(response: requests.Response) -> errors.MicrosoftError:
    try:
        told = response.json()["error"]
        code, message = str(told["code"]), str(told["message"])
    except (ValueError, KeyError, TypeError):
        code, message = "", response.reason or ""
    return errors.from_answer(response.status_code, code, message, credentials.retry_after(response, datetime.now(UTC)))
