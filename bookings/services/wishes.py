"""The single wishes that changes of a booking are made of: one mail to each reader, one push to each mailbox.

| reader   | who                                                          | how many                          |
|----------|--------------------------------------------------------------|-----------------------------------|
| customer | who booked                                                   | one                               |
| staff    | everybody of the staff who takes part                        | one, or all of a collective one   |
| guest    | who comes along; has no link that changes anything           | one for each address              |
| former   | the colleague who gave the booking away                      | one                               |
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from bookings.models import Booking, StaffMember
from tenants.models import Mailbox
from tenants.outbox import Wish

ReaderKind = Literal["customer", "staff", "guest", "former"]


class Address(NamedTuple):
    """One reader of a booking's mails; `who` is a guest's mail address, or a staff member's id."""

    kind: ReaderKind
    who: str = ""

    @property
    def key(self) -> str:
        """Short and without anybody's address."""
        return f"{self.kind}:{hashlib.sha256(self.who.encode()).hexdigest()[:16]}" if self.who else self.kind


CUSTOMER = Address("customer")
#: The leading staff member.
STAFF = Address("staff")


def hosts(booking: Booking) -> list[Address]:
    """The staff who take part, the leading one first."""
    colleagues = [Address("staff", str(member.pk)) for member in booking.hosts[1:]]
    return [STAFF, *colleagues]


def guests(booking: Booking) -> list[Address]:
    """Who comes along."""
    return [Address("guest", email) for email in booking.guests]


def readers(booking: Booking) -> list[Address]:
    """Everybody who is told of a change."""
    return [CUSTOMER, *hosts(booking), *guests(booking)]


def mail_key(booking: Booking, template: str, reader: Address) -> str:
    """One mail of a kind to each reader for every sequence of a booking."""
    return f"mail:{booking.pk}:{booking.sequence}:{template}:{reader.key}"


def mails(
    booking: Booking, template: str, to: Iterable[Address], *, due_at: datetime | None = None, before: str = ""
) -> Iterator[Wish]:
    """A mail of one kind to each of these readers; `before`: the name of who had the booking."""
    for reader in to:
        payload = {
            "booking": str(booking.pk), "template": template, "reader": reader.kind, "sequence": booking.sequence,
        }  # fmt: skip
        yield Wish(
            kind="mail.booking",
            dedupe_key=mail_key(booking, template, reader),
            payload=payload | ({"who": reader.who} if reader.who else {}) | ({"before": before} if before else {}),
            due_at=due_at,
        )


def pushes(
    booking: Booking, *, also: Iterable[StaffMember] = (), because: str = "", quiet: bool = False
) -> list[Wish]:  # fmt: skip
    """One push to each Outlook calendar that shows the booking, or is to show it, or did: that of `also`."""
    found = {
        mailbox.pk: mailbox
        for mailbox in (member.mailbox for member in [*booking.hosts, *also])
        if mailbox is not None and mailbox.syncs_calendar
    }
    return [_push(booking, mailbox, because, quiet) for mailbox in found.values()]


def _push(booking: Booking, mailbox: Mailbox, because: str, quiet: bool) -> Wish:
    payload = {"booking": str(booking.pk), "mailbox": str(mailbox.pk)} | ({"quiet": True} if quiet else {})
    version = f"{booking.sequence}:{booking.status}{f':{because}' if because else ''}"
    return Wish(
        kind="outlook.push",
        dedupe_key=f"push:{booking.pk}:{version}:{mailbox.pk}",
        payload=payload,
        lane=f"mailbox:{mailbox.pk}",
    )


def push_key(booking: Booking, mailbox_id: uuid.UUID) -> str:
    """The key of the push to one mailbox at this sequence and status."""
    return f"push:{booking.pk}:{booking.sequence}:{booking.status}:{mailbox_id}"
