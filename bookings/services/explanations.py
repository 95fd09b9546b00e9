"""Why a time is or is not offered: `bookings.availability.explain`, fed with what the database knows.

The same hours, claims and Outlook events as `bookings.services.offers` reads, with their labels kept:

| period                                 | label                                        | known from              |
|----------------------------------------|----------------------------------------------|-------------------------|
| booking on this page                   | its title and the customer's name            | a booking here          |
| booking of the same person elsewhere   | none: it belongs to another page             | a booking here          |
| time off, closure                      | its reason                                   | time off                |
| Outlook event                          | its title; none where it is private          | Outlook, with read age  |
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import ceil

from django.db.models import Q

from bookings.availability import calendar, explain
from bookings.availability.explain import Explanation, LabelledHost
from bookings.availability.wording import LabelledBusy
from bookings.models import Booking, BookingPage, DateOverride, Service, StaffMember, TimeOff
from bookings.services import offers
from tenants.models import LONGEST_CLAIM, BusyRead, Claim

Labelled = dict[uuid.UUID | None, list[LabelledBusy]]


def explain_instant(
    *, page: BookingPage, service: Service, at: datetime, now: datetime, staff: Sequence[StaffMember] | None = None,
    zone: zoneinfo.ZoneInfo | None = None,
) -> Explanation:  # fmt: skip
    """Whether `service` is offered at `at` (UTC), and every reason, in sentences for the page's owner.

    `staff`: whom to ask; None: everybody who gives the service. Times in sentences are in `zone`, else the page's.
    """
    members = offers.staff_for(service) if staff is None else list(staff)
    around = timedelta(days=1) + service.duration + service.buffer_before + service.buffer_after
    starts_at, ends_at = at - around, at + around
    diaries = calendar.diaries(page=page, staff=members, starts_at=starts_at, ends_at=ends_at, now=now)
    labelled = _Periods(page, members, starts_at, ends_at, now)
    hosts = [
        LabelledHost(
            host_id=str(diary.staff.pk), name=diary.staff.display_name, zone=diary.zone, opened=diary.open,
            repeated=diary.repeated, periods=labelled.of(diary.staff), overrides=labelled.overrides(diary.staff),
        )
        for diary in diaries
    ]  # fmt: skip
    return explain.explain(
        calendar.rules_of(service), hosts, int(at.timestamp()), ceil(now.timestamp()),
        zone or zoneinfo.ZoneInfo(page.time_zone),
    )  # fmt: skip


class _Periods:
    """What is in the way of some people of a page in a window, each period with its label."""

    def __init__(
        self, page: BookingPage, members: Sequence[StaffMember], starts_at: datetime, ends_at: datetime, now: datetime
    ) -> None:
        self.page, self.members, self.window = page, members, (starts_at, ends_at)
        self.claims = self._claims(now)
        self.away = self._away()
        self.outlook = self._outlook()
        self.dates = self._dates()

    def of(self, member: StaffMember) -> list[LabelledBusy]:
        """Everything in the way of one person, by start."""
        outlook = self.outlook[member.mailbox_id] if member.calendar_counts else []
        return sorted([*self.claims[member.claim_key], *outlook, *self.away[None], *self.away[member.pk]])

    def overrides(self, member: StaffMember) -> set[date]:
        """The dates that have hours of their own for one person."""
        shared = self.dates[None] if member.uses_business_hours else set()
        return shared | self.dates[member.pk]

    def _claims(self, now: datetime) -> Labelled:
        starts_at, ends_at = self.window
        rows = Claim.objects.filter(
            Q(expires_at=None) | Q(expires_at__gt=now), active=True, key__in={m.claim_key for m in self.members},
            starts_at__lt=ends_at, ends_at__gt=starts_at, ends_at__lt=ends_at + LONGEST_CLAIM,
        )  # fmt: skip
        claims = list(rows)
        bookings = Booking.objects.in_bulk([claim.owner_id for claim in claims])
        found: Labelled = defaultdict(list)
        for claim in claims:
            found[claim.key_id].append(self._claimed(claim, bookings.get(claim.owner_id)))
        return found

    def _claimed(self, claim: Claim, booking: Booking | None) -> LabelledBusy:
        start, end = _epoch(claim.starts_at), _epoch(claim.ends_at)
        if booking is None:
            return LabelledBusy(start, end, "", "booking")
        label = f"{booking.title}, {booking.customer_name}" if booking.page_id == self.page.pk else ""
        core = (_epoch(booking.starts_at), _epoch(booking.ends_at))
        return LabelledBusy(start, end, label, "booking", core=core)

    def _away(self) -> Labelled:
        starts_at, ends_at = self.window
        found: Labelled = defaultdict(list)
        for off in TimeOff.objects.filter(page=self.page, ends_at__gt=starts_at, starts_at__lt=ends_at):
            found[off.staff_member_id].append(
                LabelledBusy(_epoch(off.starts_at), _epoch(off.ends_at), off.reason, "timeOff")
            )
        return found

    def _outlook(self) -> Labelled:
        mailboxes = {member.mailbox_id for member in self.members if member.mailbox_id}
        read_at = dict(
            BusyRead.objects.filter(mailbox__in=mailboxes, read_at__isnull=False).values_list("mailbox_id", "read_at")
        )
        found: Labelled = defaultdict(list)
        for event in calendar.outlook_events(self.page.tenant, self.members, *self.window):
            read = read_at.get(event.mailbox_id)
            label = "" if event.is_private else event.title
            found[event.mailbox_id].append(
                LabelledBusy(
                    _epoch(event.starts_at), _epoch(event.ends_at), label, "outlook", _epoch(read) if read else None
                )
            )
        return found

    def _dates(self) -> dict[uuid.UUID | None, set[date]]:
        starts_at, ends_at = self.window
        day = timedelta(days=1)
        found: dict[uuid.UUID | None, set[date]] = defaultdict(set)
        rows = DateOverride.objects.filter(
            page=self.page, on_date__range=((starts_at - day).date(), (ends_at + day).date())
        )
        for member_id, on_date in rows.values_list("staff_member_id", "on_date"):
            found[member_id].add(on_date)
        return found


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())
