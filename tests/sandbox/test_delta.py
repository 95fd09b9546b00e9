"""Change tracking: rounds, pages, phantom removals, lost sync state."""

from __future__ import annotations

from tenants.sandbox import control

from .conftest import events_of
from .test_series import weekly

WINDOW = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2027-01-01T00:00:00Z"


def start(user, action="delta"):
    return f"/users/{user.user_principal_name}/calendarView/{action}?{WINDOW}"


def on(day, hour=9):
    return {
        "start": {"dateTime": f"{day}T{hour:02}:00:00", "timeZone": "UTC"},
        "end": {"dateTime": f"{day}T{hour + 1:02}:00:00", "timeZone": "UTC"},
    }


def round_of(graph, address, prefer=""):
    items, last = graph.all_pages(address, prefer=prefer)
    return items, last["@odata.deltaLink"]


def test_a_first_round_tells_everything_in_pages(graph, sally, event_body):
    for number in range(5):
        graph.post(events_of(sally), event_body(subject=f"Event {number}"))
    graph.post(events_of(sally), event_body(**on("2027-03-01")))
    page = graph.get(start(sally), prefer="odata.maxpagesize=2").json()
    assert len(page["value"]) == 2 and "$skiptoken" in page["@odata.nextLink"]
    items, link = round_of(graph, start(sally), prefer="odata.maxpagesize=2")
    assert sorted(one["subject"] for one in items) == [f"Event {number}" for number in range(5)]
    assert all(one["@odata.type"] == "#microsoft.graph.event" for one in items)
    assert "$deltatoken" in link and "startDateTime" not in link
    assert round_of(graph, link)[0] == []


def test_later_rounds_tell_what_changed(graph, sally, event_body):
    kept, changed, deleted = (graph.post(events_of(sally), event_body(subject=name)).json() for name in "kcd")
    _, link = round_of(graph, start(sally, "delta()"))
    graph.patch(events_of(sally, changed["id"]), {"subject": "changed"})
    graph.delete(events_of(sally, deleted["id"]))
    created = graph.post(events_of(sally), event_body(subject="new")).json()
    items, link = round_of(graph, link)
    told = {one["id"]: one.get("subject", one.get("@removed")) for one in items}
    assert told == {changed["id"]: "changed", deleted["id"]: {"reason": "deleted"}, created["id"]: "new"}
    assert kept["id"] not in told
    assert round_of(graph, link)[0] == []


def test_changes_outside_the_window_are_told_as_removals(graph, sally, event_body):
    far = graph.post(events_of(sally), event_body(**on("2027-03-01"))).json()
    near = graph.post(events_of(sally), event_body()).json()
    _, link = round_of(graph, start(sally))
    graph.patch(events_of(sally, far["id"]), {"subject": "far"})
    graph.patch(events_of(sally, near["id"]), on("2027-04-01"))
    items, _ = round_of(graph, link)
    assert {one["id"]: one.get("@removed") for one in items} == {
        far["id"]: {"reason": "deleted"},
        near["id"]: {"reason": "deleted"},
    }


def test_occurrences_come_short_and_never_without_their_master(graph, sally, event_body):
    master = graph.post(events_of(sally), event_body(recurrence=weekly())).json()
    address, pages = start(sally), 0
    while address:
        page = graph.get(address, prefer="odata.maxpagesize=2").json()
        pages += 1
        assert page["value"][0]["id"] == master["id"]
        for one in page["value"][1:]:
            assert set(one) == {"@odata.type", "@odata.etag", "id", "type", "seriesMasterId", "start", "end"}
        address = page.get("@odata.nextLink")
    assert pages == 4


def test_a_shortened_series_reports_the_occurrences_it_lost(graph, sally, event_body):
    master = graph.post(events_of(sally), event_body(recurrence=weekly())).json()
    before, link = round_of(graph, start(sally))
    graph.patch(events_of(sally, master["id"]), {"recurrence": weekly(numberOfOccurrences=2)})
    items, link = round_of(graph, link)
    assert {one["id"] for one in items if "@removed" in one} == {one["id"] for one in before[3:]}
    graph.delete(events_of(sally, master["id"]))
    items, _ = round_of(graph, link)
    assert {one["id"] for one in items} == {one["id"] for one in before[:3]}
    assert all("@removed" in one for one in items)


def test_one_changed_or_deleted_occurrence_is_told_alone(graph, sally, event_body):
    graph.post(events_of(sally), event_body(recurrence=weekly()))
    before, link = round_of(graph, start(sally))
    graph.patch(events_of(sally, before[1]["id"]), {"subject": "Special"})
    graph.delete(events_of(sally, before[2]["id"]))
    items, _ = round_of(graph, link)
    assert {one["id"]: one.get("type") for one in items} == {before[1]["id"]: "exception", before[2]["id"]: None}


def test_what_changes_between_two_pages_is_told_in_the_next_round(graph, sally, event_body):
    events = [graph.post(events_of(sally), event_body(subject=f"Event {number}")).json() for number in range(4)]
    page = graph.get(start(sally), prefer="odata.maxpagesize=2").json()
    graph.delete(events_of(sally, events[0]["id"]))
    rest, link = round_of(graph, page["@odata.nextLink"], prefer="odata.maxpagesize=2")
    assert [one["subject"] for one in rest] == ["Event 2", "Event 3"]
    items, _ = round_of(graph, link)
    assert [one["id"] for one in items] == [events[0]["id"]]


def test_query_options_are_refused(graph, sally):
    response = graph.get(f"{start(sally)}&$select=subject")
    assert response.status_code == 400
    assert graph.get(f"/users/{sally.user_principal_name}/calendarView/delta").status_code == 400


def test_an_unknown_or_lost_token_is_gone(graph, sally, bob, event_body):
    _, link = round_of(graph, start(sally))
    assert round_of(graph, link)[0] == []
    others = graph.get(link.replace("sally", "bob"))
    broken = graph.get(link[:-4])
    control.lose_sync_state(sally.mail)
    lost = graph.get(link)
    for response in (others, broken, lost):
        assert (response.status_code, response.json()["error"]["code"]) == (410, "syncStateNotFound")
        assert "$deltatoken" not in response.headers["Location"]
    assert graph.get(start(sally)).status_code == 200
