"""A few meetings that visitors have booked already, in afternoons that the Outlook calendars leave free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bookings.models import Booking, BookingPage, Service
from bookings.services import booking, cancellation, offers
from bookings.services.booking import Customer
from tenants import acting

#: From this hour on no calendar of the demonstration holds anything: see `calendars`.
FREE_FROM = 15
VISITORS = (
    Customer("Marta Lindgren", "marta.lindgren@example.org", "Europe/Stockholm", phone="+46 8 555 010", language="en"),
    Customer(
        "Paul Okafor", "paul.okafor@example.net", "Africa/Lagos", notes="I join from a train, please bear with me."
    ),
    Customer("Julia Meyer", "julia.meyer@example.com", "Europe/Berlin", language="de"),
    Customer("Henry Cole", "henry.cole@example.org", "America/New_York"),
)


def book(page: BookingPage, now: datetime) -> None:
    """A meeting for each of the next days on a page that has none yet; one of them was cancelled."""
    if Booking.objects.filter(page=page).exists():
        return
    made: list[Booking] = []
    services = list(page.services.filter(archived_at=None, is_public=True))
    for number, visitor in enumerate(VISITORS if services else ()):
        service = services[number % len(services)]
        starts_at = afternoon(page, service, now, skip_days=number)
        if starts_at is not None:
            actor = acting.visitor(visitor.email)
            made.append(
                booking.book(page=page, service=service, starts_at=starts_at, customer=visitor, now=now, actor=actor)
            )
    if len(made) > 2:
        actor = acting.visitor(made[-1].customer_email)
        cancellation.cancel(booking=made[-1], now=now, actor=actor, reason="My plans have changed.")


def afternoon(page: BookingPage, service: Service, now: datetime, *, skip_days: int) -> datetime | None:
    """The first free time of an afternoon, some days ahead."""
    zone = ZoneInfo(page.time_zone)
    first = now.astimezone(zone).date() + timedelta(days=1 + skip_days)
    offer = offers.offer(
        page=page, service=service, first_date=first, last_date=first + timedelta(days=9), zone=zone, now=now
    )
    starts = (datetime.fromtimestamp(slot.start, UTC) for slot in offer.slots)
    return next((start for start in starts if start.astimezone(zone).hour >= FREE_FROM), None)
