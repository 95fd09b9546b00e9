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
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from bookings.models import Booking, GroupSession, StaffMember
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
    booking: Booking, *, also: Iterable[StaffMember] = (), quiet: bool = False, rewrite: bool = False,
    rematch: str = "",
) -> list[Wish]:  # fmt: skip
    """One push to each Outlook calendar that shows the booking, or is to show it, or did: that of `also`.

    A session is pushed by itself. `rewrite`: the text changes, not the time. `rematch` names an occasion to look
    whether the events are still there.
    """
    if booking.session_id is not None:
        return []
    extra = {"quiet": True} if quiet else {}
    extra |= ({"rewrite": True} if rewrite else {}) | ({"rematch": True} if rematch else {})
    occasion = f"{':text' if rewrite else ''}{f':{rematch}' if rematch else ''}"
    version = f"{booking.sequence}:{booking.status}{occasion}"
    return [
        _push(mailbox, f"push:{booking.pk}:{version}:{mailbox.pk}", {"booking": str(booking.pk), **extra})
        for mailbox in in_step([*booking.hosts, *also])
    ]


def session_push(session: GroupSession, *, rematch: str = "", rewrite: str = "") -> list[Wish]:
    """A push of a shared session: who comes, how many seats are taken, or that it is over.

    `rematch` as in `pushes`; `rewrite` names an occasion to write the text anew.
    """
    extra = ({"rematch": True} if rematch else {}) | ({"rewrite": True} if rewrite else {})
    key = ":".join(filter(None, [f"push:{session.pk}:{session.sequence}", rematch, rewrite]))
    return [_push(mailbox, key, {"session": str(session.pk), **extra}) for mailbox in in_step([session.staff_member])]


def in_step(members: Iterable[StaffMember]) -> list[Mailbox]:
    """Their mailboxes that are kept in step with Outlook, each once."""
    mailboxes = (member.mailbox for member in members)
    return list({one.pk: one for one in mailboxes if one is not None and one.syncs_calendar}.values())


def _push(mailbox: Mailbox, key: str, payload: dict[str, object]) -> Wish:
    return Wish(
        kind="outlook.push", dedupe_key=key, payload=payload | {"mailbox": str(mailbox.pk)},
        lane=f"mailbox:{mailbox.pk}",
    )  # fmt: skip
