"""Offers freed times to who waits, and ends what is over: the outbox's `waiting.freed`, `waiting.over`, `offer.over`.

`waiting.freed` goes through everybody who waits for something given by the same people, first come first:

| this one …                                                  | then                                                |
|-------------------------------------------------------------|-----------------------------------------------------|
| has booked the service meanwhile                            | is off the list                                     |
| is blocked, or the page is closed                           | is passed over                                      |
| waits for a service with caps, and another offer is open    | is passed over until that offer ends                |
| was offered this very time before                           | is offered another one that became free, if there is|
| waits for other days, or for somebody else                  | is passed over                                      |
| else                                                        | gets the nearest time that became free, held        |

A run that dies is repeated: who has an offer is waiting no longer, and what is held is not offered twice. Of pages in
the trash nothing is offered, and nothing ends.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bookings.models import Booking, Service, TimeOffer, WaitingEntry
from bookings.services import offers, senders, time_offers, waiting
from tenants import acting, outbox
from tenants.models import Job

#: How many of one list are looked at for one freed time.
MOST = 500


@outbox.handles("waiting.freed")
def offer_freed(job: Job, now: datetime) -> None:
    """Offers what became free between `from` and `to` to those it suits, as long as anything is left."""
    ends_at = datetime.fromisoformat(job.payload["to"])
    if ends_at <= now:
        return
    member = job.payload.get("member")
    freed = _Freed(datetime.fromisoformat(job.payload["from"]), ends_at, uuid.UUID(member) if member else None, now)
    related = ("tenant", "service__page__mailbox", "service__page__tenant", "service__tenant")
    waits = waiting.waiting_beside(uuid.UUID(job.payload["page"]))
    ids = list(waits.order_by("created_at", "pk").values_list("pk", flat=True)[:MOST])
    entries = WaitingEntry.objects.select_related(*related).in_bulk(ids)
    for entry in (entries[pk] for pk in ids if pk in entries):
        if _may_get_one(entry, now):
            _offer(entry, freed)


@outbox.handles("offer.over")
def end_offer(job: Job, now: datetime) -> None:
    """Gives back what an offer held that nobody took; the next one is asked."""
    offers_there = TimeOffer.objects.filter(used_at=None, service__page__deleted_at=None)
    offer = offers_there.filter(pk=job.payload["offer"]).first()
    if offer is not None and offer.expires_at <= now:
        time_offers.end(offer=offer, now=now, actor=acting.SYSTEM)


@outbox.handles("waiting.over")
def end_waiting(job: Job, now: datetime) -> None:
    """Ends an entry whose last day is over, unless its customer wished for later days meanwhile."""
    entry = WaitingEntry.objects.filter(pk=job.payload["entry"], service__page__deleted_at=None).first()
    if entry is not None:
        waiting.expire(entry=entry, now=now)


@dataclass(slots=True)
class _Freed:
    """A stretch that became free, and the times of each service that touch it, as the page offers them now."""

    starts_at: datetime
    ends_at: datetime
    member: uuid.UUID | None
    now: datetime
    _times: dict[Any, list[datetime]] = field(default_factory=dict)

    def times(self, entry: WaitingEntry) -> list[datetime]:
        """The times of the entry's service with its colleague, the nearest to what became free first."""
        key = (entry.service_id, entry.staff_member_id)
        if key not in self._times:
            self._times[key] = list(self._offered(entry))
        return self._times[key]

    def forget(self) -> None:
        """After a time was offered: others may be gone with it."""
        self._times.clear()

    def _offered(self, entry: WaitingEntry) -> Iterator[datetime]:
        service, utc = entry.service, ZoneInfo("UTC")
        earliest = self.starts_at - service.duration - service.buffer_after
        found = offers.offer(
            page=service.page, service=service, first_date=earliest.date(), zone=utc, now=self.now,
            last_date=(self.ends_at + service.buffer_before).date(),
            staff=offers.staff_for(service, only=entry.staff_member_id),
        ).slots  # fmt: skip
        member, wanted = str(self.member), self.starts_at.timestamp()
        for slot in sorted(found, key=lambda slot: (member not in slot.host_ids, abs(slot.start - wanted))):
            at = datetime.fromtimestamp(slot.start, UTC)
            ends_at = at + service.duration + service.buffer_after
            if at - service.buffer_before < self.ends_at and ends_at > self.starts_at:
                yield at


def _may_get_one(entry: WaitingEntry, now: datetime) -> bool:
    """Whether this one is to be offered a time at all; who has booked meanwhile leaves the list."""
    service = entry.service
    booked = Booking.objects.filter(
        service=service, customer_email__iexact=entry.customer_email, created_at__gt=entry.created_at,
        starts_at__gt=now,
    ).exclude(status__in=Booking.GONE)  # fmt: skip
    if booked.exists():
        waiting.settle(entry)
        return False
    if not time_offers.is_reachable(service, now) or senders.is_blocked(entry.tenant, entry.customer_email):
        return False
    return not (service.is_limited and _has_open_offer(service, now))


def _has_open_offer(service: Service, now: datetime) -> bool:
    # Caps count bookings, not offers: with two offers open at once the second might find its day full.
    held = TimeOffer.objects.filter(service=service, entry__isnull=False, used_at=None, expires_at__gt=now)
    return held.exists()


def _offer(entry: WaitingEntry, freed: _Freed) -> None:
    known = set(TimeOffer.objects.filter(entry=entry).values_list("starts_at", flat=True))
    first, last = waiting.first_instant(entry), waiting.last_instant(entry)
    for at in freed.times(entry):
        if first <= at < last and at not in known:
            made = time_offers.offer_to(entry=entry, starts_at=at, now=freed.now, prefer=freed.member)
            freed.forget()
            if made is not None:
                return
