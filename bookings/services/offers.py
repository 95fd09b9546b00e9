"""What a page offers: the one answer used by the page, the API, Microsoft's endpoints and the booking itself."""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import ceil

from django.db.models import UUIDField

from bookings.availability import calendar, slots
from bookings.availability.rules import Slot
from bookings.models import BookingPage, Service, StaffMember
from tenants.prepared import Prepared, of

#: The longest stretch one request may ask for.
MOST_DAYS = 62

_STAFF = Prepared(
    lambda: StaffMember.objects.filter(
        tenant=of("tenant", UUIDField()), services=of("service", UUIDField()), removed_at=None,
        status=StaffMember.Status.ACTIVE,
    )
    .select_related("mailbox__busy_read")
    .defer("mailbox__busy_read__delta_link")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """The times of one service in a stretch of days of the reader's zone."""

    zone: zoneinfo.ZoneInfo
    first_date: date
    last_date: date
    slots: list[Slot]
    staff: dict[str, StaffMember]

    @property
    def days(self) -> list[tuple[date, list[Slot]]]:
        """Every day of the stretch with its times, in the reader's zone."""
        return slots.days(self.slots, self.zone, self.first_date, self.last_date)


def staff_for(service: Service, *, only: uuid.UUID | None = None) -> list[StaffMember]:
    """Who may be booked for `service`, in their order; with `only`, that one or nobody. One query.

    Where the service needs all of its staff, everybody comes with the one who is asked for.
    """
    members = _STAFF.objects(tenant=service.tenant_id, service=service.pk)
    if only is None:
        return members
    asked = [member for member in members if member.pk == only]
    return members if asked and service.staffing == Service.Staffing.ALL else asked


def offer(
    *, page: BookingPage, service: Service, first_date: date, last_date: date, zone: zoneinfo.ZoneInfo, now: datetime,
    staff: Sequence[StaffMember] | None = None, ignoring: Collection[uuid.UUID] = (),
) -> Offer:  # fmt: skip
    """The times of `service` from `first_date` to `last_date` (days of `zone`, both included; at most MOST_DAYS).

    `ignoring` are owners of claims, and bookings, that do not count: the booking that is about to move, the hold of
    who is booking.
    """
    last_date = min(last_date, first_date + timedelta(days=MOST_DAYS - 1))
    starts_at = datetime.combine(first_date, time.min, zone).astimezone(UTC)
    ends_at = datetime.combine(last_date + timedelta(days=1), time.min, zone).astimezone(UTC)
    members = staff_for(service) if staff is None else list(staff)
    found = _slots(page, service, members, starts_at, ends_at, now, ignoring)
    return Offer(
        zone=zone, first_date=first_date, last_date=last_date, slots=found, staff={str(m.pk): m for m in members}
    )


def _slots(
    page: BookingPage, service: Service, members: Sequence[StaffMember], starts_at: datetime, ends_at: datetime,
    now: datetime, ignoring: Collection[uuid.UUID],
) -> list[Slot]:  # fmt: skip
    latest = now + service.maximum_advance
    starts_at, ends_at = max(starts_at, now), min(ends_at, latest + timedelta(seconds=1))
    if not members or starts_at >= ends_at:
        return []
    around = timedelta(hours=1) + service.duration + service.buffer_before + service.buffer_after
    diaries = calendar.diaries(
        page=page, staff=members, starts_at=starts_at - around, ends_at=ends_at + around, now=now, ignoring=ignoring,
        service=service,
    )  # fmt: skip
    full = calendar.full(page=page, service=service, starts_at=starts_at, ends_at=ends_at, ignoring=ignoring)
    return slots.slots(
        calendar.rules_of(service, full), [diary.host for diary in diaries], window_start=ceil(starts_at.timestamp()),
        window_end=ceil(ends_at.timestamp()), now=ceil(now.timestamp()),
    )  # fmt: skip


def free_staff(
    *, page: BookingPage, service: Service, staff: Sequence[StaffMember], starts_at: datetime, now: datetime,
    ignoring: Collection[uuid.UUID] = (), if_free: bool = False,
) -> list[StaffMember]:  # fmt: skip
    """Who of `staff` is offered at exactly `starts_at`: the predicate that books.

    Where the service needs all of its staff: all of `staff`, which must be everybody, or nobody. `if_free` asks who
    would be, were nothing in the way: that tells a taken time from one never offered.
    """
    if starts_at.microsecond or not staff:  # the grid counts whole seconds
        return []
    ends_at = starts_at + service.duration
    diaries = calendar.diaries(
        page=page, staff=staff, starts_at=starts_at - service.buffer_before, ends_at=ends_at + service.buffer_after,
        now=now, ignoring=ignoring, service=service,
    )  # fmt: skip
    full = [] if if_free else calendar.full(
        page=page, service=service, starts_at=starts_at, ends_at=ends_at, ignoring=ignoring
    )  # fmt: skip
    rules, start, instant = calendar.rules_of(service, full), int(starts_at.timestamp()), ceil(now.timestamp())
    hosts = [(diary.staff, replace(diary.host, busy=()) if if_free else diary.host) for diary in diaries]
    free = [member for member, host in hosts if slots.offered(rules, host, start, instant)]
    return [] if rules.collective and len(free) < len(staff) else free


def nearest(
    *, page: BookingPage, service: Service, starts_at: datetime, now: datetime, count: int = 3,
    staff: Sequence[StaffMember] | None = None, ignoring: Collection[uuid.UUID] = (),
) -> list[datetime]:  # fmt: skip
    """The `count` free times nearest to `starts_at` (UTC), within a fortnight of it, in their order."""
    members = staff_for(service) if staff is None else list(staff)
    fortnight = timedelta(days=14)
    found = _slots(page, service, members, starts_at - fortnight, starts_at + fortnight, now, ignoring)
    wanted = int(starts_at.timestamp())
    best = sorted(found, key=lambda slot: (abs(slot.start - wanted), slot.start))[:count]
    return [datetime.fromtimestamp(slot.start, UTC) for slot in sorted(best, key=lambda slot: slot.start)]


def next_free_day(
    *, page: BookingPage, service: Service, after: date, zone: zoneinfo.ZoneInfo, now: datetime,
    staff: Sequence[StaffMember] | None = None, ignoring: Collection[uuid.UUID] = (),
) -> date | None:  # fmt: skip
    """The first day of `zone` after `after` with a free time, as far as the service may be booked; None without."""
    first, limit = after + timedelta(days=1), (now + service.maximum_advance).astimezone(zone).date()
    members = staff_for(service) if staff is None else list(staff)
    while first <= limit:
        last = first + timedelta(days=MOST_DAYS - 1)
        found = offer(
            page=page, service=service, first_date=first, last_date=last, zone=zone, now=now, staff=members,
            ignoring=ignoring,
        )  # fmt: skip
        if found.slots:
            return datetime.fromtimestamp(found.slots[0].start, zone).date()
        first = last + timedelta(days=1)
    return None
