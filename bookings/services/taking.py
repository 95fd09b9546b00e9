"""Takes a time that was offered by a one-time link: an ordinary booking, by the same rules, with the data we have.

| the offer is …                        | answer                                                                  |
|---------------------------------------|-------------------------------------------------------------------------|
| open                                  | booked; every time of its group is used, who waited is off the list     |
| open, its time gone meanwhile         | SlotTaken or NotOffered with alternatives; `instead` takes one of those |
| used, or another of its group is      | OfferUsed                                                               |
| over, refused, the page closed        | OfferExpired                                                            |
"""

from __future__ import annotations

import uuid
from datetime import datetime

from bookings.models import Booking, TimeOffer
from bookings.services import booking as bookings
from bookings.services import offers, time_offers, waiting
from bookings.services.intake import Customer, Details
from tenants import acting
from tenants.services import claims


def customer_of(offer: TimeOffer) -> Customer:
    """Whom the time was offered to, as they gave it when they booked or joined the list."""
    given = offer.origin or offer.entry
    if given is None:
        raise ValueError("An offer has a booking or an entry behind it.")
    return Customer(
        name=given.customer_name, email=given.customer_email, phone=given.customer_phone,
        notes=given.customer_notes, time_zone=given.customer_time_zone, language=given.customer_language,
    )  # fmt: skip


def chosen_colleague(offer: TimeOffer) -> uuid.UUID | None:
    """Whom the customer wants it with; None where anyone will do, even if one colleague's time is held."""
    return offer.entry.staff_member_id if offer.entry is not None else offer.staff_member_id


def is_free(offer: TimeOffer, *, now: datetime) -> bool:
    """Whether the offered time can be had: what the offer itself holds does not stand in its way."""
    service = offer.service
    members = offers.staff_for(service, only=chosen_colleague(offer))
    return bool(members) and bool(
        offers.free_staff(
            page=service.page, service=service, staff=members, starts_at=offer.starts_at, now=now,
            ignoring=(offer.pk,),
        )
    )  # fmt: skip


def alternatives(offer: TimeOffer, *, now: datetime) -> list[datetime]:
    """The nearest free times of the same service, where the offered one is gone."""
    service = offer.service
    return offers.nearest(page=service.page, service=service, starts_at=offer.starts_at, now=now)


def take(
    *, offer: TimeOffer, now: datetime, details: Details = bookings.NO_DETAILS, instead: datetime | None = None
) -> Booking:  # fmt: skip
    """Books the offered time for whom it was offered to; `instead` another one, of `alternatives` only.

    One transaction under the locks of a booking: what the offer holds is given back and booked, or still held. Of a
    herd that uses one group at once one gets a booking. Raises OfferUsed, OfferExpired and everything that
    `booking.book` raises.
    """
    service = offer.service
    customer = customer_of(offer)
    staff_id = chosen_colleague(offer) if instead is None else None
    with claims.ledger():
        claims.lock(tenant=offer.tenant, keys=time_offers.lock_keys(service, offers.staff_for(service, only=staff_id)))
        group = TimeOffer.objects.select_for_update().filter(group=offer.group).order_by("pk")
        current = next(row for row in group if row.pk == offer.pk)
        current.service = service
        time_offers.check(offer=current, now=now)
        if instead is not None and (is_free(offer, now=now) or instead not in alternatives(offer, now=now)):
            raise bookings.NotOffered(alternatives=alternatives(offer, now=now))
        if instead is not None:
            claims.release(owner_id=offer.pk)
        made = bookings.book(
            page=service.page, service=service, starts_at=instead or offer.starts_at, customer=customer, now=now,
            actor=acting.visitor(customer.email, source="offer"), staff_id=staff_id, details=details,
            hold=offer if instead is None else None, link=offer.entry.link if offer.entry else None,
        )  # fmt: skip
        TimeOffer.objects.filter(group=offer.group, used_at=None).update(used_at=now)
        TimeOffer.objects.filter(pk=offer.pk).update(booking=made)
        if offer.entry is not None:
            waiting.settle(offer.entry)
            if instead is not None:
                waiting.offer_again(offer, now=now)
    return made
