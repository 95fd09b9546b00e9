"""How much each booking calendar is used (S0.21).

| number       | what it counts                                                                             |
|--------------|--------------------------------------------------------------------------------------------|
| bookings     | those that start in the days asked for, whatever became of them                            |
| cancelled    | of them: cancelled, declined or never answered                                             |
| no-shows     | of them: marked as not come to                                                             |
| staff        | who takes bookings on it now                                                               |
| last booked  | when the newest booking was made, in all its time; none: never used                        |

Calendars in the trash are told of too: they use their mailbox until they are purged. Two queries for any number of
calendars on a page of the list.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery

from bookings.models import Booking, BookingPage, StaffMember

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Usage:
    """One calendar in the days asked for."""

    page: BookingPage
    bookings: int = 0
    cancelled: int = 0
    no_shows: int = 0
    staff: int = 0
    last_booked_at: datetime | None = None
    last_starts_at: datetime | None = None


def calendars(*, kind: str = "", search: str = "", unused: bool = False, by_use: bool = False) -> QuerySet[Any]:
    """The organisation's calendars by name; `by_use`: those that were booked last come first.

    `unused`: only those on which nobody ever booked.
    """
    pages: QuerySet[Any] = BookingPage.with_deleted.select_related("mailbox")
    if kind:
        pages = pages.filter(kind=kind)
    if search:
        pages = pages.filter(Q(display_name__icontains=search) | Q(mailbox__address__icontains=search))
    if unused or by_use:
        newest = Booking.objects.filter(page=OuterRef("pk")).order_by("-created_at").values("created_at")[:1]
        pages = pages.annotate(booked_at=Subquery(newest))
    if unused:
        pages = pages.filter(booked_at=None)
    by_name = ("display_name", "pk")
    return pages.order_by(F("booked_at").desc(nulls_last=True), *by_name) if by_use else pages.order_by(*by_name)


def of(pages: Iterable[BookingPage], *, starts_at: datetime, ends_at: datetime) -> Iterator[Usage]:
    """The usage of each, by bookings that start in the period (half-open). Two queries for every 500 calendars."""
    some: list[BookingPage] = []
    for page in pages:
        some.append(page)
        if len(some) == _AT_ONCE:
            yield from _counted(some, starts_at, ends_at)
            some = []
    yield from _counted(some, starts_at, ends_at)


def _counted(pages: list[BookingPage], starts_at: datetime, ends_at: datetime) -> Iterator[Usage]:
    ids = [page.pk for page in pages]
    within = Q(starts_at__gte=starts_at, starts_at__lt=ends_at)
    rows: Iterable[Any] = Booking.objects.filter(page__in=ids).order_by().values("page").annotate(
        bookings=Count("pk", filter=within),
        cancelled=Count("pk", filter=within & Q(status__in=Booking.GONE)),
        no_shows=Count("pk", filter=within & Q(status=Booking.Status.NO_SHOW)),
        last_booked_at=Max("created_at"),
        last_starts_at=Max("starts_at", filter=~Q(status__in=Booking.GONE)),
    )  # fmt: skip
    counts: dict[uuid.UUID, dict[str, Any]] = {row.pop("page"): row for row in rows}
    active = StaffMember.objects.filter(page__in=ids, removed_at=None, status=StaffMember.Status.ACTIVE)
    staff = dict(active.order_by().values_list("page").annotate(Count("pk")))
    for page in pages:
        yield Usage(page=page, staff=staff.get(page.pk, 0), **counts.get(page.pk, {}))
