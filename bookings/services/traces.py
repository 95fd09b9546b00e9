"""Every row that a booking calendar left anywhere: found by its ids, deleted together, counted.

| kind of row                                              | belongs to the calendar by                       |
|----------------------------------------------------------|--------------------------------------------------|
| services, staff, bookings, links, questions, approvals … | foreign keys that lead to the page               |
| claims, and what could be claimed                        | the id of who owns them                          |
| mails, jobs, webhook deliveries, kept answers            | an id of the calendar in what they are about, in |
|                                                          | their key, or in their (decrypted) content       |
| our copy of its events in Outlook                        | the event's id                                   |
| lines of the admin's own log                             | the id of the row they speak of                  |
| the scheduling mailbox                                   | it is the page's; a person's mailbox stays       |
| the audit trail                                          | stays                                            |
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model, Q

from bookings import models as rows
from bookings.models import BookingPage
from tenants.models import BusyPeriod, Claim, Claimable, IdempotentAnswer, Job, Mailbox, Message, WebhookDelivery
from tenants.services import pseudonyms

CHUNK = 500
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
#: Models whose rows lead to the page, and how; what comes first refers to what comes later and is deleted first.
LEADS: tuple[tuple[type[Model], str], ...] = (
    (rows.TimeOffer, "service__page"), (rows.WaitingEntry, "service__page"), (rows.Approval, "staff_member__page"),
    (rows.Assignment, "page"), (rows.EventLink, "booking__page"), (rows.EventLink, "session__service__page"),
    (rows.Booking, "page"), (rows.GroupSession, "service__page"), (rows.Hold, "service__page"),
    (rows.PrivateLink, "service__page"), (rows.Reminder, "service__page"), (rows.ServiceQuestion, "service__page"),
    (rows.Question, "page"), (rows.TimeOff, "page"), (rows.DateOverride, "page"), (rows.Service, "page"),
    (rows.StaffMember, "page"),
)  # fmt: skip


class Traces:
    """The rows of one page, as they are now. Made and deleted in one transaction, with the page locked."""

    def __init__(self, page: BookingPage) -> None:
        self.page = page
        self.leading = [(model, _ids(model, {path: page.pk})) for model, path in LEADS]
        self.ids: set[uuid.UUID] = {page.pk, *(pk for _model, ids in self.leading for pk in ids)}
        if not page.is_personal:
            self.ids.add(page.mailbox_id)
        links = [pk for model, ids in self.leading if model is rows.EventLink for pk in ids]
        #: What stands for it in Outlook, with what it stands for.
        self.events: list[rows.EventLink] = _in_bulk(rows.EventLink, links)

    def digest(self) -> str:
        """A SHA-256 of the ids of all these rows, sorted: which rows they were, without what they held."""
        return hashlib.sha256("\n".join(sorted(map(str, self.ids))).encode()).hexdigest()

    def delete(self) -> Counter[str]:
        """Deletes all of them for good. Returns how many rows of which model (`bookings.Booking`)."""
        counts: Counter[str] = Counter()
        deliveries, answers = speaking(self.ids)
        answers += IdempotentAnswer.objects.filter(caller__iexact=self.page.address).values_list("pk", flat=True)
        said: list[tuple[type[Model], Iterable[uuid.UUID]]] = [
            (Message, list(self._messages())), (WebhookDelivery, deliveries), (IdempotentAnswer, set(answers)),
        ]  # fmt: skip
        self.ids |= {pk for _model, ids in said for pk in ids}  # jobs name mails and deliveries
        said.append((Job, list(self._jobs())))
        owned = [(Claim, _ids(Claim, {"owner_id__in": self.ids})), (LogEntry, self._log())]
        for model, ids in [*said, *owned, (BusyPeriod, self._copies()), *self.leading]:
            counts += _delete(model, ids)
        counts += _delete(BookingPage, [self.page.pk])
        if not self.page.is_personal:
            counts += _delete(Mailbox, [self.page.mailbox_id])
        return counts + _delete(Claimable, _ids(Claimable, {"pk__in": self.ids}))

    def _messages(self) -> Iterator[uuid.UUID]:
        for pk, about, key in Message.objects.values_list("pk", "about_id", "dedupe_key").iterator(CHUNK):
            if about in self.ids or names(key, self.ids):
                yield pk

    def _jobs(self) -> Iterator[uuid.UUID]:
        for pk, payload, key in Job.objects.values_list("pk", "payload", "dedupe_key").iterator(CHUNK):
            if names(f"{json.dumps(payload)} {key}", self.ids):
                yield pk

    def _log(self) -> list[Any]:
        return _ids(LogEntry, {"object_id__in": [str(pk) for pk in self.ids]})

    def _copies(self) -> list[uuid.UUID]:
        known = {link.event_id for link in self.events if link.event_id}
        return _ids(BusyPeriod, {"event_id__in": known})


def speaking(ids: Collection[uuid.UUID], texts: Collection[str] = ()) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """The webhook deliveries, and the kept answers of the API, whose content names one of these ids or texts."""
    deliveries = WebhookDelivery.objects.only("pk", "body").iterator(CHUNK)
    answers = IdempotentAnswer.objects.only("pk", "body", "caller").iterator(CHUNK)
    return (
        [row.pk for row in deliveries if names(row.body, ids, texts)],
        [row.pk for row in answers if names(row.body, ids, texts) or names(row.caller, (), texts)],
    )


def names(text: str, ids: Collection[uuid.UUID], texts: Collection[str] = ()) -> bool:
    """Whether `text` holds one of these ids, or one of these addresses as a whole, in whatever case."""
    if any(uuid.UUID(found) in ids for found in _UUID.findall(text)):
        return True
    return any(pseudonyms.holds(text, address) for address in texts)


def _ids(model: Any, where: dict[str, Any]) -> list[Any]:
    """The ids of what `where` says; a long list in it is asked for in parts."""
    name, wanted = next(iter(where.items()))
    parts = _chunks(wanted) if name.endswith("__in") else [wanted]
    return [pk for part in parts for pk in model._default_manager.filter(Q((name, part))).values_list("pk", flat=True)]


def _in_bulk(model: Any, ids: Iterable[Any]) -> list[Any]:
    found = (model.objects.filter(pk__in=part).select_related("booking", "session") for part in _chunks(ids))
    return [row for part in found for row in part]


def _delete(model: Any, ids: Iterable[Any]) -> Counter[str]:
    counts: Counter[str] = Counter()
    manager = getattr(model, "with_deleted", model._default_manager)
    for part in _chunks(ids):
        counts.update(manager.filter(pk__in=part).delete()[1])
    return counts


def _chunks(ids: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(ids)
    return (ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK))
