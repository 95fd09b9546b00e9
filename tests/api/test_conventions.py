"""What holds for every endpoint: keys, problems, paging, limits, the description."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from tenants import acting
from tenants.models import ApiClient, AuditEvent, Tenant
from tenants.services import api_clients
from tests.api.conftest import Program, program
from tests.factories import NOW, clinic

PROBLEM = "application/problem+json"


def test_no_key_a_wrong_one_and_a_revoked_one_are_401(contoso: Tenant, anybody: Program, contoso_api: Program) -> None:
    assert contoso_api("GET", "/pages")[0] == 200
    api_clients.revoke(client=ApiClient.objects.get(), now=NOW, actor=acting.SYSTEM)
    for caller in (anybody, Program("wrong"), Program("ü"), contoso_api):
        status, answer, headers = caller("GET", "/pages")
        assert (status, answer["code"], headers["Content-Type"]) == (401, "notAuthenticated", PROBLEM)
        assert headers["WWW-Authenticate"] == 'Bearer realm="daybook"'


def test_a_wrong_key_is_refused_even_where_none_is_needed(contoso: Tenant, monday: None) -> None:
    page, service, _ = clinic(contoso)
    path = f"/pages/{page.address}/services/{service.pk}/slots?from=2026-11-24&to=2026-11-24"
    assert Program("wrong")("GET", path)[0] == 401
    assert Program()("GET", path)[0] == 200


def test_a_key_acts_for_its_own_organisation_only(contoso: Tenant, contoso_api: Program, fabrikam_api: Program) -> None:
    clinic(contoso)
    assert len(contoso_api("GET", "/pages")[1]["value"]) == 1
    assert fabrikam_api("GET", "/pages")[1] == {"value": [], "nextLink": None}


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/nowhere", 404),
    ("GET", "/pages/nobody@contoso.com/services", 404),
    ("GET", "/pages/%00/services", 404),
    ("GET", f"/pages/{'x' * 300}/services", 404),
    ("GET", "/bookings/1", 404),
    ("PUT", "/pages", 405),
    ("OPTIONS", "/pages", 405),
    ("GET", "/audit?cmdlet=%00", 400),
    ("GET", "/audit?from=yesterday", 400),
])  # fmt: skip
def test_every_failure_is_a_problem(contoso_api: Program, method: str, path: str, status: int) -> None:
    found, answer, headers = contoso_api(method, path)
    assert (found, headers["Content-Type"], answer["status"]) == (status, PROBLEM, status)
    assert set(answer) >= {"type", "title", "status", "detail", "code"}


def test_the_answer_is_json_whatever_is_accepted(contoso: Tenant, contoso_api: Program) -> None:
    assert contoso_api("GET", "/pages", Accept="text/html")[2]["Content-Type"] == "application/json"


def test_lists_go_on_where_they_stopped(contoso: Tenant, contoso_api: Program) -> None:
    for n in range(5):
        AuditEvent.objects.create(
            tenant=contoso, at=NOW + timedelta(minutes=n // 2), actor_kind="system", actor="", action=f"a{n}",
            target_kind="x", target="", source="",
        )  # fmt: skip
    seen, path = [], "/audit?top=2"
    while path:
        answer = contoso_api("GET", path)[1]
        seen += [event["action"] for event in answer["value"]]
        link = answer["nextLink"]
        assert link is None or link.startswith("http://127.0.0.1:8000/api/v1/audit?top=2&after=")
        path = link and f"/audit?{urlsplit(link).query}"
    assert sorted(seen) == ["a0", "a1", "a2", "a3", "a4"] and seen[0] == "a4"


@pytest.mark.parametrize(
    "query", ["top=0", "top=201", "top=x", "top=-1", "top=2933666706175401553559552", "top=%C2%B2", "after=x", "after="]
)
def test_a_page_that_cannot_be_is_a_400(contoso_api: Program, query: str) -> None:
    status, answer, _ = contoso_api("GET", f"/pages?{query}")
    assert (status, set(answer["errors"])) == (400, {query.partition("=")[0]})


def test_a_place_in_one_list_is_no_place_in_another(contoso: Tenant, contoso_api: Program) -> None:
    page, _, _ = clinic(contoso)
    clinic(contoso)
    after = urlsplit(contoso_api("GET", "/pages?top=1")[1]["nextLink"]).query.partition("after=")[2]
    assert contoso_api("GET", f"/pages?after={after}")[0] == 200
    assert contoso_api("GET", f"/pages/{page.address}/services?after={after}")[0] == 400


def test_each_key_has_its_own_limit(contoso: Tenant, contoso_api: Program, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    other = program(contoso, name="Other")
    assert [contoso_api("GET", "/pages")[0] for _ in range(3)] == [200, 200, 429]
    _, answer, headers = contoso_api("GET", "/pages")
    assert answer["code"] == "tooManyTries" and headers["Retry-After"] == str(answer["retryAfter"])
    assert other("GET", "/pages")[0] == 200


def test_the_description_is_valid_and_complete(db: None) -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    for path in ("/slots:", "/explain:", "/api/v1/audit:", "/links/{link_id}:", "/api/v1/bookings/{booking_id}:"):
        assert path in out.getvalue()
    assert "Idempotency-Key" in out.getvalue() and "application/problem+json" in out.getvalue()


def test_the_reader_has_the_only_exception_from_the_content_policy(db: None) -> None:
    reader = Client().get("/api/v1/docs/")
    assert reader.status_code == 200 and b"swagger-ui" in reader.content
    assert "style-src 'self' 'unsafe-inline'" in reader["Content-Security-Policy"]
    assert b"<script>" not in reader.content
    assert Client().get("/api/v1/docs/?script").status_code == 200
    description = Client().get("/api/v1/schema/?format=json")
    assert description.json()["info"]["title"] == "Daybook"
    assert "unsafe-inline" not in description["Content-Security-Policy"]
