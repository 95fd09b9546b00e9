"""Who reads a mail about a booking: name, address, language and clock."""

from __future__ import annotations

from dataclasses import dataclass

from bookings.models import Booking, StaffMember
from bookings.services.wishes import ReaderKind


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader. `member` is set for staff, also for a former host."""

    kind: ReaderKind
    name: str
    email: str
    language: str
    time_zone: str
    member: StaffMember | None = None

    @property
    def is_customer(self) -> bool:
        """Whether it is who booked, and may change the booking."""
        return self.kind == "customer"

    @property
    def comes(self) -> bool:
        """Whether it is a customer or somebody who comes along."""
        return self.kind in ("customer", "guest")


def of(booking: Booking, kind: ReaderKind = "customer", who: str = "") -> Reader | None:
    """The reader a wish names; None for somebody who has nothing to do with the booking any more."""
    if kind == "customer":
        return Reader(
            "customer", booking.customer_name, booking.customer_email, booking.customer_language,
            booking.customer_time_zone,
        )  # fmt: skip
    if kind == "guest":
        known = who in booking.guests
        return Reader("guest", "", who, booking.customer_language, booking.customer_time_zone) if known else None
    if kind == "former":
        member = StaffMember.objects.select_related("mailbox").filter(pk=who).first()
    else:
        member = next((host for host in booking.hosts if who in ("", str(host.pk))), None)
    return None if member is None else staff(member, kind)


def staff(member: StaffMember, kind: ReaderKind = "staff") -> Reader:
    """A staff member as a reader."""
    return Reader(kind, member.display_name, member.email, member.language, member.time_zone, member)
