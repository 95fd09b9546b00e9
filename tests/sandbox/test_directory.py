"""People, mailboxes, free/busy and rooms."""

from __future__ import annotations

from datetime import UTC, datetime

from tenants.sandbox import seed

from .conftest import events_of

PLAN = f"assignedPlans/any(s:s/servicePlanId eq {seed.BOOKINGS_PLAN})"
EVENTUAL = {"ConsistencyLevel": "eventual"}


def names(response):
    return [one["displayName"] for one in response.json()["value"]]


def test_users_come_in_pages_and_with_what_was_selected(graph, sally, bob, stranger):
    page = graph.get("/users?$select=id,displayName&$top=1&$count=true").json()
    assert page["@odata.count"] == 2
    assert page["value"] == [{"id": str(bob.pk), "displayName": "Bob Berger"}]
    items, _ = graph.all_pages("/users?$select=id,displayName&$top=1")
    assert [one["displayName"] for one in items] == ["Bob Berger", "Sally Sommer"]


def test_users_are_filtered_by_beginning_and_by_plan(graph, contoso, sally):
    seed.create_user(organisation=contoso, address="ann@contoso.example", display_name="Ann", bookings_plan=False)
    assert names(graph.get("/users?$filter=startswith(displayName,'sal') or startswith(mail,'sal')")) == [
        "Sally Sommer"
    ]
    assert names(graph.get(f"/users?$filter={PLAN}&$count=true", **EVENTUAL)) == ["Sally Sommer"]
    assert names(graph.get(f"/users?$filter=accountEnabled eq true and not({PLAN})", **EVENTUAL)) == ["Ann"]
    refused = graph.get(f"/users?$filter={PLAN}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")
    assert graph.get("/users?$filter=displayName is 'x'").status_code == 400


def test_users_are_searched(graph, sally, bob):
    assert names(graph.get('/users?$search="displayName:som"', **EVENTUAL)) == ["Sally Sommer"]
    assert names(graph.get('/users?$search="displayName:som" OR "mail:bob"', **EVENTUAL)) == [
        "Bob Berger",
        "Sally Sommer",
    ]
    assert graph.get('/users?$search="displayName:som"').status_code == 400


def test_a_user_is_found_by_id_and_by_name_in_any_case(graph, sally, stranger):
    for key in (sally.pk, "SALLY@contoso.example", "sally%40contoso.example"):
        assert graph.get(f"/users/{key}").json()["id"] == str(sally.pk)
    assert graph.get(f"/users/{stranger.pk}").json()["error"]["code"] == "Request_ResourceNotFound"


def test_an_account_without_a_mailbox_has_no_calendar(graph, contoso, sally):
    seed.create_user(organisation=contoso, address="new@contoso.example", display_name="New", mailbox="none")
    assert graph.get("/users/new@contoso.example").json()["mail"] is None
    missing = graph.get("/users/new@contoso.example/calendar")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "MailboxNotEnabledForRESTAPI")
    assert graph.get("/users/nobody@contoso.example/calendar").json()["error"]["code"] == "ResourceNotFound"
    calendar = graph.get(f"/users/{sally.pk}/calendar").json()
    assert calendar["allowedOnlineMeetingProviders"] == ["teamsForBusiness"]


def test_settings_say_zone_hours_and_purpose(graph, sally, room):
    settings = graph.get(f"/users/{sally.pk}/mailboxSettings").json()
    assert settings["userPurpose"] == "user"
    assert settings["workingHours"]["startTime"] == "09:00:00.0000000"
    assert settings["workingHours"]["timeZone"] == {"name": "W. Europe Standard Time"}
    assert graph.get(f"/users/{room.pk}/mailboxSettings").json()["userPurpose"] == "room"


def test_a_schedule_tells_busy_times_and_keeps_private_subjects(graph, sally, event_body):
    graph.post(events_of(sally), event_body(sensitivity="private"))
    body = {
        "schedules": [sally.mail, "nobody@contoso.example"],
        "startTime": {"dateTime": "2026-12-01T07:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2026-12-01T10:00:00", "timeZone": "UTC"},
    }
    known, unknown = graph.post(f"/users/{sally.pk}/calendar/getSchedule", body).json()["value"]
    assert known["availabilityView"] == "002200"
    assert known["scheduleItems"][0]["isPrivate"] is True and "subject" not in known["scheduleItems"][0]
    assert unknown["error"]["responseCode"] == "ErrorMailRecipientNotFound"


def test_rooms_are_places(graph, sally, room):
    for path in ("/places/microsoft.graph.room", "/places/graph.room?$top=1"):
        assert [one["emailAddress"] for one in graph.get(path).json()["value"]] == [room.mail]
    assert graph.get(f"/places/{room.mail}/graph.room").json()["capacity"] == 8
    assert graph.get(f"/places/{sally.mail}/graph.room").status_code == 404


def test_what_the_sandbox_does_not_play_is_refused_in_graphs_shape(graph, sally):
    response = graph.get(f"/users/{sally.pk}/messages")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "BadRequest")
    assert graph.delete("/users").json()["error"]["code"] == "UnknownError"


def test_seeding_twice_changes_nothing(contoso, sally):
    start_at, end_at = datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 9, tzinfo=UTC)
    again = seed.create_user(organisation=contoso, address=sally.mail, display_name="Sally Sommer")
    first, second = (
        seed.create_event(mailbox=again, subject="Once", start_at=start_at, end_at=end_at) for _ in range(2)
    )
    assert again.pk == sally.pk and first.pk == second.pk
