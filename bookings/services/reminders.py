"""Reminders and follow-ups: mails of a service that come by themselves before or after each of its bookings.

| what happens                              | what becomes of them                                                     |
|-------------------------------------------|--------------------------------------------------------------------------|
| a booking is made, approved or moved      | one job for each reminder and reader, due at its instant                 |
| … so late that the instant is over        | none: nobody is reminded of what is about to begin                       |
| it moves again, or goes to a colleague    | the jobs of the earlier sequence do nothing, new ones take their place   |
| it is cancelled, or waits for approval    | the jobs do nothing                                                      |
| the customer did not come                 | no follow-up                                                             |
| a reminder is added or changed            | the bookings to come are walked through in batches; nothing goes twice   |
| a reminder is removed                     | its jobs do nothing                                                      |

A job's key names booking, sequence, reminder and reader, and the mail is stored under it: however often the job runs,
the mail goes once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import UUIDField
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Reminder, Service
from bookings.services.wishes import CUSTOMER, Address, hosts
from tenants import outbox
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.models import Job
from tenants.outbox import Wish
from tenants.prepared import Prepared, of
from tenants.services import audit, changes

#: Bookings that one step of a walk looks at.
BATCH = 200
#: More would be a nuisance to every customer.
MOST = 10
_OF_SERVICE = Prepared(
    lambda: Reminder.objects.filter(tenant=of("tenant", UUIDField()), service=of("service", UUIDField()))
)


class _Unset:
    """No value was given."""


def of_service(service: Service) -> list[Reminder]:
    """Its reminders and follow-ups."""
    return _OF_SERVICE.objects(tenant=service.tenant_id, service=service.pk)


def due_at(reminder: Reminder, booking: Booking) -> datetime:
    """When this mail is to go."""
    if reminder.when == Reminder.When.BEFORE:
        return booking.starts_at - reminder.distance
    return booking.ends_at + reminder.distance


def wishes(booking: Booking, *, now: datetime) -> list[Wish]:
    """What a confirmed booking wants of its service's reminders from now on."""
    return list(_wishes(booking, of_service(booking.service), now))


def _wishes(booking: Booking, reminders: Iterable[Reminder], now: datetime) -> Iterator[Wish]:
    for reminder in reminders:
        when = due_at(reminder, booking)
        if when <= now:
            continue
        for reader in _readers(reminder, booking):
            payload = {
                "booking": str(booking.pk), "sequence": booking.sequence, "reminder": str(reminder.pk),
                "reader": reader.kind, "who": reader.who,
            }  # fmt: skip
            yield Wish(kind="mail.reminder", dedupe_key=key(booking, reminder, reader), payload=payload, due_at=when)


def key(booking: Booking, reminder: Reminder, reader: Address) -> str:
    """One mail for each booking, sequence, reminder and reader."""
    return f"remind:{booking.pk}:{booking.sequence}:{reminder.pk}:{reader.key}"


def _readers(reminder: Reminder, booking: Booking) -> list[Address]:
    customer = [] if reminder.reader == Reminder.Reader.STAFF else [CUSTOMER]
    return customer + ([] if reminder.reader == Reminder.Reader.CUSTOMER else hosts(booking))


def is_wanted(reminder: Reminder, booking: Booking, *, sequence: int, now: datetime) -> bool:
    """Whether this mail still makes sense at `now`. Follow-ups go to those who were there, as far as is known."""
    if booking.sequence != sequence:
        return False
    if reminder.when == Reminder.When.BEFORE:
        return booking.status == Booking.Status.CONFIRMED and now < booking.starts_at
    return booking.status in (Booking.Status.CONFIRMED, Booking.Status.COMPLETED)


def add(
    *, service: Service, when: str, distance: object, reader: str, now: datetime, actor: Actor, text: str = ""
) -> Reminder:  # fmt: skip
    """A new one, for the bookings to come too. Raises InvalidInput by field, also past `MOST`."""
    reminder = Reminder(
        tenant=service.tenant, service=service, when=when, distance=distance, reader=reader, text=text.strip()
    )
    changes.validate(reminder)
    with transaction.atomic():
        if Reminder.objects.filter(service=service).count() >= MOST:
            raise InvalidInput({"when": [str(_("A service has at most ten reminders and follow-ups."))]})
        reminder.save()
        audit.record(
            tenant=service.tenant, actor=actor, action="reminder.added", target=reminder, now=now, label=service.title,
            after=_facts(reminder),
        )  # fmt: skip
        walk(service, now=now)
    return reminder


def change(*, reminder: Reminder, now: datetime, actor: Actor, **fields: object) -> Reminder:
    """Changes it, for the bookings to come too. Raises InvalidInput by field."""
    with transaction.atomic():
        changed = changes.apply(row=reminder, fields=fields, action="reminder.changed", now=now, actor=actor)
        walk(changed.service, now=now)
    return changed


def remove(*, reminder: Reminder, now: datetime, actor: Actor) -> None:
    """Takes it away: what has not gone by now does not go."""
    with transaction.atomic():
        audit.record(
            tenant=reminder.tenant, actor=actor, action="reminder.removed", target=reminder, now=now,
            label=reminder.service.title, before=_facts(reminder),
        )  # fmt: skip
        reminder.delete()


def _facts(reminder: Reminder) -> dict[str, str]:
    return {"when": reminder.when, "distance": str(reminder.distance), "reader": reminder.reader}


def walk(service: Service, *, now: datetime) -> None:
    """Has the worker look at all bookings of the service to come. Call it whenever its reminders changed."""
    wish = Wish(kind="reminders.walk", dedupe_key=f"walk:{uuid.uuid4()}", payload={"service": str(service.pk)})
    outbox.write(tenant=service.tenant, wishes=[wish], now=now)


@outbox.handles("reminders.walk")
def walk_on(job: Job, now: datetime) -> None:
    """One batch of bookings, by id; what is left is the next job's."""
    service = Service.objects.filter(pk=job.payload["service"]).first()
    if service is None:
        return
    reminders = of_service(service)
    rows = Booking.objects.filter(service=service, ends_at__gt=now, status=Booking.Status.CONFIRMED)
    if after := job.payload.get("after"):
        rows = rows.filter(pk__gt=after)
    batch = list(rows.order_by("pk")[:BATCH])
    for booking in batch:
        with transaction.atomic():
            _plan(booking, reminders, now)
    if len(batch) == BATCH:
        payload = {"service": str(service.pk), "after": str(batch[-1].pk)}
        wish = Wish(kind="reminders.walk", dedupe_key=f"{job.dedupe_key[:41]}:{batch[-1].pk}", payload=payload)
        outbox.ensure(tenant=job.tenant, wish=wish, now=now)


def _plan(booking: Booking, reminders: Iterable[Reminder], now: datetime) -> None:
    """Makes the waiting jobs of one booking those that its service's reminders ask for."""
    wanted = {wish.dedupe_key: wish for wish in _wishes(booking, reminders, now)}
    prefix = f"remind:{booking.pk}:{booking.sequence}:"
    known = {job.dedupe_key: job for job in Job.objects.filter(kind="mail.reminder", dedupe_key__startswith=prefix)}
    for name, job in known.items():
        waiting = Job.objects.filter(pk=job.pk, state=Job.State.PENDING)
        if name not in wanted:
            waiting.delete()
        elif job.due_at != wanted[name].due_at:
            waiting.update(due_at=wanted[name].due_at)
    outbox.write(tenant=booking.tenant, wishes=[wish for name, wish in wanted.items() if name not in known], now=now)
