"""What became of the mails about a booking, and of those that could not be delivered.

| state    | means                                                              | can be sent again                |
|----------|--------------------------------------------------------------------|----------------------------------|
| planned  | a reminder, or a mail that waits for the join link                 | no                               |
| queued   | about to go; tried already where `attempts` is more than one       | no                               |
| failed   | refused, or given up until somebody mends the cause                | yes: tried again as it is now    |
| sent     | the mail server took it                                            | yes, unless a newer one said more |

A mail that is sent again is a copy of its own with its own state, and the audit trail says by whom. Content is not
shown: it holds links that act.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.models import Approval, Booking, Reminder
from bookings.notifications import catalogue
from bookings.services import reminders, wishes
from tenants import mail, outbox
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.models import AuditEvent, Job, Message
from tenants.services import audit

#: Failures older than this are no longer anybody's work.
RECENT = timedelta(days=30)
#: Of mails that wait for a person, so many are looked through.
MOST_STUCK = 500
_TEMPLATES = (
    "confirmed", "requested", "rescheduled", "reassigned", "cancelled", "declined", "expired", "joinLink",
)  # fmt: skip
_STATES = {"planned": _("Planned"), "queued": _("Queued"), "failed": _("Failed"), "sent": _("Sent")}


class Overtaken(DomainError):
    """The mail says what is no longer so, or has not gone yet."""

    code = "mailOvertaken"
    status = 409
    detail = _("This mail cannot be sent again: it has not gone yet, or a newer one has taken its place.")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail, as far as it has come. Its id is the stored mail's, or the job's that is to write it."""

    id: uuid.UUID
    label: str | Promise
    state: str
    to: str
    #: When it went, or was to go, or failed.
    at: datetime
    attempts: int = 0
    error: str = ""
    remedy: str = ""
    #: Who sent it again.
    by: str = ""
    can_resend: bool = False
    subject: str = ""

    @property
    def state_label(self) -> str | Promise:
        """In words."""
        return _STATES[self.state]

    @property
    def is_retried(self) -> bool:
        """Whether it did not go at the first try."""
        return self.state == "queued" and self.attempts > 1


def of(booking: Booking, *, now: datetime) -> list[Delivery]:
    """Every mail about `booking`, the newest first; those that were overtaken before they went are left out."""
    stored = list(Message.objects.filter(about_id=booking.pk).defer("text", "html", "calendar"))
    keys = {message.dedupe_key for message in stored}
    jobs = {job.dedupe_key: job for job in Job.objects.filter(dedupe_key__in=[*keys, *_keys(booking)])}
    again = {job.payload.get("message"): job for job in _again(stored)}
    by = _senders(stored)
    current = _current(stored, booking)
    found = [
        _of_message(
            message, jobs.get(message.dedupe_key) or again.get(str(message.pk)), by=by.get(message.pk, ""),
            is_current=message.pk in current,
        ) for message in stored
    ]  # fmt: skip
    found += [_of_job(job, booking, now) for key, job in jobs.items() if key not in keys and _is_open(job)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _keys(booking: Booking) -> Iterable[str]:
    """The keys of the mails that may be on their way; of earlier sequences nothing more will go."""
    readers = wishes.readers(booking)
    yield from (wishes.mail_key(booking, template, reader) for template in _TEMPLATES for reader in readers)
    for reminder in Reminder.objects.filter(service=booking.service_id):
        yield from (reminders.key(booking, reminder, reader) for reader in readers)


def _again(stored: list[Message]) -> QuerySet[Job]:
    """The jobs that send stored mails again."""
    return Job.objects.filter(dedupe_key__in=[f"mail:{message.pk}" for message in stored])


def _senders(stored: list[Message]) -> dict[uuid.UUID, str]:
    events = AuditEvent.objects.filter(action="mail.resent", target_id__in=[message.pk for message in stored])
    return {event.target_id: event.actor for event in events if event.target_id is not None}


def _is_open(job: Job) -> bool:
    return job.state in (Job.State.PENDING, Job.State.RUNNING, Job.State.PARKED)


def _of_message(message: Message, job: Job | None, *, by: str = "", is_current: bool = False) -> Delivery:
    parked = job is not None and job.state == Job.State.PARKED
    state = message.State.FAILED if parked and message.state != Message.State.SENT else message.state
    return Delivery(
        id=message.pk, label=catalogue.label(message.template), state=str(state), to=message.to, by=by,
        at=message.sent_at or message.created_at, attempts=job.attempts if job else 0,
        error=message.last_error or (job.last_error if job and state != Message.State.SENT else ""),
        remedy=job.remedy if job and parked else "", subject=message.subject,
        can_resend=is_current and state in (Message.State.FAILED, Message.State.SENT),
    )  # fmt: skip


def _of_job(job: Job, booking: Booking, now: datetime) -> Delivery:
    template = job.payload.get("template") or "reminder"
    parked = job.state == Job.State.PARKED
    return Delivery(
        id=job.pk, label=catalogue.label(template), to=_to(job, booking), at=job.due_at, attempts=job.attempts,
        state="failed" if parked else "planned" if job.due_at > now and not job.attempts else "queued",
        error=job.last_error, remedy=job.remedy, can_resend=parked,
    )  # fmt: skip


def _to(job: Job, booking: Booking) -> str:
    """The address a mail that is not written yet will go to."""
    reader, who = job.payload.get("reader"), job.payload.get("who", "")
    if reader == "customer":
        return booking.customer_email
    if reader == "guest":
        return str(who)
    return next((host.email for host in booking.hosts if who in ("", str(host.pk))), booking.staff_member.email)


def _current(stored: list[Message], booking: Booking) -> set[uuid.UUID]:
    """The mails whose news still holds: written for the sequence that the booking has, or asking what is still open."""
    version = f":{booking.pk}:{booking.sequence}:"
    asked = Approval.objects.filter(booking=booking, state=Approval.State.WAITING)
    open_to = set(asked.values_list("asked_email", flat=True)) if booking.is_pending else set()
    true = {
        message.pk for message in stored
        if version in message.dedupe_key or (message.template.startswith("approval") and message.to in open_to)
    }  # fmt: skip
    for message in sorted(stored, key=lambda one: one.created_at):
        kind, _colon, original = message.dedupe_key.partition(":")
        if kind == "again" and original.partition(":")[0] in {str(pk) for pk in true}:
            true.add(message.pk)
    return true


def send_again(*, booking: Booking, delivery_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Sends one mail of `booking` again, or tries a failed one as the booking is now. Raises Overtaken.

    A copy that waits to go already is that copy: pressing twice sends once.
    """
    found = next((one for one in of(booking, now=now) if one.id == delivery_id), None)
    if found is None or not found.can_resend:
        raise Overtaken
    message = Message.objects.filter(pk=delivery_id).first()
    key = message.dedupe_key if message else Job.objects.get(pk=delivery_id).dedupe_key
    with transaction.atomic():
        if found.state == "failed":
            jobs = Job.objects.filter(dedupe_key__in=[key, f"mail:{delivery_id}"])
            if not outbox.retry(jobs, now=now) and message is not None:
                mail.post(message, now=now)
            _record(message or jobs.get(), found, actor, now)
        elif message is not None:
            copy = mail.copy(message)
            mail.post(copy, now=now)
            _record(copy, found, actor, now)


def resend(*, message: Message, now: datetime, actor: Actor) -> None:
    """As `send_again` for a mail about a booking; any other is sent again only where it failed. Raises Overtaken."""
    booking = Booking.objects.filter(pk=message.about_id).first() if message.about_id else None
    if booking is not None:
        return send_again(booking=booking, delivery_id=message.pk, now=now, actor=actor)
    jobs = Job.objects.filter(dedupe_key__in=[message.dedupe_key, f"mail:{message.pk}"])
    if (found := _of_message(message, jobs.first())).state != "failed":
        raise Overtaken
    with transaction.atomic():
        if not outbox.retry(jobs, now=now):
            mail.post(message, now=now)
        _record(message, found, actor, now)


def _record(target: Any, delivery: Delivery, actor: Actor, now: datetime) -> None:
    audit.record(
        tenant=target.tenant, actor=actor, action="mail.resent", target=target, now=now, label=str(delivery.to),
        after={"mail": str(delivery.label)},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """A mail that did not arrive, and the booking it was about, if it was about one."""

    delivery: Delivery
    booking: Booking | None


def is_undelivered(booking: Booking) -> bool:
    """Whether the newest mail to the customer about `booking` was refused. One query."""
    mails = Message.objects.filter(about_id=booking.pk, to=booking.customer_email).order_by("-created_at")
    return mails.values_list("state", flat=True).first() == Message.State.FAILED


def failures(*, now: datetime, bookings: QuerySet[Booking] | None = None, most: int = 5) -> list[Failure]:
    """Mails that failed lately, the newest first: about `bookings` (what an owner may see), or all there are.

    Those that wait for a person to mend the mail server or a key have failed too.
    """
    parked = Job.objects.filter(state=Job.State.PARKED, kind__startswith="mail.", created_at__gt=now - RECENT)
    stuck = list(parked.order_by("-created_at")[:MOST_STUCK])
    waiting = Q(dedupe_key__in=[job.dedupe_key for job in stuck])
    waiting |= Q(pk__in=[job.payload["message"] for job in stuck if "message" in job.payload])
    state = Q(state=Message.State.FAILED) | Q(waiting, state=Message.State.QUEUED)
    rows = Message.objects.filter(state, created_at__gt=now - RECENT)
    if bookings is not None:
        rows = rows.filter(about_id__in=bookings.order_by().values("pk"))
    messages = list(rows.defer("text", "html", "calendar").order_by("-created_at")[:most])
    abouts = [message.about_id for message in messages if message.about_id]
    by_id = {row.pk: row for row in Booking.objects.filter(pk__in=abouts).select_related("page", "staff_member")}
    keys = {key: one.pk for one in messages for key in (one.dedupe_key, f"mail:{one.pk}")}
    jobs = {keys[job.dedupe_key]: job for job in Job.objects.filter(dedupe_key__in=keys)}
    return [
        Failure(_of_message(one, jobs.get(one.pk)), by_id.get(one.about_id) if one.about_id else None)
        for one in messages
    ]
