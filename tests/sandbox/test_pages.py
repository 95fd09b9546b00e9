"""The page that plays Outlook."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tenants.sandbox import control, seed

from .conftest import events_of

CONTENT = re.compile(r"style=|<script|onclick=|javascript:", re.IGNORECASE)


@pytest.fixture
def week(sally):
    return f"/sandbox/people/{sally.pk}/"


def fields(**more):
    return {
        "subject": "Lunch",
        "start": "2026-12-01T12:00",
        "end": "2026-12-01T13:00",
        "show_as": "busy",
        "attendees": "",
        **more,
    }


def path_of(page, text):
    return re.search(rf'href="([^"]+/events/[^"]+)">\s*<strong>{text}', page).group(1)


def test_people_are_listed_by_organisation(client, sally, room, stranger):
    page = client.get("/sandbox/").content.decode()
    assert all(text in page for text in ("Contoso", "Sally Sommer", "Meeting Room 1", "Eve Fremd"))
    assert not CONTENT.search(page)


def test_an_event_is_created_moved_and_deleted_by_forms(client, week, sally):
    created = client.post(f"{week}new/", fields(private="on", attendees="guest@elsewhere.example", online="on"))
    assert created.headers["Location"] == f"{week}?week=2026-11-30"
    page = client.get(created.headers["Location"]).content.decode()
    assert "from-20 for-4 lane-1 lanes-1" in page and "12:00–13:00 · private · Teams" in page
    assert not CONTENT.search(page)
    address = path_of(page, "Lunch")
    details = client.get(address).content.decode()
    assert "guest@elsewhere.example" in details and "teams.microsoft.com" in details
    moved = fields(start="2026-12-02T12:00", end="2026-12-02T13:00", attendees="guest@elsewhere.example", private="on")
    assert client.post(address, moved).status_code == 302
    (event,) = control.events(sally.mail)
    assert event.start_at.isoformat() == "2026-12-02T11:00:00+00:00"
    assert [mail.kind for mail in control.invitations()] == ["invite", "update"]
    assert client.post(f"{address}delete/").status_code == 302
    assert control.events(sally.mail) == []
    assert "guest@elsewhere.example" in client.get("/sandbox/mails/").content.decode()


def test_saving_without_a_change_sends_nothing(client, week, sally):
    client.post(f"{week}new/", fields(attendees="guest@elsewhere.example"))
    address = path_of(client.get(f"{week}?week=2026-12-01").content.decode(), "Lunch")
    client.post(address, fields(attendees="guest@elsewhere.example"))
    assert [mail.kind for mail in control.invitations()] == ["invite"]


def test_a_weekly_event_shows_in_the_weeks_after(client, week, sally):
    client.post(f"{week}new/", fields(weekly="3"))
    weeks = ["2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22"]
    assert ["Lunch" in client.get(f"{week}?week={day}").content.decode() for day in weeks] == [True, True, True, False]


def test_a_form_that_does_not_hold_says_why(client, week, sally):
    page = client.post(f"{week}new/", fields(end="2026-12-01T11:00")).content.decode()
    assert "The end is not after the start." in page
    assert "valid email" in client.post(f"{week}new/", fields(attendees="nobody")).content.decode()
    assert control.events(sally.mail) == []


def test_an_invitation_is_answered(client, graph, contoso, sally, bob, event_body):
    graph.post(events_of(sally), event_body(attendees=[{"emailAddress": {"address": bob.mail}}]))
    page = client.get(f"/sandbox/people/{bob.pk}/?week=2026-12-01").content.decode()
    address = path_of(page, "Design review")
    assert client.post(f"{address}answer/", {"answer": "accept"}).status_code == 302
    (event,) = control.events(sally.mail)
    assert event.attendees[0]["status"]["response"] == "accepted"
    assert client.post(f"{address}answer/", {"answer": "dance"}).status_code == 404


def test_events_that_overlap_share_the_day(client, week, sally):
    for subject, start, end in [("A", "12:00", "13:00"), ("B", "12:30", "14:00"), ("C", "14:00", "14:30")]:
        client.post(f"{week}new/", fields(subject=subject, start=f"2026-12-01T{start}", end=f"2026-12-01T{end}"))
    page = client.get(f"{week}?week=2026-12-01").content.decode()
    assert "from-20 for-4 lane-1 lanes-2" in page
    assert "from-22 for-6 lane-2 lanes-2" in page
    assert "from-28 for-2 lane-1 lanes-1" in page


def test_forms_need_a_csrf_token(sally, week):
    assert Client(enforce_csrf_checks=True).post(f"{week}new/", fields()).status_code == 403
    assert control.events(sally.mail) == []


def test_what_is_not_there_is_not_found(client, week, contoso):
    plain = seed.create_user(organisation=contoso, address="x@contoso.example", display_name="X", mailbox="none")
    assert client.get(f"/sandbox/people/{plain.pk}/").status_code == 404
    assert client.get(f"{week}events/nothing/").status_code == 404
