"""Meetings: copies in other mailboxes, mails, answers, cancellation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tenants.sandbox import control, seed

from .conftest import attendee, events_of

GUEST = "guest@elsewhere.example"


def copy_of(graph, user, event):
    found = graph.get(f"{events_of(user)}?$filter=iCalUId eq '{event['iCalUId']}'").json()["value"]
    return found[0] if found else None


def statuses(graph, user, event):
    attendees = graph.get(events_of(user, event["id"])).json()["attendees"]
    return {one["emailAddress"]["address"]: one["status"]["response"] for one in attendees}


def kinds(to=GUEST):
    return [mail.kind for mail in control.invitations(to=to)]


def test_a_guest_gets_exactly_one_invitation_and_one_mail_for_each_change(graph, sally, event_body):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(GUEST)])).json()
    assert kinds() == ["invite"]
    graph.patch(events_of(sally, event["id"]), {"categories": ["Portal"], "showAs": "oof"})
    graph.patch(events_of(sally, event["id"]), {"subject": "Design review"})
    assert kinds() == ["invite"]
    graph.patch(events_of(sally, event["id"]), {"subject": "Design review, moved"})
    assert kinds() == ["invite", "update"]
    graph.delete(events_of(sally, event["id"]))
    assert kinds() == ["invite", "update", "cancel"]


def test_attendees_are_replaced_as_a_whole(graph, sally, bob, room, event_body):
    guests = [attendee(GUEST), attendee(bob.mail), attendee(room.mail, "resource")]
    event = graph.post(events_of(sally), event_body(attendees=guests)).json()
    graph.patch(events_of(sally, event["id"]), {"attendees": [attendee(bob.mail), attendee("new@elsewhere.example")]})
    assert kinds() == ["invite", "cancel"]
    assert kinds("new@elsewhere.example") == ["invite"]
    assert kinds(bob.mail) == ["invite"]
    assert copy_of(graph, bob, event)["isCancelled"] is False
    assert copy_of(graph, room, event)["isCancelled"] is True


def test_a_free_room_accepts_after_the_event_was_answered(graph, sally, room, event_body):
    body = event_body(attendees=[attendee(room.mail, "resource")], sensitivity="private")
    body["body"] = {"contentType": "text", "content": "Secret plans"}
    event = graph.post(events_of(sally), body).json()
    assert event["attendees"][0]["status"] == {"response": "none", "time": "0001-01-01T00:00:00Z"}
    assert statuses(graph, sally, event) == {room.mail: "accepted"}
    copy = copy_of(graph, room, event)
    assert (copy["subject"], copy["sensitivity"], copy["body"]["content"]) == ("Sally Sommer", "normal", "")
    assert (copy["showAs"], copy["responseStatus"]["response"]) == ("busy", "accepted")
    assert graph.get(events_of(sally, event["id"])).json()["sensitivity"] == "private"
    assert kinds(room.mail) == []


def test_a_busy_room_declines_and_keeps_no_copy(graph, sally, bob, room, event_body):
    graph.post(events_of(bob), event_body(attendees=[attendee(room.mail, "resource")]))
    event = graph.post(events_of(sally), event_body(attendees=[attendee(room.mail, "resource")])).json()
    assert statuses(graph, sally, event) == {room.mail: "declined"}
    assert copy_of(graph, room, event) is None
    assert len(control.events(room.mail)) == 1


def test_a_room_keeps_subject_and_privacy_where_it_is_told_to(graph, contoso, sally, event_body):
    keeping = dict.fromkeys(
        ["DeleteSubject", "AddOrganizerToSubject", "DeleteComments", "RemovePrivateProperty"], False
    )
    kind = seed.create_room(
        organisation=contoso, address="kind@contoso.example", display_name="Kind", room_processing=keeping
    )
    body = event_body(attendees=[attendee(kind.mail, "resource")], sensitivity="private")
    copy = copy_of(graph, kind, graph.post(events_of(sally), body).json())
    assert (copy["subject"], copy["sensitivity"]) == ("Design review", "private")


@pytest.mark.parametrize(
    ("processing", "shown", "answer"), [("AutoUpdate", ["tentative"], "none"), ("None", [], "none")]
)
def test_a_room_without_an_attendant_stays_silent(graph, contoso, sally, event_body, processing, shown, answer):
    quiet = seed.create_room(
        organisation=contoso,
        address="quiet@contoso.example",
        display_name="Quiet",
        room_processing={"AutomateProcessing": processing},
    )
    event = graph.post(events_of(sally), event_body(attendees=[attendee(quiet.mail, "resource")])).json()
    assert [copy.show_as for copy in control.events(quiet.mail)] == shown
    assert statuses(graph, sally, event) == {quiet.mail: answer}


@pytest.mark.parametrize(
    "more",
    [
        {"end": {"dateTime": "2026-12-02T10:00:00", "timeZone": "Europe/Zurich"}},
        {
            "start": {"dateTime": "2029-12-03T09:00:00", "timeZone": "Europe/Zurich"},
            "end": {"dateTime": "2029-12-03T10:00:00", "timeZone": "Europe/Zurich"},
        },
    ],
)
def test_a_room_declines_what_is_too_long_or_too_far_ahead(graph, sally, room, event_body, more):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(room.mail, "resource")], **more)).json()
    assert statuses(graph, sally, event) == {room.mail: "declined"}


def test_a_room_rejects_organizers_of_other_organisations(stranger, room):
    start_at = datetime(2026, 12, 1, 8, tzinfo=UTC)
    seed.create_event(
        mailbox=stranger, subject="Visit", start_at=start_at, end_at=start_at + timedelta(hours=1), rooms=[room]
    )
    (event,) = control.events(stranger.mail)
    assert event.attendees[0]["status"]["response"] == "declined"
    assert control.events(room.mail) == []


def test_a_room_that_is_moved_to_a_taken_time_declines(graph, sally, bob, room, event_body):
    graph.post(events_of(bob), event_body(attendees=[attendee(room.mail, "resource")]))
    later = {
        "start": {"dateTime": "2026-12-01T11:00:00", "timeZone": "Europe/Zurich"},
        "end": {"dateTime": "2026-12-01T12:00:00", "timeZone": "Europe/Zurich"},
    }
    event = graph.post(events_of(sally), event_body(attendees=[attendee(room.mail, "resource")], **later)).json()
    assert statuses(graph, sally, event) == {room.mail: "accepted"}
    graph.patch(events_of(sally, event["id"]), {name: event_body()[name] for name in ("start", "end")})
    assert statuses(graph, sally, event) == {room.mail: "declined"}
    assert copy_of(graph, room, event) is None


def test_a_guest_who_declined_comes_back_with_the_next_mail_only(graph, sally, bob, event_body):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(bob.mail)])).json()
    graph.post(f"{events_of(bob, copy_of(graph, bob, event)['id'])}/decline")
    graph.patch(events_of(sally, event["id"]), {"showAs": "tentative"})
    assert copy_of(graph, bob, event) is None
    graph.patch(events_of(sally, event["id"]), {"subject": "Please come"})
    assert copy_of(graph, bob, event)["subject"] == "Please come"


def test_a_guest_who_is_invited_again_sees_the_meeting_again(graph, sally, bob, event_body):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(bob.mail)])).json()
    graph.patch(events_of(sally, event["id"]), {"attendees": []})
    assert copy_of(graph, bob, event)["isCancelled"] is True
    graph.patch(events_of(sally, event["id"]), {"attendees": [attendee(bob.mail)]})
    copy = copy_of(graph, bob, event)
    assert (copy["isCancelled"], copy["subject"]) == (False, "Design review")
    assert [mail.kind for mail in control.invitations(to=bob.mail)] == ["invite", "cancel", "invite"]


def test_only_the_organizer_cancels_and_guests_see_it(graph, sally, bob, event_body):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(bob.mail), attendee(GUEST)])).json()
    copy = copy_of(graph, bob, event)
    refused = graph.post(f"{events_of(bob, copy['id'])}/cancel", {"Comment": "no"})
    assert refused.status_code == 400 and "organizer" in refused.json()["error"]["message"]
    assert graph.post(f"{events_of(sally, event['id'])}/cancel", {"Comment": "Sorry"}).status_code == 202
    assert graph.get(events_of(sally, event["id"])).status_code == 404
    copy = copy_of(graph, bob, event)
    assert (copy["isCancelled"], copy["subject"], copy["showAs"]) == (True, "Canceled: Design review", "free")
    assert [mail.comment for mail in control.invitations(to=GUEST, kind="cancel")] == ["Sorry"]


@pytest.mark.parametrize(
    ("action", "response", "shown"),
    [("accept", "accepted", "busy"), ("tentativelyAccept", "tentativelyAccepted", "tentative")],
)
def test_a_guests_answer_reaches_the_organizer(graph, sally, bob, event_body, action, response, shown):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(bob.mail)])).json()
    copy = copy_of(graph, bob, event)
    assert graph.post(f"{events_of(bob, copy['id'])}/{action}", {"sendResponse": True}).status_code == 202
    copy = copy_of(graph, bob, event)
    assert (copy["responseStatus"]["response"], copy["showAs"]) == (response, shown)
    assert statuses(graph, sally, event) == {bob.mail: response}
    assert graph.post(f"{events_of(sally, event['id'])}/{action}").status_code == 400


def test_a_declined_meeting_leaves_the_guests_calendar(graph, sally, bob, event_body):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(bob.mail)])).json()
    copy = copy_of(graph, bob, event)
    graph.post(f"{events_of(bob, copy['id'])}/decline", {"comment": "away"})
    assert copy_of(graph, bob, event) is None
    assert statuses(graph, sally, event) == {bob.mail: "declined"}


def test_an_answer_that_is_not_sent_stays_with_the_guest(graph, sally, bob, event_body):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(bob.mail)])).json()
    copy = copy_of(graph, bob, event)
    graph.post(f"{events_of(bob, copy['id'])}/accept", {"sendResponse": False})
    assert statuses(graph, sally, event) == {bob.mail: "none"}


def test_a_new_time_is_proposed_only_where_that_is_allowed(graph, sally, bob, event_body):
    body = event_body(attendees=[attendee(bob.mail)], allowNewTimeProposals=False)
    copy = copy_of(graph, bob, graph.post(events_of(sally), body).json())
    proposal = {"proposedNewTime": {name: event_body()[name] for name in ("start", "end")}}
    assert graph.post(f"{events_of(bob, copy['id'])}/decline", proposal).status_code == 400


def test_deleting_a_copy_tells_nobody(graph, sally, bob, event_body):
    event = graph.post(events_of(sally), event_body(attendees=[attendee(bob.mail), attendee(GUEST)])).json()
    graph.delete(events_of(bob, copy_of(graph, bob, event)["id"]))
    assert statuses(graph, sally, event)[bob.mail] == "none"
    assert kinds() == ["invite"]


def test_people_of_another_organisation_are_guests_whose_calendar_stays_theirs(graph, sally, stranger, event_body):
    graph.post(events_of(sally), event_body(attendees=[attendee(stranger.mail)]))
    assert len(control.events(stranger.mail)) == 1
    assert graph.get(events_of(stranger)).status_code == 404
