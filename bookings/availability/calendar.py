"""Collects what decides about a page's times: hours, exceptions, claims, and Outlook's busy times. Four queries.

The only module of availability that reads the database; it never calls Microsoft.

| source                                   | becomes                                              |
|------------------------------------------|------------------------------------------------------|
| weekly hours of the page or the person   | open, in their own time zone                         |
| date override (own, else the page's)     | that day's open hours instead                        |
| time off, closure                        | busy, and out of office in a timeline                |
| active claim (buffers included)          | busy; a hold only until it lapses                    |
| Outlook event, by its `showAs`           | busy as the organisation says; free never            |
| Outlook event that is a booking of ours  | nothing: its claim counts; moved in Outlook: busy    |
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import DateField, DateTimeField, Exists, Func, IntegerField, OuterRef, Q, UUIDField

from bookings.availability.rules import Host, Rules
from bookings.models import BookingPage, DateOverride, EventLink, Service, StaffMember, TimeOff
from tenants.models import LONGEST_CLAIM, BusyPeriod, Claim, Tenant
from tenants.prepared import Prepared, of
from tenants.scheduling import intervals
from tenants.scheduling.intervals import Interval, Intervals
from tenants.scheduling.local_days import repeated_time
from tenants.scheduling.weekly_hours import WallIntervals, WeeklyHours, expand, parse_intervals


class Epoch(Func):
    """A stored instant as whole UTC epoch seconds, so that no row has to become a datetime first."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="EXTRACT(EPOCH FROM %(expressions)s)::bigint")


PERIOD = (Epoch("starts_at"), Epoch("ends_at"))
_TENANT, _PAGE = of("tenant", UUIDField()), of("page", UUIDField())
_START, _END, _NOW = (of(name, DateTimeField()) for name in ("starts_at", "ends_at", "now"))


def _keys(field: str, count: int) -> Q:
    """`field` is one of `count` ids, the values `key0`, `key1`, …"""
    return reduce(or_, (Q(**{field: of(f"key{number}", UUIDField())}) for number in range(count)))


def _numbered(keys: Iterable[uuid.UUID]) -> dict[str, uuid.UUID]:
    return {f"key{number}": key for number, key in enumerate(keys)}


_OVERRIDES = Prepared(
    lambda: DateOverride.objects.filter(
        tenant=_TENANT, page=_PAGE, on_date__gte=of("first", DateField()), on_date__lte=of("last", DateField())
    ).values_list("staff_member_id", "on_date", "intervals")
)
_AWAY = Prepared(
    lambda: TimeOff.objects.filter(tenant=_TENANT, page=_PAGE, ends_at__gt=_START, starts_at__lt=_END).values_list(
        "staff_member_id", *PERIOD
    )
)
_CLAIMS = Prepared(
    lambda count: Claim.objects.filter(
        _keys("key", count),
        Q(expires_at=None) | Q(expires_at__gt=_NOW),
        tenant=_TENANT,
        active=True,
        starts_at__lt=_END,
        ends_at__gt=_START,
        ends_at__lt=of("latest", DateTimeField()),
    ).values_list("key_id", "owner_id", *PERIOD)
)
_OUTLOOK = Prepared(
    lambda count, show_as: (
        _unlinked(BusyPeriod.objects)
        .filter(_keys("mailbox", count), tenant=_TENANT, show_as__in=show_as, starts_at__lt=_END, ends_at__gt=_START)
        .values_list("mailbox_id", "show_as", *PERIOD)
    )
)


@dataclass(slots=True)
class Diary:
    """One staff member's time in a window, as sorted, disjoint, half-open lists of UTC epoch seconds."""

    staff: StaffMember
    zone: zoneinfo.ZoneInfo
    open: Intervals
    busy: Intervals
    out_of_office: Intervals
    repeated: Intervals

    @property
    def host(self) -> Host:
        """The same for the pure functions."""
        return Host(id=str(self.staff.pk), open=self.open, busy=self.busy, repeated=self.repeated)


def rules_of(service: Service) -> Rules:
    """A service's rules in seconds."""
    return Rules(
        duration=_seconds(service.duration),
        interval=_seconds(service.slot_interval),
        buffer_before=_seconds(service.buffer_before),
        buffer_after=_seconds(service.buffer_after),
        minimum_lead=_seconds(service.minimum_lead),
        maximum_advance=_seconds(service.maximum_advance),
    )


def diaries(
    *, page: BookingPage, staff: Sequence[StaffMember], starts_at: datetime, ends_at: datetime, now: datetime,
    ignoring: uuid.UUID | None = None,
) -> list[Diary]:  # fmt: skip
    """The diaries of `staff` (of one page) in `[starts_at, ends_at)`, in their order.

    `ignoring` is the owner of claims that do not count: the booking that is about to move.
    """
    overrides = _overrides(page, starts_at, ends_at)
    away = _away(page, starts_at, ends_at)
    claims = _claims(staff, starts_at, ends_at, now, ignoring)
    outlook = _outlook(page.tenant, staff, starts_at, ends_at)
    result = []
    for member in staff:
        zone = zoneinfo.ZoneInfo(page.time_zone if member.uses_business_hours else member.time_zone)
        busy, out_of_office = outlook.get(member.mailbox_id, ((), ())) if member.calendar_counts else ((), ())
        gone = [*away[None], *away[member.pk]]
        result.append(
            Diary(
                staff=member,
                zone=zone,
                open=_open(page, member, overrides, zone, starts_at, ends_at),
                busy=intervals.merge([*claims[member.claim_key], *busy, *gone]),
                out_of_office=intervals.merge([*out_of_office, *gone]),
                repeated=repeated_time(zone, starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()),
            )
        )
    return result


def _open(
    page: BookingPage, member: StaffMember, overrides: dict[Any, dict[date, WallIntervals]], zone: zoneinfo.ZoneInfo,
    starts_at: datetime, ends_at: datetime,
) -> list[Interval]:  # fmt: skip
    """Working hours of every day the window touches, in whole days, so that the grid does not depend on the window."""
    own = overrides[member.pk]
    days = (overrides[None] | own) if member.uses_business_hours else own
    hours = WeeklyHours.parse(page.weekly_hours if member.uses_business_hours else member.weekly_hours)
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    return expand(hours, days, zone, first, last)


def _overrides(page: BookingPage, starts_at: datetime, ends_at: datetime) -> dict[Any, dict[date, WallIntervals]]:
    day = timedelta(days=1)
    found: dict[Any, dict[date, WallIntervals]] = defaultdict(dict)
    first, last = (starts_at - day).date(), (ends_at + day).date()
    for member_id, on_date, hours in _OVERRIDES.rows(tenant=page.tenant_id, page=page.pk, first=first, last=last):
        found[member_id][on_date] = parse_intervals(hours)
    return found


def _away(page: BookingPage, starts_at: datetime, ends_at: datetime) -> dict[Any, list[Interval]]:
    found: dict[Any, list[Interval]] = defaultdict(list)
    rows = _AWAY.rows(tenant=page.tenant_id, page=page.pk, starts_at=starts_at, ends_at=ends_at)
    for member_id, start, end in rows:
        found[member_id].append((start, end))
    return found


def _claims(
    staff: Sequence[StaffMember], starts_at: datetime, ends_at: datetime, now: datetime, ignoring: uuid.UUID | None
) -> dict[uuid.UUID, list[Interval]]:
    found: dict[uuid.UUID, list[Interval]] = defaultdict(list)
    keys = sorted({member.claim_key for member in staff})
    if not keys:
        return found
    rows = _CLAIMS.rows(
        len(keys), tenant=staff[0].tenant_id, now=now, starts_at=starts_at, ends_at=ends_at,
        latest=ends_at + LONGEST_CLAIM, **_numbered(keys),
    )  # fmt: skip
    for key, owner_id, start, end in rows:
        if owner_id == ignoring:
            continue
        found[key].append((start, end))
    return found


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
    return _unlinked(BusyPeriod.objects).filter(
        mailbox__in={member.mailbox_id for member in staff if member.mailbox_id},
        show_as__in=blocking(tenant),
        starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )


def _unlinked(events: Any) -> Any:
    """Events that are not those of our own bookings, where we last put them."""
    ours = EventLink.objects.filter(
        mailbox=OuterRef("mailbox"), event_id=OuterRef("event_id"), starts_at=OuterRef("starts_at"),
        ends_at=OuterRef("ends_at"),
    )  # fmt: skip
    return events.filter(~Exists(ours))


def _outlook(
    tenant: Tenant, staff: Sequence[StaffMember], starts_at: datetime, ends_at: datetime
) -> dict[uuid.UUID | None, tuple[list[Interval], list[Interval]]]:
    found: dict[uuid.UUID | None, tuple[list[Interval], list[Interval]]] = defaultdict(lambda: ([], []))
    keys = sorted({member.mailbox_id for member in staff if member.mailbox_id})
    if not keys:
        return found
    rows = _OUTLOOK.rows(
        len(keys), tuple(sorted(blocking(tenant))), tenant=tenant.pk, starts_at=starts_at, ends_at=ends_at,
        **_numbered(keys),
    )  # fmt: skip
    for mailbox_id, show_as, start, end in rows:
        period = (start, end)
        found[mailbox_id][0].append(period)
        if show_as == BusyPeriod.ShowAs.OUT_OF_OFFICE:
            found[mailbox_id][1].append(period)
    return found


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())
