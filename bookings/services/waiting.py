"""The waiting list of a service: who would take a time, should one become free.

| what happens                                  | what follows                                                        |
|-----------------------------------------------|---------------------------------------------------------------------|
| somebody joins                                | a mail with the link to the place in the list, which also leaves it |
| the same address joins the same list again    | its place is kept, the newest wish counts                           |
| a booking goes away or moves, time off ends   | `stretch_freed`: offered to the first whom it suits               |
| the time is taken / refused / not answered    | booked / waiting again, and the next one is asked                   |
| the last day is over                          | the entry expires by itself                                         |

First come, first offered: by `created_at`. Times are offered by `bookings.waiting_list`, which runs after the commit.
"""

from __future__ import annotations

import uuid
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Booking, BookingPage, PrivateLink, Service, StaffMember, TimeOffer, WaitingEntry
from bookings.services import follow_up, intake, offers, senders
from bookings.services.intake import Blocked, Customer
from tenants import outbox
from tenants.acting import Actor
from tenants.errors import DomainError, InvalidInput
from tenants.links import hash_token, new_token
from tenants.outbox import Wish
from tenants.services import audit, claims

#: The longest stretch of days that one entry may wait for.
MOST_DAYS = 92
State = WaitingEntry.State
#: Those that still hope for a time.
OPEN = (State.WAITING, State.OFFERED)


class NoWaitingList(DomainError):
    """The service keeps no waiting list."""

    code = "noWaitingList"
    status = 409
    detail = gettext_lazy("There is no waiting list for this.")


def join(
    *, service: Service, customer: Customer, first_date: date, last_date: date, now: datetime, actor: Actor,
    staff_id: uuid.UUID | None = None, link: PrivateLink | None = None,
) -> WaitingEntry:  # fmt: skip
    """Puts `customer` on the list of `service` for the days from `first_date` to `last_date` of the customer's zone.

    `staff_id`: only with that colleague. `link`: how the service was reached; a booking uses it. An address that is on
    the list keeps its place with the new wish. The caller has checked that the service may be booked by who asks.

    Raises NoWaitingList, Blocked, InvalidInput by field (`firstDate`, `lastDate`, `staff` and those of `Customer`).
    """
    if not service.waiting_list or service.archived_at is not None:
        raise NoWaitingList
    customer = intake.without_uncollected(service.tenant, customer.cleaned())
    if senders.is_blocked(service.tenant, customer.email):
        raise Blocked
    first_date = _checked_dates(service, customer.time_zone, first_date, last_date, now)
    if staff_id is not None and not offers.staff_for(service, only=staff_id):
        raise InvalidInput({"staff": [_("This person does not take bookings for this service at the moment.")]})
    wish = {
        "staff_member_id": staff_id, "link": link, "first_date": first_date, "last_date": last_date,
        "customer_name": customer.name, "customer_phone": customer.phone, "customer_notes": customer.notes,
        "customer_time_zone": customer.time_zone, "customer_language": customer.language,
    }  # fmt: skip
    with transaction.atomic():
        # Two forms of one address are one entry: the service's row is what they queue for.
        Service.objects.select_for_update(no_key=True).values_list("pk").get(pk=service.pk)
        known = WaitingEntry.objects.filter(service=service, customer_email__iexact=customer.email, state__in=OPEN)
        entry = known.first() or _new_entry(service, customer, now)
        for name, value in wish.items():
            setattr(entry, name, value)
        entry.save()
        audit.record(
            tenant=service.tenant, actor=actor, action="waiting.joined", target=entry, now=now, after=_facts(entry)
        )
        outbox.ensure(tenant=service.tenant, wish=end_of(entry), now=now)
        follow_up.waiting_joined(entry, now=now)
    return entry


def place(entry: WaitingEntry) -> int:
    """The place in the list of the service: 1 is the next one. One query."""
    before = Q(created_at__lt=entry.created_at) | Q(created_at=entry.created_at, pk__lt=entry.pk)
    return WaitingEntry.objects.filter(before, service=entry.service_id, state__in=OPEN).count() + 1


def leave(*, entry: WaitingEntry, now: datetime, actor: Actor) -> bool:
    """Takes the entry off the list and gives back what is held for it. False where it was off the list already."""
    with transaction.atomic():
        if not WaitingEntry.objects.filter(pk=entry.pk, state__in=OPEN).update(state=State.LEFT):
            return False
        withdraw(entry, now=now)
        audit.record(
            tenant=entry.tenant, actor=actor, action="waiting.left", target=entry, now=now, before=_facts(entry)
        )
    return True


def _facts(entry: WaitingEntry) -> dict[str, str]:
    """What an auditor wants to know of it."""
    days = {"firstDate": entry.first_date.isoformat(), "lastDate": entry.last_date.isoformat()}
    return {"service": str(entry.service_id), "customerEmail": entry.customer_email} | days


def expire(*, entry: WaitingEntry, now: datetime) -> bool:
    """Ends an entry that waits for days that are over. A time that is offered at that moment may still be taken."""
    over = last_instant(entry) <= now
    return over and bool(
        WaitingEntry.objects.filter(pk=entry.pk, state=State.WAITING, last_date=entry.last_date).update(
            state=State.EXPIRED
        )
    )


def settle(entry: WaitingEntry) -> bool:
    """Ends an entry whose customer has a booking of the service meanwhile. False where it was off the list already."""
    return bool(WaitingEntry.objects.filter(pk=entry.pk, state__in=OPEN).update(state=State.BOOKED))


def withdraw(entry: WaitingEntry, *, now: datetime) -> None:
    """Takes open offers of `entry` back in the running transaction: the times they held go to the next one."""
    for offer in TimeOffer.objects.filter(entry=entry, used_at=None, expires_at__gt=now).select_related(
        "service__page__tenant", "staff_member"
    ):
        if TimeOffer.objects.filter(pk=offer.pk, used_at=None).update(expires_at=now):
            claims.release(owner_id=offer.pk)
            offer_again(offer, now=now)


def time_freed(*, booking: Booking, starts_at: datetime, now: datetime) -> None:
    """After `booking` no longer takes place at `starts_at`, in its transaction: a wish, where anybody waits for it.

    Call it before or after the booking's own times change: what became free is as long as the booking with its
    buffers, from `starts_at` on. One query where nobody waits.
    """
    if starts_at > now:
        stretch_freed(
            page=booking.page, member=booking.staff_member, starts_at=starts_at - booking.buffer_before,
            ends_at=starts_at + (booking.ends_at - booking.starts_at) + booking.buffer_after, now=now,
            key=f"{booking.pk}:{booking.sequence}:{int(starts_at.timestamp())}",
        )  # fmt: skip


def offer_again(offer: TimeOffer, *, now: datetime) -> None:
    """After an offer ended without a booking, in its transaction: its time goes to the next one."""
    service = offer.service
    stretch_freed(
        page=service.page, member=offer.staff_member, starts_at=offer.starts_at - service.buffer_before,
        ends_at=offer.starts_at + service.duration + service.buffer_after, now=now, key=str(offer.pk),
    )  # fmt: skip


def stretch_freed(
    *, page: BookingPage, member: StaffMember | None, starts_at: datetime, ends_at: datetime, now: datetime, key: str
) -> None:  # fmt: skip
    """After a stretch of time became free (UTC, half-open), in its transaction: a wish, where anybody waits for it.

    `member` is whose time it is, None: everybody's. `key` names what ended: again it is the same wish. One query where
    nobody waits.
    """
    if ends_at <= now or not waiting_beside(page.pk).exists():
        return
    wish = Wish(
        kind="waiting.freed",
        dedupe_key=f"freed:{key}",
        payload={
            "page": str(page.pk), "member": str(member.pk) if member else "", "from": starts_at.isoformat(),
            "to": ends_at.isoformat(),
        },
    )  # fmt: skip
    outbox.ensure(tenant=page.tenant, wish=wish, now=now)


def waiting_beside(page_id: uuid.UUID) -> QuerySet[WaitingEntry]:
    """Who waits for something on this page, or given by the same people on another one."""
    related = Q(service__page=page_id) | Q(service__staff__mailbox__staff_memberships__page=page_id)
    waiting = WaitingEntry.objects.filter(
        related, state=State.WAITING, service__waiting_list=True, service__archived_at=None,
        service__page__deleted_at=None,
    )  # fmt: skip
    return waiting.distinct()


def last_instant(entry: WaitingEntry) -> datetime:
    """The end of the last day that the entry waits for, UTC."""
    return _midnight(entry.last_date + timedelta(days=1), entry.customer_time_zone)


def first_instant(entry: WaitingEntry) -> datetime:
    """The beginning of the first day that the entry waits for, UTC."""
    return _midnight(entry.first_date, entry.customer_time_zone)


def _midnight(on: date, zone: str) -> datetime:
    return datetime.combine(on, time.min, zoneinfo.ZoneInfo(zone)).astimezone(UTC)


def _checked_dates(service: Service, zone: str, first: date, last: date, now: datetime) -> date:
    """The first day that can still be hoped for. Raises InvalidInput."""
    today = now.astimezone(zoneinfo.ZoneInfo(zone)).date()
    latest = (now + service.maximum_advance).astimezone(zoneinfo.ZoneInfo(zone)).date()
    if last < max(first, today):
        raise InvalidInput({"lastDate": [_("The last day must not come before the first, nor before today.")]})
    if first > latest:
        raise InvalidInput({"firstDate": [_("This is too far ahead. Nothing is booked that early.")]})
    if (last - max(first, today)).days >= MOST_DAYS:
        raise InvalidInput({"lastDate": [_("Please choose at most %(most)d days.") % {"most": MOST_DAYS}]})
    return max(first, today)


def _new_entry(service: Service, customer: Customer, now: datetime) -> WaitingEntry:
    token = new_token()
    return WaitingEntry(
        tenant=service.tenant, service=service, customer_email=customer.email, token_hash=hash_token(token),
        token=token, created_at=now,
    )  # fmt: skip


def end_of(entry: WaitingEntry) -> Wish:
    """The entry's own end, asked for at the end of its last day; a wish for another last day has an end of its own."""
    return Wish(
        kind="waiting.over", dedupe_key=f"waiting:{entry.pk}:over:{entry.last_date}", payload={"entry": str(entry.pk)},
        due_at=last_instant(entry),
    )  # fmt: skip
