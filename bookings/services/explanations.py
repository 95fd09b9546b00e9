"""Why a time is or is not offered: `bookings.availability.explain`, fed with what the database knows.

The same hours, claims and Outlook events as `bookings.services.offers` reads, with their labels kept
(`bookings.services.labelled_periods`).
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil

from django.utils.translation import get_language

from bookings.availability import calendar, explain, public_holidays, slots
from bookings.availability.caps import Full
from bookings.availability.explain import Explanation, LabelledHost
from bookings.availability.rules import Rules, Slot
from bookings.models import BookingPage, Service, StaffMember
from bookings.services import offers
from bookings.services.labelled_periods import LabelledPeriods
from tenants.scheduling import local_days

#: Instants of a whole day are asked about at least every hour, at most every quarter of an hour.
_FINEST, _COARSEST = 900, 3_600


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """One local day: the times on offer, and every step of the clock with its reasons, in order."""

    slots: list[Slot]
    instants: list[tuple[int, Explanation]]
    staff: dict[str, StaffMember]


def explain_instant(
    *, page: BookingPage, service: Service, at: datetime, now: datetime, staff: Sequence[StaffMember] | None = None,
    zone: zoneinfo.ZoneInfo | None = None, ignoring: Collection[uuid.UUID] = (),
) -> Explanation:  # fmt: skip
    """Whether `service` is offered at `at` (UTC), and every reason, in sentences for the page's owner.

    `staff`: whom to ask; None: everybody who gives the service. Times in sentences are in `zone`, else the page's.
    """
    picture = _Picture(page, service, staff, at, at + timedelta(seconds=1), now, ignoring)
    return picture.explain(int(at.timestamp()), zone or zoneinfo.ZoneInfo(page.time_zone))


def explain_day(
    *, page: BookingPage, service: Service, day: date, zone: zoneinfo.ZoneInfo, now: datetime,
    staff: Sequence[StaffMember] | None = None,
) -> ExplainedDay:  # fmt: skip
    """The whole of `day` in `zone`: what a visitor is offered, and a reason for every step of the clock.

    A day that the zone left out is empty. The number of queries does not depend on the day.
    """
    first, last = local_days.window(zone, day, day)
    starts_at, ends_at = (datetime.fromtimestamp(instant, UTC) for instant in (first, last))
    picture = _Picture(page, service, staff, starts_at, ends_at, now, ())
    found = picture.slots(first, last)
    step = min(max(int(service.slot_interval.total_seconds()), _FINEST), _COARSEST)
    instants = sorted({*range(first, last, step), *(slot.start for slot in found)})
    return ExplainedDay(
        slots=found, instants=[(instant, picture.explain(instant, zone)) for instant in instants],
        staff={str(member.pk): member for member in picture.members},
    )  # fmt: skip


class _Picture:
    """All that decides about the starts of a service between two instants."""

    def __init__(
        self, page: BookingPage, service: Service, staff: Sequence[StaffMember] | None, starts_at: datetime,
        ends_at: datetime, now: datetime, ignoring: Collection[uuid.UUID],
    ) -> None:  # fmt: skip
        self.members = offers.staff_for(service) if staff is None else list(staff)
        self.now = ceil(now.timestamp())
        around = timedelta(days=1) + service.duration + service.buffer_before + service.buffer_after
        window = (starts_at - around, ends_at + around)
        self.diaries = calendar.diaries(
            page=page, staff=self.members, starts_at=window[0], ends_at=window[1], now=now, ignoring=ignoring,
            service=service,
        )  # fmt: skip
        self.limits: list[Full] = calendar.full(
            page=page, service=service, starts_at=starts_at, ends_at=ends_at, ignoring=ignoring
        )
        self.rules: Rules = calendar.rules_of(service, self.limits)
        labelled = LabelledPeriods(service, self.members, *window, now, ignoring)
        closed = public_holidays.between(
            page.holiday_country, page.holiday_region, window[0].date(), window[1].date(), get_language() or ""
        )
        self.hosts = [
            LabelledHost(
                host_id=str(diary.staff.pk), name=diary.staff.display_name, zone=diary.zone, opened=diary.open,
                repeated=diary.repeated, periods=labelled.of(diary.staff), overrides=labelled.overrides(diary.staff),
                holidays=closed, sessions=diary.sessions, is_stale=diary.is_stale,
                read_at=labelled.read_at.get(diary.staff.mailbox_id),
            )
            for diary in self.diaries
        ]  # fmt: skip

    def explain(self, instant: int, zone: zoneinfo.ZoneInfo) -> Explanation:
        """The reasons of one instant."""
        return explain.explain(self.rules, self.hosts, instant, self.now, zone, self.limits)

    def slots(self, first: int, last: int) -> list[Slot]:
        """The times on offer in a period."""
        hosts = [diary.host for diary in self.diaries]
        return slots.slots(self.rules, hosts, window_start=first, window_end=last, now=self.now)
