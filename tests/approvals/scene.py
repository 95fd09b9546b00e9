"""A clinic whose bookings wait for an answer, and the outbox's jobs run by hand at a chosen instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bookings.models import Approval, Booking, BookingPage, Service, StaffMember
from bookings.services.intake import Customer
from tenants import acting, outbox
from tenants.models import Job, Tenant
from tests import factories
from tests.factories import NOW, at

#: Tuesday of the next week, 09:00 in Zurich: eight days and two hours after NOW.
NINE = at("2026-12-01 08:00")
TEN = at("2026-12-01 09:00")
DAY = timedelta(hours=24)
BEN = Customer(name="Ben Okoro", email="ben@example.net", time_zone="Europe/London")
STAFF = acting.Actor(kind="person", label="boss@contoso.com", source="web")


def asking(tenant: Tenant, *, approval: str = "host", staff: int = 1, **service: Any) -> tuple[
    BookingPage, Service, list[StaffMember]
]:  # fmt: skip
    """A page with one service that needs approval, answered within a day."""
    return factories.clinic(tenant, staff=staff, approval=approval, **service)


def request(page: BookingPage, service: Service, starts_at: datetime = NINE, **changes: Any) -> Booking:
    """Ana asks for a time."""
    return factories.book(page, service, starts_at, **changes)


def run(kind: str, now: datetime) -> int:
    """Runs the jobs of a kind that are due at `now`, as the worker would. Returns how many."""
    due = Job.objects.filter(kind=kind, state=Job.State.PENDING, due_at__lte=now).order_by("due_at", "created_at")
    count = 0
    for pk in due.values_list("pk", flat=True):
        job = outbox._take(pk, now)
        assert job is not None
        outbox._act(job, now)
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.last_error
        count += 1
    return count


def questions(booking: Booking, **only: Any) -> list[Approval]:
    """Who was asked about a booking, in their order."""
    return list(Approval.objects.filter(booking=booking, **only).order_by("asked_at", "asked_email"))


def mails(template: str) -> list[Job]:
    """The wishes for mails of one kind."""
    return list(Job.objects.filter(kind__startswith="mail.", payload__template=template).order_by("created_at"))


def later(hours: float) -> datetime:
    """So many hours after NOW."""
    return NOW + timedelta(hours=hours)
