"""What follows a booking's change: mails to both sides, and the event in Outlook, as wishes in the outbox.

| change      | customer                        | staff member | Outlook                         |
|-------------|---------------------------------|--------------|---------------------------------|
| booked      | confirmed                       | confirmed    | event created                   |
| rescheduled | rescheduled                     | rescheduled  | event moved, same event         |
| cancelled   | cancelled                       | cancelled    | event cancelled                 |

A mail about an online meeting waits up to `LINK_WAIT` for the join link that Outlook gives; the push hastens it. When
the link comes later than that, `joinLink` tells both sides.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from bookings.models import Booking
from tenants import outbox
from tenants.outbox import Wish

#: How long a mail waits for the join link.
LINK_WAIT = timedelta(seconds=90)
READERS = ("customer", "staff")


def booked(booking: Booking, *, now: datetime) -> None:
    """After a booking was made, in its transaction."""
    _write(booking, "confirmed", now, waits_for_link=booking.is_online)


def rescheduled(booking: Booking, *, now: datetime) -> None:
    """After it moved."""
    _write(booking, "rescheduled", now, waits_for_link=booking.is_online and not booking.join_url)


def cancelled(booking: Booking, *, now: datetime) -> None:
    """After it was cancelled."""
    _write(booking, "cancelled", now, waits_for_link=False)


def link_known(booking: Booking, *, now: datetime) -> None:
    """After Outlook gave the join link: mails that waited for it go now, mails that went without it are followed up."""
    keys = {mail_key(booking, template, reader) for template in ("confirmed", "rescheduled") for reader in READERS}
    outbox.hasten(dedupe_keys=sorted(keys), now=now)
    for wish in _mails(booking, "joinLink", due_at=None):
        outbox.ensure(tenant=booking.tenant, wish=wish, now=now)


def _write(booking: Booking, template: str, now: datetime, *, waits_for_link: bool) -> None:
    push = _push(booking)
    due_at = now + LINK_WAIT if push and waits_for_link else None
    wishes = [push] if push else []
    outbox.write(tenant=booking.tenant, wishes=[*wishes, *_mails(booking, template, due_at)], now=now)


def _push(booking: Booking) -> Wish | None:
    mailbox = booking.staff_member.mailbox
    if mailbox is None or not mailbox.syncs_calendar:
        return None
    return Wish(
        kind="outlook.push",
        dedupe_key=f"push:{booking.pk}:{booking.sequence}",
        payload={"booking": str(booking.pk)},
        lane=f"mailbox:{mailbox.pk}",
    )


def _mails(booking: Booking, template: str, due_at: datetime | None) -> Iterable[Wish]:
    for reader in READERS:
        yield Wish(
            kind="mail.booking",
            dedupe_key=mail_key(booking, template, reader),
            payload={
                "booking": str(booking.pk), "template": template, "reader": reader, "sequence": booking.sequence,
            },
            due_at=due_at,
        )  # fmt: skip


def mail_key(booking: Booking, template: str, reader: str) -> str:
    """One mail of a kind to each reader for every sequence of a booking."""
    return f"mail:{booking.pk}:{booking.sequence}:{template}:{reader}"
