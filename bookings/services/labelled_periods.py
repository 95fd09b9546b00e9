"""What is in the way of a page's people, each period with its label, for sentences to the page's owner.

The same absences, claims and Outlook events as `bookings.availability.queries` reads:

| period                                     | label                               | known from              |
|--------------------------------------------|-------------------------------------|-------------------------|
| booking on this page                       | its title and the customer's name   | a booking here          |
| request on this page that waits            | the same                            | a request here          |
| shared time on this page                   | its service and the seats taken     | a shared time here      |
| time kept while a form is filled in        | none                                | kept for who is booking |
| time offered to the waiting list           | none                                | offered to who waits    |
| anything of the same person on other pages | none: it belongs to another page    | a booking here          |
| time off, closure                          | its reason                          | time off                |
| Outlook event                              | its title; none where it is private | Outlook, with read age  |
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from bookings.availability import calendar
from bookings.availability.wording import LabelledBusy
from bookings.models import Booking, DateOverride, GroupSession, Hold, Service, StaffMember, TimeOff, TimeOffer
from tenants.models import LONGEST_CLAIM, BusyRead, Claim

Labelled = dict[uuid.UUID | None, list[LabelledBusy]]


class LabelledPeriods:
    """What is in the way of some people who give a service, between two instants."""

    def __init__(
        self, service: Service, members: Sequence[StaffMember], starts_at: datetime, ends_at: datetime, now: datetime,
        ignoring: Collection[uuid.UUID] = (),
    ) -> None:  # fmt: skip
        self.service, self.members, self.window = service, members, (starts_at, ends_at)
        self.claims = self._claims(now, ignoring)
        self.away = self._away()
        self.read_at = self._reads()
        self.outlook = self._outlook()
        self.dates = self._dates()

    def of(self, member: StaffMember) -> list[LabelledBusy]:
        """Everything in the way of one person, by start."""
        outlook = self.outlook[member.mailbox_id] if member.calendar_counts else []
        own = [*self.claims[member.claim_key], *outlook, *self.away[None], *self.away[member.pk]]
        return sorted(own, key=lambda period: period[:4])

    def overrides(self, member: StaffMember) -> set[date]:
        """The dates that have hours of their own for one person."""
        shared = self.dates[None] if member.uses_business_hours else set()
        return shared | self.dates[member.pk]

    def _claims(self, now: datetime, ignoring: Collection[uuid.UUID]) -> Labelled:
        starts_at, ends_at = self.window
        rows = Claim.objects.filter(
            Q(expires_at=None) | Q(expires_at__gt=now), active=True, key__in={m.claim_key for m in self.members},
            starts_at__lt=ends_at, ends_at__gt=starts_at, ends_at__lt=ends_at + LONGEST_CLAIM,
        )  # fmt: skip
        claims = [claim for claim in rows if claim.owner_id not in ignoring]
        owners = _owners({claim.owner_id for claim in claims})
        found: Labelled = defaultdict(list)
        for claim in claims:
            found[claim.key_id].append(self._claimed(claim, owners.get(claim.owner_id)))
        return found

    def _claimed(self, claim: Claim, owner: Any) -> LabelledBusy:
        start, end = _epoch(claim.starts_at), _epoch(claim.ends_at)
        if owner is None or owner.service.page_id != self.service.page_id:
            core = (_epoch(owner.starts_at), _epoch(owner.ends_at)) if hasattr(owner, "ends_at") else None
            return LabelledBusy(start, end, "", "booking", core=core)
        if isinstance(owner, Hold | TimeOffer):
            begin = _epoch(owner.starts_at)
            core = (begin, begin + int(owner.service.duration.total_seconds()))
            return LabelledBusy(start, end, "", "hold" if isinstance(owner, Hold) else "timeOffer", core=core)
        core = (_epoch(owner.starts_at), _epoch(owner.ends_at))
        if isinstance(owner, Booking):
            label = f"{owner.title}, {owner.customer_name}"
            return LabelledBusy(start, end, label, "pending" if owner.is_pending else "booking", core=core)
        seats = {"taken": owner.seats_taken, "capacity": owner.capacity}
        label = f"{owner.service.title}, {_('%(taken)d of %(capacity)d seats taken') % seats}"
        is_full = owner.service_id == self.service.pk and not owner.seats_left
        return LabelledBusy(start, end, label, "fullSession" if is_full else "session", core=core)

    def _away(self) -> Labelled:
        starts_at, ends_at = self.window
        found: Labelled = defaultdict(list)
        for off in TimeOff.objects.filter(page=self.service.page_id, ends_at__gt=starts_at, starts_at__lt=ends_at):
            found[off.staff_member_id].append(
                LabelledBusy(_epoch(off.starts_at), _epoch(off.ends_at), off.reason, "timeOff")
            )
        return found

    def _reads(self) -> dict[uuid.UUID | None, int]:
        mailboxes = {member.mailbox_id for member in self.members if member.mailbox_id}
        rows = BusyRead.objects.filter(mailbox__in=mailboxes, read_at__isnull=False)
        read = rows.values_list("mailbox_id", "read_at")
        return {mailbox_id: _epoch(read_at) for mailbox_id, read_at in read if read_at is not None}

    def _outlook(self) -> Labelled:
        found: Labelled = defaultdict(list)
        for event in calendar.outlook_events(self.service.tenant, self.members, *self.window):
            label = "" if event.is_private else event.title
            start, end = _epoch(event.starts_at), _epoch(event.ends_at)
            found[event.mailbox_id].append(
                LabelledBusy(start, end, label, "outlook", self.read_at.get(event.mailbox_id))
            )
        return found

    def _dates(self) -> dict[uuid.UUID | None, set[date]]:
        starts_at, ends_at = self.window
        day = timedelta(days=1)
        found: dict[uuid.UUID | None, set[date]] = defaultdict(set)
        rows = DateOverride.objects.filter(
            page=self.service.page_id, on_date__range=((starts_at - day).date(), (ends_at + day).date())
        )
        for member_id, on_date in rows.values_list("staff_member_id", "on_date"):
            found[member_id].add(on_date)
        return found


def _owners(ids: set[uuid.UUID]) -> dict[uuid.UUID, Any]:
    """What owns claims, by id: bookings; and only where some are not, sessions, holds and offered times."""
    found: dict[uuid.UUID, Any] = {}
    for model in (Booking, GroupSession, Hold, TimeOffer):
        if missing := ids - found.keys():
            found |= model._default_manager.select_related("service").in_bulk(missing)
    return found


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())
