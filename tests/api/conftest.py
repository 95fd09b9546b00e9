"""Programs with keys, and a client that calls the API as they do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django_scopes import scope

from tenants.links import hash_token
from tenants.models import ApiClient, Tenant
from tests.factories import NOW, stranger

ALL_SCOPES = ["bookings:read", "bookings:write", "rooms:read", "rooms:write", "admin:read", "admin:write"]


class Program:
    """A caller of the API, with a key or without; answers are (status, JSON, headers)."""

    def __init__(self, key: str | None = None) -> None:
        self.http = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        content = body if isinstance(body, bytes | str) else "" if body is None else json.dumps(body)
        answer = self.http.generic(
            method, f"/api/v1{path}", content, content_type="application/json", headers=self.headers | headers
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None, answer.headers


def program(tenant: Tenant, *, name: str = "Program", scopes: list[str] | None = None) -> Program:
    """A program of `tenant` with a key; all scopes unless told otherwise."""
    key = f"key of {tenant.pk} {name}"
    with scope(tenant=tenant):
        ApiClient.objects.create(
            tenant=tenant, name=name, key_hash=hash_token(key), key_hint=key[:8],
            scopes=ALL_SCOPES if scopes is None else scopes,
        )  # fmt: skip
    return Program(key)


@pytest.fixture
def monday() -> Iterator[None]:
    """The clock stands at NOW, a Monday, 07:00 in Zurich."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def contoso_api(contoso: Tenant, monday: None) -> Program:
    """A program of Contoso with every scope."""
    return program(contoso)


@pytest.fixture
def fabrikam_api(contoso: Tenant, monday: None) -> Program:
    """A program of another organisation, which must never see anything of Contoso's."""
    return program(stranger())


@pytest.fixture
def anybody(contoso: Tenant, monday: None) -> Program:
    """A caller without a key."""
    return Program()


@pytest.fixture
def queries(django_assert_max_num_queries: Any) -> Callable[[int], Any]:
    """`with queries(8):` fails on a ninth."""
    return django_assert_max_num_queries
