"""Collects what decides about a page's times: hours, exceptions, claims, and Outlook's busy times. Four queries.

A service that uses them asks for more: its shared times, how old Outlook's times are, and how many bookings its caps
count. With `queries` the only module of availability that reads the database.

| source                                   | becomes                                              |
|------------------------------------------|------------------------------------------------------|
| weekly hours of the page or the person   | open, in their own time zone                         |
| date override (own, else the page's)     | that day's open hours instead                        |
| public holiday of the page's country     | a closed day, unless the date has an override        |
| time off, closure                        | busy, and out of office in a timeline                |
| active claim (buffers included)          | busy; a hold only until it lapses                    |
| Outlook event, by its `showAs`           | busy as the organisation says; free never            |
| Outlook event that is a booking of ours  | nothing: its claim counts; moved in Outlook: busy    |
| Outlook not read for too long, if it may | never open                                           |
| session with seats left, not in time off | its own start, while it is as long as its service    |
| bookings that fill a day, week or month  | full                                                 |
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bookings.availability import caps, public_holidays, queries
from bookings.availability.caps import Caps, Full
from bookings.availability.rules import Host, Rules
from bookings.models import BookingPage, Service, StaffMember
from tenants.models import BusyPeriod, Tenant
from tenants.scheduling import intervals
from tenants.scheduling.intervals import Interval, Intervals
from tenants.scheduling.local_days import repeated_time
from tenants.scheduling.weekly_hours import WallIntervals, WeeklyHours, expand


@dataclass(slots=True)
class Diary:
    """One staff member's time in a window, as sorted, disjoint, half-open lists of UTC epoch seconds.

    `sessions` are starts of shared times with seats left, and how many; `is_stale`: Outlook was read too long ago for
    the service to rely on.
    """

    staff: StaffMember
    zone: zoneinfo.ZoneInfo
    open: Intervals
    busy: Intervals
    out_of_office: Intervals
    repeated: Intervals
    sessions: tuple[tuple[int, int], ...] = ()
    is_stale: bool = False

    @property
    def host(self) -> Host:
        """The same for the pure functions."""
        if self.is_stale:
            return Host(id=str(self.staff.pk), open=())
        return Host(
            id=str(self.staff.pk), open=self.open, busy=self.busy, repeated=self.repeated, sessions=self.sessions
        )


def rules_of(service: Service, full: Sequence[Full] = ()) -> Rules:
    """A service's rules in seconds, with what is full by `full`."""
    return Rules(
        duration=_seconds(service.duration),
        interval=_seconds(service.slot_interval),
        buffer_before=_seconds(service.buffer_before),
        buffer_after=_seconds(service.buffer_after),
        minimum_lead=_seconds(service.minimum_lead),
        maximum_advance=_seconds(service.maximum_advance),
        collective=service.staffing == Service.Staffing.ALL,
        seats=service.seats,
        full=caps.merged(full),
    )


def full(
    *, page: BookingPage, service: Service, starts_at: datetime, ends_at: datetime, ignoring: Collection[uuid.UUID] = ()
) -> list[Full]:
    """The days, weeks and months of the page's zone in `[starts_at, ends_at)` in which the service's caps are reached.

    Bookings in `ignoring` do not count. One query where the service has caps, else none.
    """
    limits = Caps(day=service.daily_limit, week=service.weekly_limit, month=service.monthly_limit)
    if not limits:
        return []
    zone, window = zoneinfo.ZoneInfo(page.time_zone), (int(starts_at.timestamp()), int(ends_at.timestamp()))
    first, last = (datetime.fromtimestamp(instant, UTC) for instant in caps.reach(limits, zone, *window))
    return caps.full(limits, zone, *window, queries.counted(service, first, last, ignoring))


def diaries(
    *, page: BookingPage, staff: Sequence[StaffMember], starts_at: datetime, ends_at: datetime, now: datetime,
    ignoring: Collection[uuid.UUID] = (), service: Service | None = None,
) -> list[Diary]:  # fmt: skip
    """The diaries of `staff` (of one page) in `[starts_at, ends_at)`, in their order.

    `ignoring` are owners of claims that do not count: the booking that is about to move, the hold of who is booking.
    With `service` its shared times are known, and whether Outlook was read lately enough for it.
    """
    overrides = queries.overrides(page, starts_at, ends_at)
    away = queries.away(page, starts_at, ends_at)
    claims = queries.claims(staff, starts_at, ends_at, now, ignoring)
    outlook = queries.outlook(page.tenant, staff, blocking(page.tenant), starts_at, ends_at)
    shared = queries.sessions(service, starts_at, ends_at, ignoring) if service and service.seats > 1 else {}
    behind = queries.behind(staff, now - service.calendar_age_limit) if service and service.calendar_age_limit else ()
    result = []
    for member in staff:
        zone = _zone(page, member)
        busy, out_of_office = outlook.get(member.mailbox_id, ((), ())) if member.calendar_counts else ((), ())
        gone = [*away[None], *away[member.pk]]
        result.append(
            Diary(
                staff=member, zone=zone, open=_open(page, member, overrides, zone, starts_at, ends_at),
                busy=intervals.merge([*claims[member.claim_key], *busy, *gone]),
                out_of_office=intervals.merge([*out_of_office, *gone]),
                repeated=repeated_time(zone, starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()),
                sessions=_joinable(service, shared.get(member.pk, ()), gone) if service else (),
                is_stale=member.mailbox_id in behind and member.calendar_counts,
            )
        )  # fmt: skip
    return result


def _zone(page: BookingPage, member: StaffMember) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(page.time_zone if member.uses_business_hours else member.time_zone)


def _joinable(
    service: Service, sessions: Iterable[tuple[Interval, int]], gone: Sequence[Interval]
) -> tuple[tuple[int, int], ...]:
    """The sessions that more customers may join: as long as the service is now, and not while the person is away."""
    length = _seconds(service.duration)
    return tuple(
        (start, seats_left)
        for (start, end), seats_left in sessions
        if end - start == length and not any(begin < end and until > start for begin, until in gone)
    )


def _open(
    page: BookingPage, member: StaffMember, overrides: dict[Any, dict[date, WallIntervals]], zone: zoneinfo.ZoneInfo,
    starts_at: datetime, ends_at: datetime,
) -> list[Interval]:  # fmt: skip
    """Working hours of every day the window touches, in whole days, so that the grid does not depend on the window."""
    own = overrides[member.pk]
    days = (overrides[None] | own) if member.uses_business_hours else own
    hours = WeeklyHours.parse(page.weekly_hours if member.uses_business_hours else member.weekly_hours)
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    if page.holiday_country:
        closed = public_holidays.between(page.holiday_country, page.holiday_region, first, last)
        days = dict.fromkeys(closed, ()) | days
    return expand(hours, days, zone, first, last)


def blocking(tenant: Tenant) -> set[str]:
    """The `showAs` values that make busy in this organisation (S0.1, by its settings)."""
    values = {BusyPeriod.ShowAs.BUSY, BusyPeriod.ShowAs.UNKNOWN}
    if tenant.tentative_is_busy:
        values.add(BusyPeriod.ShowAs.TENTATIVE)
    if tenant.out_of_office_is_busy:
        values.add(BusyPeriod.ShowAs.OUT_OF_OFFICE)
    if tenant.working_elsewhere_is_busy:
        values.add(BusyPeriod.ShowAs.WORKING_ELSEWHERE)
    return {value.value for value in values}


def outlook_events(
    tenant: Tenant, staff: Iterable[StaffMember], starts_at: datetime, ends_at: datetime
) -> Any:  # QuerySet[BusyPeriod]
    """Outlook's events that make busy in the window, without the unmoved events of our own bookings."""
    return queries.unlinked(BusyPeriod.objects).filter(
        mailbox__in={member.mailbox_id for member in staff if member.mailbox_id},
        show_as__in=blocking(tenant),
        starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
