"""Erases a person's data, or that of customers whose days are over. What is erased cannot be brought back.

| a booking keeps                                 | and loses                                                          |
|-------------------------------------------------|--------------------------------------------------------------------|
| page, service, staff, times, status, price: the | name, address, telephone, note, answers, guests, campaign, reason, |
| figures of reports                              | the link to manage it, mails, jobs, deliveries, offers made with   |
|                                                 | it; its event in Outlook loses the name too, unless Outlook        |
|                                                 | itself had invited the customer                                    |

What is booked ahead is cancelled first, without a mail to the person, or left as it is with everything that belongs to
it: mails and the audit trail then stay readable until it is over. Each erasure is audited under a pseudonym.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from bookings.models import Approval, Booking, EventLink, PrivateLink, TimeOffer
from bookings.services import cancellation, changing, mass_cancellation, personal_data, traces, wishes
from tenants import outbox
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.links import hash_token, new_token
from tenants.models import BusyPeriod, IdempotentAnswer, Job, Message, Tenant, WebhookDelivery
from tenants.services import audit, claims, pseudonyms

ACTION = "personalData.erased"
#: RFC 2606: an address that nobody has.
NOBODY = "erased@erased.invalid"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many rows of what were erased, and how many bookings ahead were left."""

    counts: dict[str, int]
    kept_ahead: int


def erase(*, tenant: Tenant, address: str, now: datetime, actor: Actor, cancels: bool, reason: str = "") -> Outcome:
    """Erases what is kept of the customer or guest with this address; of a member not what they did here, nor was told.

    `cancels`: what they have ahead is cancelled and erased too; else it stays as it is. Raises InvalidInput (`address`)
    where nothing is kept.
    """
    found = personal_data.find(tenant=tenant, address=address)
    cancelled = _cancel_ahead(found, now, actor) if cancels else []
    kept = 0 if cancels else found.ahead(now).count() + found.ahead_as_guest(now).count()
    with transaction.atomic():
        counts = _erase(found, now, keeps_ahead=not cancels)
        if not counts:
            raise InvalidInput({"address": [str(_("Nothing that can be erased is kept of this person."))]})
        label = pseudonyms.pseudonym(tenant=tenant, address=found.address)
        facts = {**counts, "keptAhead": kept, "cancelled": len(cancelled)}
        audit.record(
            tenant=tenant, actor=actor, action=ACTION, target=tenant, label=label, now=now, after=facts,
            reason=reason[:500],
        )  # fmt: skip
    rows = Booking.objects.filter(pk__in=cancelled).select_related("staff_member").prefetch_related("colleagues")
    with translation.override(tenant.language):
        why = _("A customer’s personal data was erased, and what they had booked with it.")
    mass_cancellation.tell_hosts(tenant, rows, f"erased:{label}:{now.timestamp()}", now, reason=why)
    return Outcome(counts, kept)


def anonymise(bookings: Sequence[Booking], *, now: datetime) -> Counter[str]:
    """Takes the customers out of these bookings and out of everything said about them, but the audit trail."""
    counts: Counter[str] = Counter(bookings=len(bookings))
    with translation.override(bookings[0].tenant.language if bookings else None):
        name = _("Erased person")
    for booking in bookings:
        token = new_token()
        booking.customer_name, booking.customer_email, booking.erased_at = name, NOBODY, now
        booking.customer_phone = booking.customer_notes = booking.campaign = booking.cancel_reason = ""
        booking.answers, booking.guests = [], []
        booking.manage_token, booking.manage_token_hash = token, hash_token(token)
        booking.save()
    ids = [booking.pk for booking in bookings]
    for part in _chunks(ids):
        Approval.objects.filter(booking__in=part).update(reason="")
        TimeOffer.objects.filter(origin__in=part).delete()
    _rewrite_events(bookings, now)
    return counts + forget(set(ids), texts=())


def forget(ids: Collection[uuid.UUID], *, texts: Collection[str], going_on: Collection[uuid.UUID] = ()) -> Counter[str]:
    """Deletes mails, jobs, deliveries and kept answers that speak of these rows, or hold one of these addresses.

    `going_on`: other people's bookings that take place; of their mails only those that hold an address go.
    """
    counts: Counter[str] = Counter()
    mails: list[uuid.UUID] = []
    for part in _chunks(ids):
        mails += Message.objects.filter(about_id__in=part).values_list("pk", flat=True)
    for part in _chunks(going_on):
        about_them = Message.objects.filter(about_id__in=part)
        mails += [mail.pk for mail in about_them if traces.names(_words(mail), (), texts)]
    for text in texts:
        mails += Message.objects.filter(to__iexact=text).values_list("pk", flat=True)
    counts["mails"] = Message.objects.filter(pk__in=mails).delete()[0]
    deliveries, answers = traces.speaking(set(ids), texts)
    counts["deliveries"] = WebhookDelivery.objects.filter(pk__in=deliveries).delete()[0]
    counts["answers"] = IdempotentAnswer.objects.filter(pk__in=answers).delete()[0]
    about = {*ids, *mails}
    # Outlook's own jobs know ids only, and are what takes events away.
    ended = [
        pk
        for pk, payload, key in Job.objects.exclude(Q(kind__startswith="outlook.") | Q(state=Job.State.RUNNING))
        .values_list("pk", "payload", "dedupe_key")
        .iterator(traces.CHUNK)
        if traces.names(f"{json.dumps(payload)} {key}", about, texts)
    ]
    for part in _chunks(ended):
        counts["jobs"] += Job.objects.filter(pk__in=part).exclude(state=Job.State.RUNNING).delete()[0]
    return +counts


def _words(mail: Message) -> str:
    """All that a mail says; the lines of its calendar file in one piece (RFC 5545 3.1)."""
    return "\n".join([mail.text, mail.html, mail.calendar.replace("\r\n ", "")])


def _erase(found: personal_data.Found, now: datetime, *, keeps_ahead: bool) -> Counter[str]:
    spared = set(found.ahead(now).values_list("pk", flat=True)) if keeps_ahead else set()
    coming = set(found.ahead_as_guest(now).values_list("pk", flat=True)) if keeps_ahead else set()
    bookings = list(found.bookings.filter(erased_at=None).exclude(pk__in=spared))
    guest_of = list(found.as_guest.exclude(pk__in=coming))
    names = {booking.customer_name for booking in bookings} | {entry.customer_name for entry in found.waiting}
    about = {booking.pk for booking in bookings}
    counts = anonymise(bookings, now=now)
    counts["guestOf"] = _leave_as_guest(guest_of, found.address, now)
    entries, links = list(found.waiting), list(found.links)
    for offer in TimeOffer.objects.filter(entry__in=entries):
        claims.release(owner_id=offer.pk)
    counts["waiting"] = len(entries)
    about |= {entry.pk for entry in entries} | {link.pk for link in links}
    found.waiting.delete()
    counts["links"] = PrivateLink.objects.filter(pk__in=[link.pk for link in links]).update(email="", label="")
    counts["codes"] = found.codes.delete()[0]
    if not (spared or coming):
        over = {booking.pk for booking in guest_of if booking.ends_at <= now}
        going_on = {booking.pk for booking in guest_of} - over
        works_here = found.has_role()
        texts = [] if works_here else [found.address]
        counts += forget({*about, *over}, texts=texts, going_on=going_on)
        if not works_here:
            events = audit.pseudonymise(tenant=found.tenant, address=found.address, names=names, about=about)
            counts["auditEvents"] = events
    return +counts


def _leave_as_guest(bookings: Iterable[Booking], address: str, now: datetime) -> int:
    changed = []
    for booking in bookings:
        booking.guests = [guest for guest in booking.guests if guest.lower() != address.lower()]
        booking.save(update_fields=["guests", "updated_at"])
        changed.append(booking)
    _rewrite_events(changed, now)
    return len(changed)


def _cancel_ahead(found: personal_data.Found, now: datetime, actor: Actor) -> list[uuid.UUID]:
    """Cancels what lies ahead without a mail to the person, who asked for it; hosts are told when it is erased."""
    done = []
    for booking in found.ahead(now).filter(starts_at__gt=now):
        try:
            cancellation.cancel(booking=booking, now=now, actor=actor, quiet=True, in_trash=True)
        except changing.NoLongerChangeable:
            continue  # somebody was quicker
        done.append(booking.pk)
    return done


def _rewrite_events(bookings: Iterable[Booking], now: datetime) -> None:
    """Takes the name out of events in the hosts' calendars, and out of our copies of them."""
    for booking in bookings:
        links = EventLink.objects.filter(Q(booking=booking) | Q(session=booking.session_id, session__isnull=False))
        events = list(links.exclude(event_id="").values_list("mailbox", "event_id"))
        for mailbox, event_id in events:
            BusyPeriod.objects.filter(mailbox=mailbox, event_id=event_id).update(title=booking.title)
        if booking.invitation_sender == Tenant.InvitationSender.OUTLOOK or booking.is_cancelled or not events:
            continue
        occasion = f"erased:{int(now.timestamp())}"
        wanted = wishes.pushes(booking, rewrite=True)
        if booking.session is not None:
            wanted = wishes.session_push(booking.session, rewrite=occasion)
        for wish in wanted:
            outbox.ensure(tenant=booking.tenant, wish=wish, now=now)


def _chunks(ids: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    ordered = sorted(ids)
    return (ordered[at : at + traces.CHUNK] for at in range(0, len(ordered), traces.CHUNK))
