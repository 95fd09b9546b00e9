"""What one Outlook calendar is to show for a booking, or for a session that several bookings share.

| what                 | in whose calendar    | attendees                                 | Teams meeting              |
|----------------------|----------------------|-------------------------------------------|----------------------------|
| booking              | its staff member's   | customer and guests where Outlook invites | its own                    |
| collective booking   | the leading host's   | the same                                  | its own                    |
|                      | each colleague's     | nobody                                    | the lead's, as a link      |
| session              | its staff member's   | nobody: customers do not see each other   | its own, one for everybody |
| what waits, or gone  | nobody's             |                                           |                            |
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bookings import event_draft
from bookings.models import Booking, EventLink, GroupSession
from tenants.microsoft365.types import EventDraft
from tenants.models import Mailbox, Tenant


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in one calendar, as it is to be now."""

    tenant: Tenant
    mailbox: Mailbox
    #: By what our event is found again in that mailbox.
    marker: uuid.UUID
    #: The field of EventLink, and the row, that it belongs to.
    owner: dict[str, Any]
    stands: bool
    sequence: int
    starts_at: datetime
    ends_at: datetime
    draft: EventDraft
    #: What Outlook says to attendees when it is taken away; empty: it has none.
    farewell: str
    #: Whether subject and text follow the changes, and not only the time.
    is_rewritten: bool
    is_online: bool
    has_join_url: bool

    @property
    def link(self) -> EventLink | None:
        """The event that stands for it, as far as we know."""
        found = EventLink.objects.select_related("mailbox").filter(mailbox=self.mailbox, **self.owner)
        return found.first()

    def under(self, transaction_id: str) -> EventDraft:
        """The event to create under this id."""
        return replace(self.draft, transaction_id=transaction_id)


def of_booking(booking: Booking, mailbox: Mailbox) -> Entry:
    """What `mailbox` is to show of a booking of its own."""
    member = next((host for host in booking.hosts if host.mailbox_id == mailbox.pk), None)
    leads = booking.staff_member.mailbox_id == mailbox.pk
    by_outlook = booking.invitation_sender == Tenant.InvitationSender.OUTLOOK
    waits_or_gone = booking.is_cancelled or booking.is_pending
    return Entry(
        tenant=booking.tenant, mailbox=mailbox, marker=booking.pk, owner={"booking": booking},
        stands=member is not None and mailbox.syncs_calendar and not waits_or_gone and booking.session_id is None,
        sequence=booking.sequence, starts_at=booking.starts_at, ends_at=booking.ends_at,
        draft=event_draft.of_booking(booking, member=member or booking.staff_member, leads=leads),
        farewell=event_draft.farewell(booking) if by_outlook else "", is_rewritten=False,
        is_online=booking.is_online and leads, has_join_url=bool(booking.join_url),
    )  # fmt: skip


def of_session(session: GroupSession, mailbox: Mailbox) -> Entry:
    """What `mailbox` is to show of a session."""
    bookings = list(session.bookings.exclude(status__in=Booking.GONE).order_by("created_at"))
    own = session.staff_member.mailbox_id == mailbox.pk
    return Entry(
        tenant=session.tenant, mailbox=mailbox, marker=session.pk, owner={"session": session},
        stands=own and mailbox.syncs_calendar and session.ended_at is None, sequence=session.sequence,
        starts_at=session.starts_at, ends_at=session.ends_at, draft=event_draft.of_session(session, bookings),
        farewell="", is_rewritten=True, is_online=session.service.is_online, has_join_url=bool(session.join_url),
    )  # fmt: skip
