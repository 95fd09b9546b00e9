"""A sandbox with two organisations, and a client that speaks to it as an application does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client

from tenants.sandbox import seed, tokens
from tenants.sandbox.models import AppRegistration, DirectoryUser, Organisation

CLIENT_ID = "5f0c6a1e-2f5b-4b43-9a59-0b4f3c9de001"
DIRECTORY_ID = "9d3f8f0a-53d1-4d39-8a4c-6f1f6d1c0001"
SECRET = "a-secret-of-the-sandbox"


class Graph:
    """The Graph side of the sandbox over Django's test client."""

    def __init__(self, application: AppRegistration) -> None:
        self.client = Client()
        self.token = tokens.issue(application, datetime.now(UTC))

    def call(self, method: str, path: str, body: Any = None, *, prefer: str = "", **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.token}", **({"Prefer": prefer} if prefer else {}), **headers}
        address = path if path.startswith("http") else f"/sandbox/v1.0{path}"
        return self.client.generic(
            method, address.replace("http://testserver", ""), _json(body), "application/json", headers=sent
        )

    def get(self, path: str, **more: Any) -> Any:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.call("POST", path, body, **more)

    def patch(self, path: str, body: Any, **more: Any) -> Any:
        return self.call("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> Any:
        return self.call("DELETE", path, **more)

    def all_pages(self, path: str, **more: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Every item over all pages, and the last page."""
        items: list[dict[str, Any]] = []
        page = {"@odata.nextLink": path}
        while "@odata.nextLink" in page:
            response = self.get(page["@odata.nextLink"], **more)
            assert response.status_code == 200, response.content
            page = response.json()
            items += page["value"]
        return items, page


def _json(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


@pytest.fixture(autouse=True)
def _november() -> Iterator[None]:
    """Rooms look half a year ahead, so the tests need to know what day it is."""
    with time_machine.travel(datetime(2026, 11, 20, 8, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
def contoso(db: None) -> Organisation:
    return seed.create_organisation(domain="contoso.example", display_name="Contoso", directory_id=DIRECTORY_ID)


@pytest.fixture
def application(contoso: Organisation) -> AppRegistration:
    return seed.create_application(organisation=contoso, client_id=CLIENT_ID, secret=SECRET)


@pytest.fixture
def graph(application: AppRegistration) -> Graph:
    return Graph(application)


@pytest.fixture
def sally(contoso: Organisation) -> DirectoryUser:
    return seed.create_user(organisation=contoso, address="sally@contoso.example", display_name="Sally Sommer")


@pytest.fixture
def bob(contoso: Organisation) -> DirectoryUser:
    return seed.create_user(organisation=contoso, address="bob@contoso.example", display_name="Bob Berger")


@pytest.fixture
def room(contoso: Organisation) -> DirectoryUser:
    return seed.create_room(
        organisation=contoso, address="room1@contoso.example", display_name="Meeting Room 1", capacity=8
    )


@pytest.fixture
def stranger(db: None) -> DirectoryUser:
    """A person of another organisation."""
    fabrikam = seed.create_organisation(domain="fabrikam.example")
    return seed.create_user(organisation=fabrikam, address="eve@fabrikam.example", display_name="Eve Fremd")


@pytest.fixture
def event_body() -> Callable[..., dict[str, Any]]:
    """The body of a request for an event: Tuesday 1 December 2026, 09:00 to 10:00 in Zurich."""

    def body(**more: Any) -> dict[str, Any]:
        return {
            "subject": "Design review",
            "start": {"dateTime": "2026-12-01T09:00:00", "timeZone": "Europe/Zurich"},
            "end": {"dateTime": "2026-12-01T10:00:00", "timeZone": "Europe/Zurich"},
            **more,
        }

    return body


def attendee(address: str, kind: str = "required") -> dict[str, Any]:
    return {"emailAddress": {"address": address, "name": address}, "type": kind}


def events_of(user: DirectoryUser, event_id: str = "") -> str:
    return f"/users/{quote(user.user_principal_name)}/events" + (f"/{event_id}" if event_id else "")
