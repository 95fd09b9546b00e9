"""Log lines name their request and organisation, and nobody and no token."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config import health
from config.logging import JsonFormatter, RequestContextMiddleware, client_ip, mask
from tenants import acting

HEX = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("written", "logged"),
    [
        ("/manage/Zk3-secret_token", "/manage/***"),
        ("/approve/Zk3/", "/approve/***/"),
        ("/bookwithme/link/Zk3", "/bookwithme/link/***"),
        ("/offer/Zk3", "/offer/***"),
        ("/waiting/Zk3", "/waiting/***"),
        ("/rooms/panel/Zk3/checkin", "/rooms/panel/***/checkin"),
        ("/webhooks/graph/Zk3/lifecycle", "/webhooks/graph/***/lifecycle"),
        ("/accounts/password/reset/key/1-Zk3/", "/accounts/password/reset/key/***/"),
        ("/accounts/confirm-email/Zk3/", "/accounts/confirm-email/***/"),
        ("/api/v1/users/ada@example.org/access", "/api/v1/users/***@example.org/access"),
        ("/api/v1/users/ada%40example.org/access", "/api/v1/users/***%40example.org/access"),
        (f"/bookwithme/user/{HEX}@example.org", f"/bookwithme/user/{HEX}@example.org"),
        ("/book/salon@example.org/", "/book/salon@example.org/"),
        ("/v1.0/solutions/bookingBusinesses/salon@example.org/services",) * 2,
        (f"/BookingsService/api/V1/bookingBusinessesc2/mbx:{HEX}@{HEX}/services",) * 2,
        ("Not Found: /manage/Zk3 of ada@example.org", "Not Found: /manage/*** of ***@example.org"),
        ("/staff/bookings/", "/staff/bookings/"),
    ],
)
def test_tokens_and_people_are_masked_and_pages_are_not(written: str, logged: str) -> None:
    assert mask(written) == logged


def test_a_line_is_json_with_its_context_and_extra_fields() -> None:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "to %s", "args": ("a@b.org",), "job": "7"})
    acting.bind(organisation="org-1", actor="user:3")
    try:
        line = json.loads(JsonFormatter().format(record))
    finally:
        acting.bind(organisation="", actor="")
    assert line["message"] == "to ***@b.org"
    assert (line["organisation"], line["actor"], line["job"], line["level"]) == ("org-1", "user:3", "7", "info")


def test_a_traceback_is_masked_too() -> None:
    try:
        raise ValueError("/manage/Zk3")
    except ValueError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})
    assert json.loads(JsonFormatter().format(record))["exception"].endswith("ValueError: /manage/***")


def test_a_request_writes_one_line_without_its_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "daybook.web"):
        client.get("/healthz?email=ada@example.org", headers={"X-Request-ID": "proxy-1234"})
    (line,) = [record for record in caplog.records if record.name == "daybook.web"]
    assert line.getMessage() == "GET /healthz 200"
    assert "ada" not in str(vars(line))


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space in it", "line\nbreak-123", "<script>alert"])
def test_a_request_id_that_is_no_name_is_replaced(given: str) -> None:
    request = RequestFactory().get("/", headers={"X-Request-ID": given})
    answer = RequestContextMiddleware(lambda request: HttpResponse())(request)
    assert len(answer["X-Request-ID"]) == 32
    assert answer["X-Request-ID"] != given


def test_a_valid_request_id_is_taken_over_and_forgotten_afterwards() -> None:
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        acting.bind(organisation="org-1", actor="user:3")
        seen.append(acting.request_id.get())
        return HttpResponse()

    request = RequestFactory().get("/", headers={"X-Request-ID": "proxy-1234"})
    assert RequestContextMiddleware(view)(request)["X-Request-ID"] == "proxy-1234"
    assert seen == ["proxy-1234"]
    assert (acting.request_id.get(), acting.organisation_id.get(), acting.actor_label.get()) == ("", "", "")


def test_only_a_trusted_proxy_may_name_the_client(settings: pytest.FixtureRequest) -> None:
    forged = {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "10.0.0.1"}
    settings.TRUSTED_PROXIES = []  # type: ignore[attr-defined]
    assert client_ip(forged) == "203.0.113.9"
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]  # type: ignore[attr-defined]
    assert client_ip(forged) == "203.0.113.9"
    chain = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 203.0.113.9, 10.0.0.2"}
    assert client_ip(chain) == "203.0.113.9"
    assert client_ip({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "rubbish"}) is None
    assert client_ip({"REMOTE_ADDR": ""}) is None


def test_a_fault_is_logged_with_its_traceback_in_its_request(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(now: object) -> None:
        raise ZeroDivisionError("of /manage/Zk3")

    monkeypatch.setattr(health, "examine", fail)
    (handler,) = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    monkeypatch.setattr(handler, "stream", sys.stderr)
    monkeypatch.setattr(handler, "formatter", JsonFormatter())
    client.raise_request_exception = False
    answer = client.get("/readyz")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (fault,) = [line for line in lines if line["logger"] == "django.request"]
    assert fault["exception"].endswith("ZeroDivisionError: of /manage/***")
    assert fault["request"] == answer["X-Request-ID"]
