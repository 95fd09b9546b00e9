"""A full clinic: one doctor whose morning is taken, a waiting list, and the worker run by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest

from bookings.models import Booking, BookingPage, Service, StaffMember, TimeOffer, WaitingEntry
from bookings.services import cancellation, waiting
from bookings.services.intake import Customer
from tenants import acting, outbox
from tenants.models import Job, Tenant
from tests.factories import NOW, at, book, clinic
from tests.pages.conftest import monday, visitor

__all__ = ["monday", "visitor"]

#: Tuesday 24 November 2026, 10:00 in Zurich.
START = at("2026-11-24 09:00")
KINDS = ("waiting.freed", "waiting.over", "offer.over")


@dataclass
class Scene:
    """The clinic, and what people do there."""

    page: BookingPage
    service: Service
    doctor: StaffMember

    def taken(self, starts_at: datetime = START, **changes: Any) -> Booking:
        """A booking by Ana."""
        return book(self.page, self.service, starts_at, **changes)

    def waits(self, name: str, *, now: datetime = NOW, **wish: Any) -> WaitingEntry:
        """`name` joins the list for Tuesday, or other days."""
        customer = Customer(name=name.title(), email=f"{name}@example.net", time_zone="Europe/Zurich")
        wish = {"first_date": date(2026, 11, 24), "last_date": date(2026, 11, 24), "service": self.service} | wish
        return waiting.join(**{"customer": customer, "now": now, "actor": acting.visitor(customer.email)} | wish)

    def cancelled(self, booking: Booking, *, now: datetime = NOW) -> None:
        """Ana cancels, and the worker does what is due."""
        cancellation.cancel(booking=booking, now=now, actor=acting.visitor(booking.customer_email))
        self.works(now=now)

    def works(self, *, now: datetime = NOW) -> None:
        """Runs every job of the list that is due, as the worker would."""
        while job := Job.objects.filter(kind__in=KINDS, state="pending", due_at__lte=now).order_by("due_at").first():
            taken = outbox._take(job.pk, now)
            assert taken is not None
            outbox._act(taken, now)
            taken.refresh_from_db()
            assert taken.state == Job.State.DONE, taken.last_error

    def offered(self) -> list[tuple[str, datetime]]:
        """Who has an open offer for which time."""
        rows = TimeOffer.objects.filter(used_at=None, entry__state="offered", entry__isnull=False)
        return [(row.entry.customer_name, row.starts_at) for row in rows.select_related("entry").order_by("created_at")]


@pytest.fixture
def scene(contoso: Tenant) -> Scene:
    page, service, members = clinic(contoso, waiting_list=True)
    return Scene(page, service, members[0])


@pytest.fixture
def mails() -> Callable[[str], list[str]]:
    """The addresses that mails of a kind are due to, by their jobs."""

    def kinds(kind: str) -> list[str]:
        return [job.payload.get("entry") or job.payload.get("offer") for job in Job.objects.filter(kind=kind)]

    return kinds
