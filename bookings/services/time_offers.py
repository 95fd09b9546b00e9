"""Times offered to one person by a one-time link: beside a cancellation, or from the waiting list.

| offer                   | made when            | holds its time | open for                                     |
|-------------------------|----------------------|----------------|----------------------------------------------|
| after a booking is gone | its mail is written  | no             | `GONE_FOR`, at most until the earliest lead  |
| from the waiting list   | a time became free   | yes, by claims | `OFFER_FOR`, at most until the earliest lead |

Nothing is offered that the page would not offer at that moment. A seat of a shared session cannot be held: such an
offer says so. Those of one group are one offer: `bookings.services.taking` uses all of them at once.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from math import ceil

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, Service, StaffMember, TimeOffer, WaitingEntry
from bookings.services import entitled, follow_up, offers, waiting
from tenants import acting, outbox
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.links import hash_token, new_token
from tenants.models import Claim
from tenants.outbox import Wish
from tenants.services import audit, claims
from tenants.services.claims import Wanted

#: How long a time is kept for somebody from the waiting list.
OFFER_FOR = timedelta(hours=2)
#: An offer that would be open for less is not made.
SHORTEST = timedelta(minutes=10)
#: How long the times beside a cancellation can be taken by their links.
GONE_FOR = timedelta(days=7)
#: How many times are offered beside a cancellation.
ALTERNATIVES = 3


class OfferOver(DomainError):
    """The link was right once and no longer books its time."""

    code = "offerOver"
    status = 410
    detail = _("This offer is over. Please choose another time.")


class OfferExpired(OfferOver):
    """It was not taken in time, or refused."""

    code = "offerExpired"
    detail = _("This offer was open for a while and has ended. Please choose another time.")


class OfferUsed(OfferOver):
    """It was taken, or another time of the same offer was."""

    code = "offerUsed"
    detail = _("One of the times that were offered to you has been booked. The others are free for everybody again.")


def check(*, offer: TimeOffer, now: datetime) -> None:
    """Raises the reason why `offer` cannot be taken at `now`, if there is one."""
    if offer.used_at is not None:
        raise OfferUsed
    if offer.expires_at <= now or not is_reachable(offer.service, now) or _is_shut_out(offer.entry, now):
        raise OfferExpired


def is_reachable(service: Service, now: datetime) -> bool:
    """Whether visitors can book `service` at all."""
    page = service.page
    opens = page.deleted_at is None and entitled.is_open(page, now)
    return opens and service.archived_at is None


def _is_shut_out(entry: WaitingEntry | None, now: datetime) -> bool:
    """Whether who waits came by a link that opens nothing any more."""
    return entry is not None and entry.link is not None and not entry.link.is_usable(now)


def is_held(offer: TimeOffer, *, now: datetime) -> bool:
    """Whether the time is kept for whoever has the link."""
    return Claim.objects.filter(owner_id=offer.pk, active=True, expires_at__gt=now).exists()


def for_gone(booking: Booking, now: datetime) -> list[TimeOffer]:
    """Up to three free times nearest to a booking that does not take place, each with a one-time link.

    Asked again it answers with the same ones, used or over as they may be. Times that touch the booking's own are left
    out: those did not suit. Where the customer could choose with whom, the same colleague's times come first. Writes:
    call it where a mail is written, never to show something.
    """
    made = TimeOffer.objects.filter(group=booking.pk).order_by("starts_at")
    found = list(made)
    if found or not booking.is_cancelled or _gave_up(booking, now) or not is_reachable(booking.service, now):
        return found
    with transaction.atomic():
        Booking.objects.select_for_update(no_key=True).values_list("pk").get(pk=booking.pk)
        if not made.exists():
            for starts_at, member in _alternatives(booking, now):
                _create(booking.service, starts_at, member, now=now, open_for=GONE_FOR, origin=booking)
        return list(made.all())


def _gave_up(booking: Booking, now: datetime) -> bool:
    """Whether the customer gave the booking back and its private link opens nothing more: its owner may reopen it."""
    link = booking.link
    return link is not None and booking.cancelled_by == "visitor" and not link.is_usable(now)


def _alternatives(booking: Booking, now: datetime) -> list[tuple[datetime, StaffMember | None]]:
    """The nearest times in their order, with the colleague where the customer had a say in it."""
    service = booking.service
    team = offers.staff_for(service)
    same = [member for member in team if member.pk == booking.staff_member_id and service.staff_choice]
    chosen: dict[datetime, StaffMember | None] = dict.fromkeys(_near(booking, same, now), same[0] if same else None)
    if len(chosen) < ALTERNATIVES:
        chosen = dict.fromkeys(_near(booking, team, now)) | chosen
    nearest = sorted(chosen, key=lambda at: (chosen[at] is None, abs(at - booking.starts_at)))[:ALTERNATIVES]
    return [(at, chosen[at]) for at in sorted(nearest)]


def _near(booking: Booking, staff: list[StaffMember], now: datetime) -> list[datetime]:
    """Free times of `staff` near the booking's, those left out that touch it or can hardly be reached in time."""
    if not staff:
        return []
    service = booking.service
    touching = 2 * ceil(service.duration / service.slot_interval) + 2
    around = offers.nearest(
        page=booking.page, service=service, starts_at=booking.starts_at, now=now, staff=staff,
        count=ALTERNATIVES + touching,
    )  # fmt: skip
    apart = [at for at in around if at + service.duration <= booking.starts_at or at >= booking.ends_at]
    open_long = [at for at in apart if _open_until(service, at, GONE_FOR, now) >= now + SHORTEST]
    return sorted(open_long, key=lambda at: (abs(at - booking.starts_at), at))[:ALTERNATIVES]


def offer_to(
    *, entry: WaitingEntry, starts_at: datetime, now: datetime, prefer: uuid.UUID | None = None
) -> TimeOffer | None:  # fmt: skip
    """Holds `starts_at` for `entry` and mails the link; None where it is not on offer or the entry waits no longer.

    Of several colleagues who are free `prefer` comes first: the one whose time became free. Under the same locks as a
    booking, so that it is either held or booked, never both.
    """
    service = entry.service
    members = offers.staff_for(service, only=entry.staff_member_id)
    until = _open_until(service, starts_at, OFFER_FOR, now)
    if not members or until < now + SHORTEST or _is_shut_out(entry, now):
        return None
    try:
        with claims.ledger():
            claims.lock(tenant=entry.tenant, keys=lock_keys(service, members))
            hosts = _hosts(service, members, starts_at, now, prefer)
            if not hosts or not _moved(entry, waiting.State.WAITING, waiting.State.OFFERED):
                return None
            one = None if service.staffing == Service.Staffing.ALL else hosts[0]
            offer = _create(service, starts_at, one, now=now, open_for=OFFER_FOR, entry=entry)
            if service.seats == 1:
                wanted = [_wanted(service, host, starts_at) for host in hosts]
                claims.take(tenant=entry.tenant, owner_id=offer.pk, wanted=wanted, now=now, expires_at=offer.expires_at)
            audit.record(tenant=entry.tenant, actor=acting.SYSTEM, action="offer.made", target=offer, now=now)
            outbox.write(tenant=entry.tenant, wishes=[end_of(offer)], now=now)
            follow_up.time_offered(offer, now=now)
    except claims.Taken:
        return None
    return offer


def end(*, offer: TimeOffer, now: datetime, actor: Actor) -> bool:
    """Ends an offer from the waiting list that was refused or not taken: the entry waits again, the next one is asked.

    False where it was used, or ended before.
    """
    with transaction.atomic():
        rows = TimeOffer.objects.select_for_update(of=("self",))
        row = rows.select_related("service__page__tenant", "entry", "staff_member", "tenant").get(pk=offer.pk)
        if row.used_at is not None or row.entry is None:
            return False
        if not _moved(row.entry, waiting.State.OFFERED, waiting.State.WAITING):
            return False
        refused = row.expires_at > now
        TimeOffer.objects.filter(pk=row.pk).update(expires_at=min(row.expires_at, now))
        claims.release(owner_id=row.pk)
        action = "offer.refused" if refused else "offer.expired"
        audit.record(tenant=row.tenant, actor=actor, action=action, target=row, now=now)
        waiting.expire(entry=row.entry, now=now)
        waiting.offer_again(row, now=now)
    return True


def lock_keys(service: Service, members: list[StaffMember]) -> list[uuid.UUID]:
    """What a booking of `service` with one of `members` locks."""
    return [*(member.claim_key for member in members), *([service.pk] if service.is_limited else [])]


def _hosts(
    service: Service, members: list[StaffMember], starts_at: datetime, now: datetime, prefer: uuid.UUID | None
) -> list[StaffMember]:
    """Who would give it, by the predicate that books: one colleague, or all of them."""
    free = offers.free_staff(page=service.page, service=service, staff=members, starts_at=starts_at, now=now)
    if service.staffing == Service.Staffing.ALL:
        return free
    return sorted(free, key=lambda member: member.pk != prefer)[:1]


def _create(
    service: Service, starts_at: datetime, member: StaffMember | None, *, now: datetime, open_for: timedelta,
    origin: Booking | None = None, entry: WaitingEntry | None = None,
) -> TimeOffer:  # fmt: skip
    token = new_token()
    return TimeOffer.objects.create(
        tenant=service.tenant, group=origin.pk if origin else uuid.uuid4(), service=service, staff_member=member,
        starts_at=starts_at, origin=origin, entry=entry, token_hash=hash_token(token), token=token,
        expires_at=_open_until(service, starts_at, open_for, now), created_at=now,
    )  # fmt: skip


def _open_until(service: Service, starts_at: datetime, longest: timedelta, now: datetime) -> datetime:
    """Until when it can be taken: past the service's earliest lead the page itself would not offer it."""
    return min(now + longest, starts_at.astimezone(UTC) - service.minimum_lead)


def _moved(entry: WaitingEntry, before: str, after: str) -> bool:
    return bool(WaitingEntry.objects.filter(pk=entry.pk, state=before).update(state=after))


def _wanted(service: Service, host: StaffMember, starts_at: datetime) -> Wanted:
    return Wanted(
        key=host.claim_key, starts_at=starts_at - service.buffer_before,
        ends_at=starts_at + service.duration + service.buffer_after,
    )  # fmt: skip


def end_of(offer: TimeOffer) -> Wish:
    """Looks at an offer from the waiting list when its time is over."""
    return Wish(
        kind="offer.over", dedupe_key=f"offer:{offer.pk}:over", payload={"offer": str(offer.pk)},
        due_at=offer.expires_at,
    )  # fmt: skip
