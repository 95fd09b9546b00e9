"""Who is free at a time, whatever the page offers: for staff who book or hand over, not for visitors.

| asked about | grid, lead, horizon, caps | hours        | claims, Outlook, time off | seats left in a session |
|-------------|---------------------------|--------------|---------------------------|-------------------------|
| visitors    | hold (`offers`)           | open         | free                      | free                    |
| at work     | play no part              | open         | free                      | free                    |
| otherwise   | play no part              | play no part | free                      | free                    |
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bookings.availability import calendar
from bookings.models import BookingPage, Service, StaffMember
from tenants.scheduling import intervals


def free(
    *, page: BookingPage, service: Service, staff: Sequence[StaffMember], starts_at: datetime, now: datetime,
    length: timedelta | None = None, ignoring: Collection[uuid.UUID] = (), at_work: bool = False,
) -> list[StaffMember]:  # fmt: skip
    """Who of `staff` is taken by nothing from `starts_at` (UTC) for `length` (the service's), with its buffers.

    `ignoring` are owners of claims that do not count. `at_work`: who also works then. Where the service needs all of
    its staff: all of `staff`, or nobody. Nobody is free for what is over.
    """
    ends_at = starts_at + (service.duration if length is None else length)
    if not staff or not is_bookable(starts_at, ends_at, now):
        return []
    first, last = starts_at - service.buffer_before, ends_at + service.buffer_after
    diaries = calendar.diaries(
        page=page, staff=staff, starts_at=first, ends_at=last, now=now, ignoring=ignoring, service=service
    )
    start, end = int(starts_at.timestamp()), int(ends_at.timestamp())
    found = []
    for diary in diaries:
        taken = intervals.overlapping(diary.busy, int(first.timestamp()), int(last.timestamp()))
        shared = any(begins == start for begins, _left in diary.sessions)
        works = not at_work or not intervals.subtract([(start, end)], intervals.merge(diary.host.open))
        if works and (shared or not taken):
            found.append(diary.staff)
    return [] if service.staffing == Service.Staffing.ALL and len(found) < len(staff) else found


def is_bookable(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether it is a time that can be booked at all: in whole minutes, and not over."""
    return ends_at > now and not starts_at.second and not starts_at.microsecond
