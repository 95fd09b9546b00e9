"""What the database knows of people's time: hours of single dates, absences, claims, Outlook's busy times, sessions.

With `calendar`, the only module of availability that reads the database; neither ever calls Microsoft. Each function is
one query, prepared once.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import DateField, DateTimeField, Exists, F, Func, IntegerField, OuterRef, Q, UUIDField

from bookings.models import Booking, BookingPage, DateOverride, EventLink, GroupSession, Service, StaffMember, TimeOff
from tenants.models import LONGEST_CLAIM, BusyPeriod, BusyRead, Claim, Tenant
from tenants.prepared import Prepared, of
from tenants.scheduling.intervals import Interval
from tenants.scheduling.weekly_hours import WallIntervals, parse_intervals

_DAY = timedelta(days=1)


class Epoch(Func):
    """A stored instant as whole UTC epoch seconds, so that no row has to become a datetime first."""

    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="EXTRACT(EPOCH FROM %(expressions)s)::bigint")


_PERIOD = (Epoch("starts_at"), Epoch("ends_at"))
_TENANT, _PAGE, _SERVICE = (of(name, UUIDField()) for name in ("tenant", "page", "service"))
_START, _END, _NOW = (of(name, DateTimeField()) for name in ("starts_at", "ends_at", "now"))


def _keys(field: str, count: int) -> Q:
    """`field` is one of `count` ids, the values `key0`, `key1`, …"""
    return reduce(or_, (Q(**{field: of(f"key{number}", UUIDField())}) for number in range(count)))


def _numbered(keys: Iterable[uuid.UUID]) -> dict[str, uuid.UUID]:
    return {f"key{number}": key for number, key in enumerate(keys)}


def unlinked(events: Any) -> Any:
    """Events that are not those of our own bookings and sessions, where we last put them."""
    ours = EventLink.objects.filter(
        mailbox=OuterRef("mailbox"), event_id=OuterRef("event_id"), starts_at=OuterRef("starts_at"),
        ends_at=OuterRef("ends_at"),
    )  # fmt: skip
    return events.filter(~Exists(ours))


_OVERRIDES = Prepared(
    lambda: DateOverride.objects.filter(
        tenant=_TENANT, page=_PAGE, on_date__gte=of("first", DateField()), on_date__lte=of("last", DateField())
    ).values_list("staff_member_id", "on_date", "intervals")
)
_AWAY = Prepared(
    lambda: TimeOff.objects.filter(tenant=_TENANT, page=_PAGE, ends_at__gt=_START, starts_at__lt=_END).values_list(
        "staff_member_id", *_PERIOD
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
    ).values_list("key_id", "owner_id", *_PERIOD)
)
_OUTLOOK = Prepared(
    lambda count, show_as: (
        unlinked(BusyPeriod.objects)
        .filter(_keys("mailbox", count), tenant=_TENANT, show_as__in=show_as, starts_at__lt=_END, ends_at__gt=_START)
        .values_list("mailbox_id", "show_as", *_PERIOD)
    )
)
_SESSIONS = Prepared(
    lambda: (
        GroupSession.objects.filter(
            tenant=_TENANT, service=_SERVICE, ended_at=None, starts_at__gte=_START, starts_at__lt=_END,
            seats_taken__lt=F("capacity"),
        )
        .order_by("starts_at")
        .values_list("pk", "staff_member_id", *_PERIOD, F("capacity") - F("seats_taken"))
    )
)  # fmt: skip
_READS = Prepared(
    lambda count: BusyRead.objects.filter(
        _keys("mailbox", count), tenant=_TENANT, read_at__gte=of("oldest", DateTimeField())
    ).values_list("mailbox_id")
)
_COUNTED = Prepared(
    lambda: (
        Booking.objects.filter(tenant=_TENANT, service=_SERVICE, starts_at__gte=_START, starts_at__lt=_END)
        .exclude(status__in=Booking.GONE)
        .order_by()
        .values_list("pk", Epoch("starts_at"))
    )
)


def overrides(page: BookingPage, starts_at: datetime, ends_at: datetime) -> dict[Any, dict[date, WallIntervals]]:
    """The hours of single dates, by staff member; under None those of everybody who works the page's hours."""
    found: dict[Any, dict[date, WallIntervals]] = defaultdict(dict)
    first, last = (starts_at - _DAY).date(), (ends_at + _DAY).date()
    for member_id, on_date, hours in _OVERRIDES.rows(tenant=page.tenant_id, page=page.pk, first=first, last=last):
        found[member_id][on_date] = parse_intervals(hours)
    return found


def away(page: BookingPage, starts_at: datetime, ends_at: datetime) -> dict[Any, list[Interval]]:
    """Time off, by staff member; under None the closures of the page."""
    found: dict[Any, list[Interval]] = defaultdict(list)
    rows = _AWAY.rows(tenant=page.tenant_id, page=page.pk, starts_at=starts_at, ends_at=ends_at)
    for member_id, start, end in rows:
        found[member_id].append((start, end))
    return found


def claims(
    staff: Sequence[StaffMember], starts_at: datetime, ends_at: datetime, now: datetime,
    ignoring: Collection[uuid.UUID],
) -> dict[uuid.UUID, list[Interval]]:  # fmt: skip
    """What is claimed, by claim key, without the claims of the owners in `ignoring`."""
    found: dict[uuid.UUID, list[Interval]] = defaultdict(list)
    keys = sorted({member.claim_key for member in staff})
    if not keys:
        return found
    rows = _CLAIMS.rows(
        len(keys), tenant=staff[0].tenant_id, now=now, starts_at=starts_at, ends_at=ends_at,
        latest=ends_at + LONGEST_CLAIM, **_numbered(keys),
    )  # fmt: skip
    for key, owner_id, start, end in rows:
        if owner_id not in ignoring:
            found[key].append((start, end))
    return found


def outlook(
    tenant: Tenant, staff: Sequence[StaffMember], show_as: Iterable[str], starts_at: datetime, ends_at: datetime
) -> dict[uuid.UUID | None, tuple[list[Interval], list[Interval]]]:
    """Outlook's busy times with one of the `showAs` values, by mailbox, and those of them that are out of office."""
    found: dict[uuid.UUID | None, tuple[list[Interval], list[Interval]]] = defaultdict(lambda: ([], []))
    keys = sorted({member.mailbox_id for member in staff if member.mailbox_id})
    if not keys:
        return found
    rows = _OUTLOOK.rows(
        len(keys), tuple(sorted(show_as)), tenant=tenant.pk, starts_at=starts_at, ends_at=ends_at, **_numbered(keys)
    )
    for mailbox_id, showed, start, end in rows:
        period = (start, end)
        found[mailbox_id][0].append(period)
        if showed == BusyPeriod.ShowAs.OUT_OF_OFFICE:
            found[mailbox_id][1].append(period)
    return found


def sessions(
    service: Service, starts_at: datetime, ends_at: datetime, ignoring: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[tuple[Interval, int]]]:
    """The running sessions of a service with seats left: when, and how many seats, by staff member, in order."""
    found: dict[uuid.UUID, list[tuple[Interval, int]]] = defaultdict(list)
    rows = _SESSIONS.rows(tenant=service.tenant_id, service=service.pk, starts_at=starts_at, ends_at=ends_at)
    for session_id, member_id, start, end, seats_left in rows:
        if session_id not in ignoring:
            found[member_id].append(((start, end), seats_left))
    return found


def behind(staff: Sequence[StaffMember], oldest: datetime) -> set[uuid.UUID]:
    """The mailboxes kept in step with Outlook that were not read since `oldest`, of those whose events count."""
    wanted = {
        member.mailbox_id
        for member in staff
        if member.calendar_counts and member.mailbox_id and member.mailbox and member.mailbox.syncs_calendar
    }
    if not wanted:
        return set()
    keys = sorted(wanted)
    rows = _READS.rows(len(keys), tenant=staff[0].tenant_id, oldest=oldest, **_numbered(keys))
    return wanted - {mailbox_id for (mailbox_id,) in rows}


def counted(service: Service, starts_at: datetime, ends_at: datetime, ignoring: Collection[uuid.UUID]) -> list[int]:
    """When the bookings of a service start that count for its limits: all but those that do not take place."""
    rows = _COUNTED.rows(tenant=service.tenant_id, service=service.pk, starts_at=starts_at, ends_at=ends_at)
    return sorted(start for booking_id, start in rows if booking_id not in ignoring)
