"""Failures on demand, throttling and the request log."""

from __future__ import annotations

import pytest
import requests

from tenants.sandbox import control
from tenants.sandbox.models import LoggedRequest

from .conftest import CLIENT_ID, DIRECTORY_ID, SECRET, events_of


def test_a_fault_is_used_up_by_the_requests_it_was_meant_for(graph, sally, event_body):
    control.fail(status=503, path="*/events", method="POST", times=2, retry_after=3)
    for _ in range(2):
        refused = graph.post(events_of(sally), event_body())
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "3")
        assert refused.json()["error"]["code"] == "serviceNotAvailable"
        assert graph.get(events_of(sally)).status_code == 200
    assert graph.post(events_of(sally), event_body()).status_code == 201
    assert len(control.events(sally.mail)) == 1


def test_faults_come_in_their_order(graph, sally):
    control.fail(status=503, order=2)
    control.throttle(retry_after=7)
    assert [graph.get(events_of(sally)).status_code for _ in range(3)] == [429, 503, 200]


def test_a_lost_sync_state_can_be_asked_for_once(graph, sally):
    control.fail(status=410, path="*/calendarview/delta")
    address = f"/users/{sally.pk}/calendarView/delta?startDateTime=2026-12-01&endDateTime=2027-01-01"
    assert graph.get(address).json()["error"]["code"] == "syncStateNotFound"
    assert graph.get(address).status_code == 200


def test_the_sign_in_fails_in_its_own_shape(client, application):
    message = "AADSTS7000222: The provided client secret keys are expired."
    control.fail(status=401, path="/login/*/token", code="invalid_client", message=message)
    answer = client.post(f"/sandbox/login/{DIRECTORY_ID}/oauth2/v2.0/token", {})
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (
        401,
        "invalid_client",
        [7000222],
    )


@pytest.mark.django_db(transaction=True)
def test_a_dropped_connection_leaves_the_event_stored(live_server, graph, sally, event_body):
    control.drop_after_store(path="*/events")
    address = f"{live_server.url}/sandbox/v1.0{events_of(sally)}"
    headers = {"Authorization": f"Bearer {graph.token}"}
    body = event_body(transactionId="t-1")
    with pytest.raises(requests.ConnectionError):
        requests.post(address, json=body, headers=headers, timeout=10)
    assert len(control.events(sally.mail)) == 1
    again = requests.post(address, json=body, headers=headers, timeout=10)
    assert again.status_code == 201 and again.json()["id"]
    assert len(control.events(sally.mail)) == 1
    assert [(row.status, row.dropped) for row in control.requests(method="POST")] == [(201, True), (201, False)]


@pytest.mark.django_db(transaction=True)
def test_a_connection_dropped_at_once_stores_nothing(live_server, graph, sally, event_body):
    control.drop(path="*/events", method="POST")
    address = f"{live_server.url}/sandbox/v1.0{events_of(sally)}"
    with pytest.raises(requests.ConnectionError):
        requests.post(address, json=event_body(), headers={"Authorization": f"Bearer {graph.token}"}, timeout=10)
    assert control.events(sally.mail) == []


def test_throttling_counts_per_mailbox_and_tells_how_long_to_wait(graph, sally, bob):
    control.limit_rate("contoso.example", requests=2, seconds=60)
    assert [graph.get(events_of(sally)).status_code for _ in range(3)] == [200, 200, 429]
    refused = graph.get(events_of(sally))
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert graph.get(events_of(bob)).status_code == 200
    control.limit_rate("contoso.example", requests=None)
    assert graph.get(events_of(sally)).status_code == 200


def test_every_request_is_logged_and_old_ones_are_forgotten(graph, sally, monkeypatch):
    graph.get(f"{events_of(sally)}?$top=5", **{"client-request-id": "abc"})
    (row,) = control.requests(path="/v1.0/users/*/events")
    assert (row.method, row.status, row.client_request_id, row.query) == ("GET", 200, "abc", "$top=5")
    assert (row.client_id, row.mailbox) == (CLIENT_ID, str(sally.pk))
    monkeypatch.setattr(LoggedRequest, "KEPT", 10)
    LoggedRequest.objects.bulk_create(
        LoggedRequest(method="GET", path="/", status=200) for _ in range(row.pk, -(-(row.pk + 1) // 500) * 500 - 1)
    )
    graph.get(events_of(sally))
    assert LoggedRequest.objects.count() == 10


def test_the_control_api_adds_lists_and_clears_faults(client, graph, sally):
    fault = {"method": "GET", "path": "/v1.0/users/*", "status": 429, "retryAfter": 5, "remaining": 2}
    added = client.post("/sandbox/control/faults", fault, content_type="application/json")
    assert added.status_code == 201
    assert graph.get(events_of(sally)).headers["Retry-After"] == "5"
    assert [one["remaining"] for one in client.get("/sandbox/control/faults").json()["value"]] == [1]
    assert client.delete("/sandbox/control/faults").status_code == 204
    assert graph.get(events_of(sally)).status_code == 200
    bad = client.post("/sandbox/control/faults", {"effect": "explode"}, content_type="application/json")
    assert bad.status_code == 400
    asked = client.get("/sandbox/control/requests?path=*/events").json()["value"]
    assert [one["status"] for one in asked] == [429, 200]


def test_a_reset_empties_the_calendars_and_keeps_the_people(client, graph, sally, event_body):
    graph.post(events_of(sally), event_body(attendees=[{"emailAddress": {"address": "g@elsewhere.example"}}]))
    assert len(client.get("/sandbox/control/invitations?to=g@elsewhere.example").json()["value"]) == 1
    assert client.post("/sandbox/control/reset").status_code == 204
    assert control.events(sally.mail) == control.invitations() == control.requests() == []
    control.reset(directory=True)
    with pytest.raises(LookupError):
        control.events(sally.mail)


def test_secrets_in_tests_are_not_logged(client, application):
    client.post(f"/sandbox/login/{DIRECTORY_ID}/oauth2/v2.0/token", {"client_secret": SECRET})
    assert all(SECRET not in f"{row.path}{row.query}" for row in control.requests())
