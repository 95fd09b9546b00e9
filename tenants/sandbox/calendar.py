"""Creating, changing, deleting, cancelling and answering events, with all that Exchange does about it.

Graph: user-post-events, event-update, event-delete, event-cancel, event-accept, event-decline,
event-tentativelyaccept. Every function runs inside the caller's transaction, which `store.begin` opened; rooms answer
afterwards (`attendant.answer_for`), so that a created event is first seen unanswered.
"""

from __future__ import annotations

import hashlib
import html
import json
import uuid
from datetime import datetime
from typing import Any

from . import copies, identifiers, payload, recurrence, store, times
from .errors import GraphError, invalid
from .models import DirectoryUser, Event, ExtendedProperty, MailboxKind

ANSWERS = {"accept": "accepted", "decline": "declined", "tentativelyAccept": "tentativelyAccepted"}
SHOWN_AS = {"accepted": "busy", "tentativelyAccepted": "tentative"}


def create(mailbox: DirectoryUser, body: dict[str, Any], now: datetime) -> Event:
    """A new event with its mailbox as organizer; the first one again when its transactionId was already used."""
    fields = payload.read(body)
    invited = [attendee["emailAddress"]["address"] for attendee in fields.get("attendees", [])]
    mailboxes = store.lock([mailbox.pk], invited)
    mark = _mark(fields)
    if fields.get("transaction_id"):
        first = Event.objects.filter(mailbox=mailbox, transaction_id=fields["transaction_id"]).first()
        if first is not None:
            return _replayed(first, mark)
    event = Event(mailbox=mailbox, uid=uuid.uuid4().hex, created_at=now, responded_at=None, **fields)
    event.organizer = {"name": mailbox.display_name, "address": mailbox.address}
    event.transaction_mark = mark if event.transaction_id else ""
    _go_online(event)
    store.save(event, now)
    _keep_properties(event, payload.read_properties(body))
    if event.attendees:
        copies.publish(event, [], set(fields), mailboxes, now)
    return event


def _mark(fields: payload.Fields) -> str:
    told = [fields.get("subject"), fields["start_at"].isoformat(), fields["end_at"].isoformat()]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _replayed(first: Event, mark: str) -> Event:
    if first.transaction_mark != mark:
        raise GraphError(
            409,
            "ErrorDuplicateTransactionId",
            "The TransactionId specified in the request has already been used to create a different event.",
        )
    return first


def _go_online(event: Event) -> None:
    """A Teams link with its lines in the body; only a person's mailbox can have one."""
    if not event.is_online_meeting or event.join_url:
        return
    if event.mailbox.mailbox != MailboxKind.USER:
        event.is_online_meeting = False
        return
    event.online_meeting_provider = "teamsForBusiness"
    event.join_url = identifiers.join_url(event.uid, event.mailbox.organisation.directory_id, event.mailbox_id)
    link = html.escape(event.join_url)
    event.body += (
        f'<div class="me-email-text" lang="en"><span>Microsoft Teams meeting</span><br>'
        f'<a class="me-email-headline" href="{link}">Join the meeting now</a></div>'
    )


def _keep_properties(event: Event, properties: dict[str, str]) -> None:
    for key, value in properties.items():
        ExtendedProperty.objects.update_or_create(event=event, key=key, defaults={"value": value})


def update(event: Event, body: dict[str, Any], now: datetime) -> Event:
    """Change what the body names, and tell the attendees when they would notice."""
    fields = payload.read(body, event)
    before = copies.addresses(event)
    invited = [attendee["emailAddress"]["address"] for attendee in fields.get("attendees", [])]
    mailboxes = store.lock([event.mailbox_id], [*before, *invited])
    previous = store.shape(event)
    changed = {name for name, value in fields.items() if name != "attendees" and getattr(event, name) != value}
    if event.master_id is not None:
        _check_neighbours(event, fields)
        event.overrides = sorted({*event.overrides, *changed, *fields.keys() & {"attendees"}})
    if "attendees" in fields:
        changed |= _seat(event, fields.pop("attendees"))
    for name in changed & fields.keys():
        setattr(event, name, fields[name])
    _go_online(event)
    if changed & copies.TIMES:
        _ask_again(event)
    reshaped = previous is not None and bool(changed & copies.TIMES)
    if reshaped:
        event.cancelled_on = []
    store.save(event, now, previous=previous if reshaped else None)
    _keep_properties(event, payload.read_properties(body))
    if event.is_organizer:
        copies.publish(event, before, changed, mailboxes, now)
    if event.recurrence is not None or previous is not None:
        _carry_to_exceptions(event, changed, reshaped, mailboxes, now)
    return event


def _seat(event: Event, attendees: list[dict[str, Any]]) -> set[str]:
    """Replace the attendees as a whole; who stays keeps the answer given."""
    known = {one["emailAddress"]["address"].lower(): one["status"] for one in event.attendees}
    for one in attendees:
        one["status"] = known.get(one["emailAddress"]["address"].lower(), one["status"])
    if attendees == event.attendees:
        return set()
    event.attendees = attendees
    return {"attendees"}


def _ask_again(event: Event) -> None:
    event.attendees = [{**one, "status": dict(payload.NO_ANSWER)} for one in event.attendees]


def _check_neighbours(event: Event, fields: payload.Fields) -> None:
    """An occurrence stays between those beside it."""
    master = event.master
    start_at = fields.get("start_at")
    if start_at is None or event.occurrence_on is None or master is None or master.recurrence is None:
        return
    where = recurrence.series_zone(master.recurrence, floating=master.is_all_day)
    day = start_at.astimezone(where).date()
    before, after = recurrence.neighbours(
        master.recurrence, master.start_at, event.occurrence_on, floating=master.is_all_day
    )
    if (before is not None and day <= before) or (after is not None and day >= after):
        raise GraphError(
            400,
            "ErrorOccurrenceCrossingBoundary",
            "Modified occurrence is crossing or overlapping adjacent occurrence.",
        )


def _carry_to_exceptions(
    master: Event, changed: set[str], reshaped: bool, mailboxes: copies.Mailboxes, now: datetime
) -> None:
    """New times drop the exceptions; anything else reaches those that had not changed it themselves, each by mail."""
    if reshaped or master.recurrence is None:
        master.exceptions.all().delete()
        return
    for exception in master.exceptions.select_related("mailbox"):
        taken = changed & set(copies.SHARED) - set(exception.overrides) - copies.TIMES
        if taken:
            exception.master = master
            before = copies.addresses(exception)
            for name in taken:
                setattr(exception, name, getattr(master, name))
            store.save(exception, now)
            if exception.is_organizer:
                copies.publish(exception, before, taken, mailboxes, now)


def delete(event: Event, now: datetime, comment: str = "") -> None:
    """Take the item away. The organizer's deletion cancels the meeting; a guest's tells nobody."""
    mailboxes = store.lock([event.mailbox_id], copies.addresses(event))
    if event.is_organizer and event.attendees:
        copies.recall(event, mailboxes, now, comment)
    store.remove(event)


def cancel(event: Event, comment: str, now: datetime) -> None:
    """Cancel as organizer, with a word to the attendees."""
    if not event.is_organizer:
        raise GraphError(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. You need to be an organizer to cancel a meeting.",
        )
    delete(event, now, comment)


def respond(
    event: Event, action: str, now: datetime, *, send: bool = True, proposal: dict[str, Any] | None = None
) -> None:
    """A guest's answer on the guest's own copy; it reaches the organizer only when it is sent."""
    if event.is_organizer:
        raise GraphError(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer.",
        )
    if proposal is not None and (not send or not event.allow_new_time_proposals or action == "accept"):
        raise invalid("A new time cannot be proposed for this meeting, or not without sending the response.")
    if proposal is not None:
        times.read(proposal.get("start")), times.read(proposal.get("end"))
    store.lock([event.mailbox_id], [event.organizer["address"]])
    answer = ANSWERS[action]
    if send:
        _tell_organizer(event, answer, now)
    if answer == "declined":
        store.remove(event)
        return
    event.response, event.responded_at, event.show_as = answer, now, SHOWN_AS[answer]
    store.save(event, now)


def _tell_organizer(event: Event, answer: str, now: datetime) -> None:
    for original in store.of_meeting(event.uid, event.occurrence_on, organizer=True):
        copies.answered(original, event.mailbox.address, answer, now)
        store.save(original, now)
