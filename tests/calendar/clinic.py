"""A page whose one member is in step with Outlook, and what happens to its bookings."""

from __future__ import annotations

from typing import Any

from bookings import calendar_push
from bookings.models import Booking
from bookings.services import cancellation, rescheduling
from tenants import acting
from tenants.models import Mailbox
from tests.factories import ANA, NOW, BusinessPageFactory, ServiceFactory, StaffMemberFactory, at, book
from tests.microsoft365.organisation import Microsoft365

NINE, TEN, ELEVEN = at("2026-11-24 09:00"), at("2026-11-24 10:00"), at("2026-11-24 11:00")


class Clinic:
    """A page with one member, Bea, who is in step with Outlook."""

    def __init__(self, microsoft365: Microsoft365, **service: Any) -> None:
        self.microsoft365 = microsoft365
        self.bea = microsoft365.mailbox("bea@contoso.com", "Bea Berger")
        self.page = BusinessPageFactory(tenant=microsoft365.tenant)
        self.member = StaffMemberFactory(page=self.page, mailbox=self.bea)
        self.service = ServiceFactory(page=self.page, location="Room 1, Main Street", **service)

    def book(self, starts_at: Any = NINE) -> Booking:
        return book(self.page, self.service, starts_at)

    def events(self, mailbox: Mailbox | None = None) -> list[tuple[str, Any, Any]]:
        found = self.microsoft365.events(mailbox or self.bea)
        return [(event.subject, event.start_at, event.end_at) for event in found]


def reschedule(booking: Booking, starts_at: Any) -> Booking:
    return rescheduling.reschedule(booking=booking, starts_at=starts_at, now=NOW, actor=acting.visitor(ANA.email))


def cancel(booking: Booking, **more: Any) -> Booking:
    return cancellation.cancel(booking=booking, now=NOW, actor=acting.visitor(ANA.email), **more)


def push_again(booking: Booking) -> None:
    calendar_push.push(Booking.objects.get(pk=booking.pk), now=NOW)
