"""Recurring series: patterns, views, changed and crossed-out occurrences."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tenants.sandbox import control, recurrence

from .conftest import attendee, events_of

WINDOW = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2027-01-01T00:00:00Z"
THREE = {"type": "numbered", "numberOfOccurrences": 3}
UNTIL = {"type": "endDate", "endDate": "2026-02-07"}
EVER = {"type": "noEnd"}
LAST_SATURDAY = {"type": "relativeMonthly", "daysOfWeek": ["saturday"], "index": "last"}
GUEST = "guest@elsewhere.example"


def weekly(**limits):
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["Tuesday"]},
        "range": {"type": "numbered", "numberOfOccurrences": 4, "startDate": "2026-12-01", **limits},
    }


def view(graph, user, window=WINDOW):
    items, _ = graph.all_pages(f"/users/{user.user_principal_name}/calendarView?{window}&$top=3")
    return items


def days(items):
    return [one["start"]["dateTime"][:16] for one in items]


@pytest.mark.parametrize(
    ("pattern", "limits", "expected"),
    [
        ({"type": "daily", "interval": 2}, THREE, ["2026-01-31", "2026-02-02", "2026-02-04"]),
        ({"type": "weekly", "daysOfWeek": ["monday", "saturday"]}, UNTIL, ["2026-01-31", "2026-02-02", "2026-02-07"]),
        ({"type": "absoluteMonthly", "dayOfMonth": 31}, THREE, ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (LAST_SATURDAY, THREE, ["2026-01-31", "2026-02-28", "2026-03-28"]),
        ({"type": "absoluteYearly", "month": 1, "dayOfMonth": 31}, EVER, ["2026-01-31", "2027-01-31", "2028-01-31"]),
    ],
)
def test_patterns_recur_as_documented(pattern, limits, expected):
    rule = recurrence.normalise({"pattern": pattern, "range": limits}, starts_on=date(2026, 1, 31), zone_name="UTC")
    start = datetime(2026, 1, 31, 9, tzinfo=UTC)
    window = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC))
    found = recurrence.occurrences(rule, start, start.replace(hour=10), window)
    assert [day.isoformat() for day, _, _ in found] == expected


def test_a_series_keeps_its_clock_over_the_change_of_season(graph, sally, event_body):
    body = event_body(
        start={"dateTime": "2026-10-20T09:00:00", "timeZone": "W. Europe Standard Time"},
        end={"dateTime": "2026-10-20T10:00:00", "timeZone": "W. Europe Standard Time"},
        recurrence=weekly(startDate="2026-10-20", numberOfOccurrences=2),
    )
    graph.post(events_of(sally), body)
    window = "startDateTime=2026-10-01T00:00:00Z&endDateTime=2026-11-30T00:00:00Z"
    assert days(view(graph, sally, window)) == ["2026-10-20T07:00", "2026-10-27T08:00"]


def test_a_view_shows_occurrences_and_a_list_the_master(graph, sally, event_body):
    master = graph.post(events_of(sally), event_body(recurrence=weekly())).json()
    assert master["type"] == "seriesMaster"
    assert master["recurrence"]["range"]["recurrenceTimeZone"] == "Europe/Zurich"
    items = view(graph, sally)
    assert days(items) == [f"2026-12-{day:02}T08:00" for day in (1, 8, 15, 22)]
    assert {one["type"] for one in items} == {"occurrence"}
    assert {one["seriesMasterId"] for one in items} == {master["id"]}
    assert len({one["iCalUId"] for one in items} | {master["iCalUId"]}) == 5
    assert [one["id"] for one in graph.get(events_of(sally)).json()["value"]] == [master["id"]]
    instances = graph.get(f"{events_of(sally, master['id'])}/instances?{WINDOW}").json()["value"]
    assert [one["id"] for one in instances] == [one["id"] for one in items]


def test_the_range_must_start_with_the_event(graph, sally, event_body):
    response = graph.post(events_of(sally), event_body(recurrence=weekly(startDate="2026-12-02")))
    assert response.status_code == 400


def test_a_changed_occurrence_is_an_exception_with_its_id(graph, sally, bob, event_body):
    body = event_body(recurrence=weekly(), attendees=[attendee(bob.mail)])
    master = graph.post(events_of(sally), body).json()
    second = view(graph, sally)[1]
    moved = {
        "start": {"dateTime": "2026-12-09T14:00:00", "timeZone": "Europe/Zurich"},
        "end": {"dateTime": "2026-12-09T15:00:00", "timeZone": "Europe/Zurich"},
    }
    exception = graph.patch(events_of(sally, second["id"]), moved).json()
    assert (exception["id"], exception["type"]) == (second["id"], "exception")
    assert exception["originalStart"] == "2026-12-08T08:00:00Z"
    for user in (sally, bob):
        assert days(view(graph, user)) == [
            "2026-12-01T08:00",
            "2026-12-09T13:00",
            "2026-12-15T08:00",
            "2026-12-22T08:00",
        ]
    select = "?$select=subject,exceptionOccurrences,cancelledOccurrences&$expand=exceptionOccurrences"
    whole = graph.get(events_of(sally, master["id"]) + select).json()
    assert [one["id"] for one in whole["exceptionOccurrences"]] == [second["id"]]
    assert whole["cancelledOccurrences"] == []


def test_an_occurrence_cannot_pass_its_neighbour(graph, sally, event_body):
    graph.post(events_of(sally), event_body(recurrence=weekly()))
    second = view(graph, sally)[1]
    start = {"dateTime": "2026-12-15T06:00:00", "timeZone": "UTC"}
    end = {"dateTime": "2026-12-15T07:00:00", "timeZone": "UTC"}
    refused = graph.patch(events_of(sally, second["id"]), {"start": start, "end": end})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "ErrorOccurrenceCrossingBoundary")


def test_a_cancelled_occurrence_is_gone_alone(graph, sally, room, event_body):
    body = event_body(recurrence=weekly(), attendees=[attendee(room.mail, "resource"), attendee(GUEST)])
    graph.post(events_of(sally), body)
    second = view(graph, sally)[1]
    assert graph.post(f"{events_of(sally, second['id'])}/cancel", {"comment": "Holiday"}).status_code == 202
    assert len(view(graph, sally)) == 3
    assert [one["isCancelled"] for one in view(graph, room)] == [False, True, False, False]
    assert graph.get(events_of(sally, second["id"])).status_code == 404
    mails = control.invitations(to=GUEST)
    assert [(mail.kind, str(mail.occurrence_on)) for mail in mails] == [("invite", "None"), ("cancel", "2026-12-08")]


def test_one_conflict_declines_a_whole_series(graph, sally, bob, room, event_body):
    conflict = event_body(
        start={"dateTime": "2026-12-15T09:30:00", "timeZone": "Europe/Zurich"},
        end={"dateTime": "2026-12-15T09:45:00", "timeZone": "Europe/Zurich"},
        attendees=[attendee(room.mail, "resource")],
    )
    graph.post(events_of(bob), conflict)
    body = event_body(recurrence=weekly(), attendees=[attendee(room.mail, "resource")])
    master = graph.post(events_of(sally), body).json()
    attendees = graph.get(events_of(sally, master["id"])).json()["attendees"]
    assert attendees[0]["status"]["response"] == "declined"
    assert len(control.events(room.mail)) == 1


def test_a_change_of_the_master_reaches_what_its_exceptions_left_alone(graph, sally, event_body):
    master = graph.post(events_of(sally), event_body(recurrence=weekly(), attendees=[attendee(GUEST)])).json()
    second = view(graph, sally)[1]
    graph.patch(events_of(sally, second["id"]), {"subject": "Special"})
    graph.patch(events_of(sally, master["id"]), {"subject": "Weekly", "importance": "high"})
    assert [one["subject"] for one in view(graph, sally)] == ["Weekly", "Special", "Weekly", "Weekly"]
    assert {one["importance"] for one in view(graph, sally)} == {"high"}


def test_new_times_of_a_series_drop_its_exceptions(graph, sally, event_body):
    master = graph.post(events_of(sally), event_body(recurrence=weekly())).json()
    second = view(graph, sally)[1]
    graph.patch(events_of(sally, second["id"]), {"subject": "Special"})
    graph.patch(events_of(sally, master["id"]), {"recurrence": weekly(numberOfOccurrences=2)})
    assert [one["type"] for one in view(graph, sally)] == ["occurrence", "occurrence"]


def test_deleting_the_master_deletes_the_series(graph, sally, event_body):
    master = graph.post(events_of(sally), event_body(recurrence=weekly())).json()
    graph.patch(events_of(sally, view(graph, sally)[1]["id"]), {"subject": "Special"})
    graph.delete(events_of(sally, master["id"]))
    assert view(graph, sally) == [] and control.events(sally.mail) == []
