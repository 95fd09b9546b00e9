"""What goes with a booking calendar, in numbers, for the pages that ask before it is deleted or purged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.db.models.functions import Lower

from bookings.models import Booking, BookingPage, PrivateLink, Question, Reminder, Service, StaffMember, WaitingEntry
from bookings.services import closing, waiting


@dataclass(frozen=True, slots=True)
class Losses:
    """How much of what a calendar has. `ahead` are those of `bookings` that have not begun, requests included."""

    services: int
    staff: int
    bookings: int
    ahead: int
    customers: int
    links: int
    questions: int
    reminders: int
    waiting: int
    #: Types on colleagues' own pages that the calendar keeps equal: they stay, as types of their own.
    managed: int
    #: Begin and name of what is next, as far as a page lists it.
    next: list[Booking]


#: A page lists so many of the bookings ahead.
LISTED = 5


def of(page: BookingPage, *, now: datetime) -> Losses:
    """Counts everything, in ten queries whatever its size."""
    ahead, services = closing.ahead(page, now=now), Service.objects.filter(page=page)
    people = Booking.objects.filter(page=page, erased_at=None).order_by()
    return Losses(
        services=services.filter(archived_at=None).count(),
        staff=StaffMember.objects.filter(page=page, removed_at=None).count(),
        bookings=Booking.objects.filter(page=page).count(),
        ahead=ahead.count(),
        customers=people.aggregate(n=Count(Lower("customer_email"), distinct=True))["n"],
        links=PrivateLink.objects.filter(service__page=page, revoked_at=None).count(),
        questions=Question.objects.filter(page=page, archived_at=None).count(),
        reminders=Reminder.objects.filter(service__page=page).count(),
        waiting=WaitingEntry.objects.filter(service__page=page, state__in=waiting.OPEN).count(),
        managed=Service.objects.filter(managed_by__page=page, archived_at=None).count(),
        next=list(ahead[:LISTED]),
    )
