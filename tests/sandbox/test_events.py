"""Writing and reading events: ids, change keys, zones, transactionId, validation."""

from __future__ import annotations

import pytest

from tenants.sandbox import control, seed

from .conftest import attendee, events_of

IMMUTABLE = 'IdType="ImmutableId"'
PROPERTY = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name PortalBookingId"


def test_a_created_event_is_answered_as_graph_does(graph, sally, event_body):
    response = graph.post(events_of(sally), event_body(transactionId="portal-1"), prefer=IMMUTABLE)
    assert response.status_code == 201
    event = response.json()
    assert event["start"] == {"dateTime": "2026-12-01T08:00:00.0000000", "timeZone": "UTC"}
    assert event["originalStartTimeZone"] == "Europe/Zurich"
    assert event["@odata.etag"] == f'W/"{event["changeKey"]}"'
    assert event["type"] == "singleInstance"
    assert event["responseStatus"] == {"response": "organizer", "time": "0001-01-01T00:00:00Z"}
    assert event["organizer"]["emailAddress"]["address"] == sally.mail
    assert event["transactionId"] == "portal-1"
    assert response.headers["request-id"]


def test_times_come_in_the_zone_that_is_asked_for(graph, sally, event_body):
    created = graph.post(events_of(sally), event_body()).json()
    prefer = 'outlook.timezone="W. Europe Standard Time", IdType="ImmutableId"'
    event = graph.get(events_of(sally, created["id"]), prefer=prefer).json()
    assert event["start"] == {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "W. Europe Standard Time"}


def test_the_immutable_id_is_another_one_and_both_find_the_event(graph, sally, event_body):
    ordinary = graph.post(events_of(sally), event_body()).json()["id"]
    immutable = graph.get(events_of(sally, ordinary), prefer=IMMUTABLE).json()["id"]
    assert immutable != ordinary
    assert graph.get(events_of(sally, immutable), prefer=IMMUTABLE).json()["id"] == immutable
    swapped = immutable.swapcase()
    assert graph.get(events_of(sally, swapped)).json()["error"]["code"] == "ErrorInvalidIdMalformed"


def test_an_id_is_good_in_its_own_mailbox_only(graph, sally, bob, event_body):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(bob.mail)])).json()
    assert graph.get(events_of(bob, event["id"])).json()["error"]["code"] == "ErrorItemNotFound"
    copy = graph.get(f"{events_of(bob)}?$filter=iCalUId eq '{event['iCalUId']}'").json()["value"]
    assert [one["subject"] for one in copy] == ["Design review"]
    assert copy[0]["isOrganizer"] is False and copy[0]["responseStatus"]["response"] == "notResponded"


def test_every_write_changes_the_change_key(graph, sally, event_body):
    event = graph.post(events_of(sally), event_body()).json()
    changed = graph.patch(events_of(sally, event["id"]), {"subject": "Another"})
    assert changed.status_code == 200
    assert changed.json()["changeKey"] != event["changeKey"]
    assert changed.json()["id"] == event["id"]


def test_the_same_transaction_id_gives_the_same_event(graph, sally, event_body):
    body = event_body(transactionId="portal-7", attendees=[attendee("guest@elsewhere.example")])
    first, second = graph.post(events_of(sally), body), graph.post(events_of(sally), body)
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]
    assert len(control.events(sally.mail)) == len(control.invitations(to="guest@elsewhere.example")) == 1


def test_a_transaction_id_for_another_event_is_refused_while_the_first_exists(graph, sally, event_body):
    first = graph.post(events_of(sally), event_body(transactionId="portal-7")).json()
    other = event_body(transactionId="portal-7", subject="Something else")
    refused = graph.post(events_of(sally), other)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ErrorDuplicateTransactionId")
    graph.delete(events_of(sally, first["id"]))
    assert graph.post(events_of(sally), other).status_code == 201


def test_a_deleted_event_is_not_found(graph, sally, event_body):
    event = graph.post(events_of(sally), event_body()).json()
    assert graph.delete(events_of(sally, event["id"])).status_code == 204
    assert graph.get(events_of(sally, event["id"])).status_code == 404
    assert graph.delete(events_of(sally, event["id"])).json()["error"]["code"] == "ErrorItemNotFound"


def test_a_deletion_honours_if_match(graph, sally, event_body):
    event = graph.post(events_of(sally), event_body()).json()
    path = events_of(sally, event["id"])
    assert graph.delete(path, **{"If-Match": 'W/"old"'}).status_code == 412
    assert graph.delete(path, **{"If-Match": event["@odata.etag"]}).status_code == 204


def test_enums_are_taken_in_any_case(graph, sally, event_body):
    body = event_body(showAs="OOF", sensitivity="Private", body={"contentType": "HTML", "content": "<p>x</p>"})
    event = graph.post(events_of(sally), body).json()
    assert (event["showAs"], event["sensitivity"], event["body"]["contentType"]) == ("oof", "private", "html")
    assert event["bodyPreview"] == "x"


@pytest.mark.parametrize(
    "change",
    [
        {"end": {"dateTime": "2026-12-01T08:00:00", "timeZone": "Europe/Zurich"}},
        {"start": {"dateTime": "2026-12-01T09:00:00", "timeZone": "Mars/Olympus"}},
        {"start": {"dateTime": "tomorrow", "timeZone": "UTC"}},
        {"isAllDay": True},
        {"showAs": "sleeping"},
        {"subjekt": "typo"},
        {"isAllDay": "yes"},
        {"attendees": [{"type": "required"}]},
        {"recurrence": {"pattern": {"type": "weekly"}, "range": {"type": "noEnd"}}},
        {"recurrence": {"pattern": "weekly", "range": {"type": "noEnd"}}},
        {"recurrence": []},
        {"recurrence": {"pattern": {"type": "weekly", "daysOfWeek": "monday"}, "range": {"type": "noEnd"}}},
        {"categories": 5},
        {"locations": "here"},
        {"location": "here"},
        {"body": "text"},
        {"start": "2026-12-01"},
        {"start": {"dateTime": 5, "timeZone": 7}},
        {"reminderMinutesBeforeStart": "soon"},
        {"singleValueExtendedProperties": "x"},
        {"subject": 5},
        {"transactionId": 5},
    ],
)
def test_what_does_not_hold_is_refused_with_400(graph, sally, event_body, change):
    response = graph.post(events_of(sally), event_body(**change))
    assert response.status_code == 400
    assert set(response.json()["error"]) == {"code", "message", "innerError"}
    assert control.events(sally.mail) == []


def test_an_all_day_event_keeps_its_midnights_in_every_zone(graph, sally, event_body):
    day = {
        "isAllDay": True,
        "start": {"dateTime": "2026-12-01T00:00:00", "timeZone": "Europe/Zurich"},
        "end": {"dateTime": "2026-12-02T00:00:00", "timeZone": "Europe/Zurich"},
    }
    event = graph.post(events_of(sally), event_body(**day), prefer='outlook.timezone="Tokyo Standard Time"').json()
    assert event["start"]["dateTime"] == "2026-12-01T00:00:00.0000000"
    assert event["end"]["dateTime"] == "2026-12-02T00:00:00.0000000"


def test_extended_properties_are_found_and_shown_only_on_demand(graph, sally, event_body):
    body = event_body(singleValueExtendedProperties=[{"id": PROPERTY, "value": "b-1"}])
    event = graph.post(events_of(sally), body).json()
    assert "singleValueExtendedProperties" not in event
    graph.post(events_of(sally), event_body(subject="Other"))
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and ep/value eq 'b-1')"
    found = graph.get(f"{events_of(sally)}?$filter={condition}&$select=subject").json()["value"]
    assert [one["id"] for one in found] == [event["id"]]
    expand = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    whole = graph.get(f"{events_of(sally, event['id'])}?$expand={expand}").json()
    assert whole["singleValueExtendedProperties"] == [{"id": PROPERTY, "value": "b-1"}]


def test_a_teams_link_comes_with_a_persons_event_and_with_no_shared_mailbox(graph, contoso, sally, event_body):
    online = event_body(isOnlineMeeting=True, onlineMeetingProvider="TeamsForBusiness")
    event = graph.post(events_of(sally), online).json()
    link = event["onlineMeeting"]["joinUrl"]
    assert link.startswith("https://teams.microsoft.com/l/meetup-join/")
    assert link in event["body"]["content"]
    kept = graph.patch(events_of(sally, event["id"]), {"isOnlineMeeting": False}).json()
    assert kept["isOnlineMeeting"] is True and kept["onlineMeeting"]["joinUrl"] == link
    butler = seed.create_user(
        organisation=contoso, address="butler@contoso.example", display_name="Butler", mailbox="shared"
    )
    plain = graph.post(events_of(butler), online).json()
    assert plain["isOnlineMeeting"] is False and plain["onlineMeeting"] is None


def test_selected_properties_come_alone(graph, sally, event_body):
    event = graph.post(events_of(sally), event_body()).json()
    some = graph.get(f"{events_of(sally, event['id'])}?$select=subject,start").json()
    assert set(some) == {
        "@odata.context", "@odata.etag", "id", "subject", "start", "createdDateTime", "lastModifiedDateTime",
    }  # fmt: skip


def test_a_list_of_events_is_paged_by_absolute_links(graph, sally, event_body):
    for number in range(5):
        graph.post(events_of(sally), event_body(subject=f"Event {number}"))
    first = graph.get(f"{events_of(sally)}?$top=2&$select=subject").json()
    assert first["@odata.nextLink"].startswith("http://testserver/sandbox/v1.0/users/")
    items, _ = graph.all_pages(f"{events_of(sally)}?$top=2&$select=subject")
    assert sorted(one["subject"] for one in items) == [f"Event {number}" for number in range(5)]
