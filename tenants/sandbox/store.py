"""Keeping items: every write gives the item a new change key, leaves a row for delta and word for subscribers."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower

from . import identifiers, notifier, recurrence
from .errors import GraphError, item_not_found
from .models import Change, DirectoryUser, Event, Organisation

SHAPE = ("start_at", "end_at", "is_all_day", "recurrence")


def begin(mailbox: DirectoryUser) -> None:
    """Let writes of one organisation follow each other; call it first in the transaction, before reading the item."""
    Organisation.objects.select_for_update(no_key=True).get(pk=mailbox.organisation_id)


def lock(mailboxes: Iterable[uuid.UUID], addresses: Iterable[str] = ()) -> dict[uuid.UUID, DirectoryUser]:
    """Lock these mailboxes, and those behind the addresses, in one order; so that changes of each are in sequence."""
    keys = {address.lower() for address in addresses}
    found = (
        DirectoryUser.objects.with_mailbox()
        .annotate(mail_key=Lower("mail"), name_key=Lower("user_principal_name"))
        .filter(Q(pk__in=list(mailboxes)) | Q(mail_key__in=keys) | Q(name_key__in=keys))
        .select_for_update(no_key=True)
        .order_by("pk")
    )
    return {mailbox.pk: mailbox for mailbox in found}


def shape(event: Event) -> dict[str, Any] | None:
    """What the ids of a series' occurrences are worked out from; None for anything else."""
    if event.recurrence is None:
        return None
    return {
        "start": event.start_at.isoformat(),
        "end": event.end_at.isoformat(),
        "floating": event.is_all_day,
        "recurrence": event.recurrence,
    }


def save(event: Event, now: datetime, *, previous: dict[str, Any] | None = None) -> None:
    """Store the item under a new change key. `previous` is a series' shape before its times changed."""
    event.change_key = identifiers.change_key()
    event.modified_at = now
    event.series_ends_at = None
    if event.recurrence is not None:
        event.series_ends_at = recurrence.ends_at(
            event.recurrence, event.start_at, event.end_at, floating=event.is_all_day
        )
    kind = "created" if event._state.adding else "updated"
    event.save()
    note(event, kind, previous=previous)


def note(event: Event, kind: str, *, previous: dict[str, Any] | None = None) -> None:
    """Leave word for delta and for subscribers; `kind` is created, updated or deleted."""
    Change.objects.create(
        mailbox_id=event.mailbox_id, item=event.item, occurrence_on=event.occurrence_on, previous=previous
    )
    notifier.changed(event, kind)


def remove(event: Event) -> None:
    """Take an item away; of a series, one occurrence is only crossed out."""
    note(event, "deleted", previous=shape(event))
    master = event.master
    if event.occurrence_on is None or master is None:
        event.delete()
        return
    if event.pk is not None:
        event.delete()
    master.cancelled_on = sorted({*master.cancelled_on, event.occurrence_on.isoformat()})
    master.save(update_fields=["cancelled_on"])


def occurrence(master: Event, day: date, start_at: datetime, end_at: datetime) -> Event:
    """An occurrence as it follows from its master: not stored, until something makes it an exception."""
    one = copy.copy(master)
    one.pk = None
    one._state.adding = True
    one.master = master
    one.occurrence_on = day
    one.original_start_at, one.start_at, one.end_at = start_at, start_at, end_at
    one.transaction_id, one.transaction_mark = None, ""
    one.recurrence, one.series_ends_at, one.cancelled_on, one.overrides = None, None, [], []
    return one


def occurrence_of(master: Event, day: date) -> Event | None:
    """The occurrence of that day, changed or not; None where the series has none."""
    if master.recurrence is None or day.isoformat() in master.cancelled_on:
        return None
    exception = master.exceptions.filter(occurrence_on=day).first()
    if exception is not None:
        exception.master = master
        return exception
    times = recurrence.occurrence_on(master.recurrence, master.start_at, master.end_at, day, floating=master.is_all_day)
    return occurrence(master, day, *times) if times else None


def find(mailbox: DirectoryUser, text: str) -> Event:
    """The item of that id in this mailbox; 400 for no id at all, 404 for one of nothing here."""
    key = identifiers.decode(text)
    if key is None:
        raise GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")
    if key.mailbox != mailbox.pk:
        raise item_not_found()
    rows = Event.objects.filter(mailbox=mailbox, item=key.item).select_related("mailbox")
    event = rows.filter(master=None).first()
    if event is not None and event.occurrence_on != key.occurrence_on and key.occurrence_on:
        event = occurrence_of(event, key.occurrence_on)
    if event is None or event.occurrence_on != key.occurrence_on:
        raise item_not_found()
    return event


def of_meeting(
    uid: str, occurrence_on: date | None, *, organizer: bool, mailbox: uuid.UUID | None = None
) -> list[Event]:
    """The organizer's item of a meeting, or the copies that others hold."""
    rows = Event.objects.filter(uid=uid, is_organizer=organizer, master=None).select_related("mailbox")
    if mailbox is not None:
        rows = rows.filter(mailbox=mailbox)
    if occurrence_on is None:
        return list(rows.filter(occurrence_on=None))
    whole = [row if row.occurrence_on else occurrence_of(row, occurrence_on) for row in rows]
    return [row for row in whole if row is not None and row.occurrence_on == occurrence_on]
