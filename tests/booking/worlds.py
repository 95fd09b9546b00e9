"""Pages as nobody would set them up: random rules, hours, zones, people, absences, claims and events."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from bookings.models import BookingPage, Service, StaffMember, TimeOff
from bookings.services import booking as bookings
from bookings.services import offers
from tenants import acting
from tenants.errors import DomainError
from tenants.models import BusyPeriod, BusyRead, Tenant
from tenants.services import claims
from tenants.services.claims import Wanted
from tests.availability import oracle
from tests.factories import ANA, BusinessPageFactory, ServiceFactory, StaffMemberFactory

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEP = 5 * MINUTE
#: A zone with a date on which its clocks change, or an ordinary one.
NIGHTS = [
    ("Europe/Berlin", date(2027, 3, 28)), ("Europe/Berlin", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)), ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("America/Santiago", date(2027, 9, 5)), ("Asia/Kolkata", date(2027, 6, 1)), ("Europe/Zurich", date(2027, 1, 1)),
]  # fmt: skip
LONG = oracle.weeks.filter(lambda week: sum(end - start for day in week.days for start, end in day) > 40 * 3600)
minutes = lambda *values: st.sampled_from([value * MINUTE for value in values])  # noqa: E731
limits = st.none() | st.integers(1, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A page with one service, seen from `zone` at `now`, and the instants in question."""

    page: BookingPage
    service: Service
    now: datetime
    zone: ZoneInfo
    begin: datetime
    end: datetime

    @property
    def offered(self) -> list[datetime]:
        """The starts on offer between `begin` and `end`."""
        first, last = (at.astimezone(self.zone).date() for at in (self.begin, self.end))
        offer = offers.offer(
            page=self.page, service=self.service, first_date=first, last_date=last, zone=self.zone, now=self.now
        )
        starts = [datetime.fromtimestamp(slot.start, UTC) for slot in offer.slots]
        return [start for start in starts if self.begin <= start < self.end]

    @property
    def others(self) -> list[datetime]:
        """Every other instant, in steps of five minutes."""
        steps = (self.end - self.begin) // STEP
        offered = set(self.offered)
        return [at for at in (self.begin + number * STEP for number in range(steps)) if at not in offered]


@st.composite
def services(draw: st.DrawFn, page: BookingPage) -> Service:
    """A service of the page with any rules that go together."""
    shared = draw(st.integers(1, 3))
    together = shared == 1 and draw(st.booleans())
    return ServiceFactory(
        page=page, duration=draw(minutes(15, 30, 60, 95)), slot_interval=draw(minutes(10, 15, 30, 60)),
        buffer_before=draw(minutes(0, 5, 30)), buffer_after=draw(minutes(0, 10)),
        minimum_lead=draw(minutes(0, 60, 600)), maximum_advance=draw(st.sampled_from([30 * HOUR, 30 * DAY])),
        seats=shared, staffing=Service.Staffing.ALL if together else Service.Staffing.ONE,
        daily_limit=draw(limits), weekly_limit=draw(limits), monthly_limit=draw(st.none() | st.integers(2, 4)),
        approval=draw(st.sampled_from([Service.Approval.NONE, Service.Approval.HOST])),
        pending_holds=draw(st.booleans()), calendar_age_limit=draw(st.sampled_from([None, None, HOUR])),
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn, tenant: Tenant) -> World:
    """A page around a night of changing clocks. To be drawn inside the organisation's scope."""
    name, night = draw(st.sampled_from(NIGHTS))
    begin = datetime.combine(night, time(0), UTC)
    now = begin - draw(minutes(0, 45, 1500))
    page = BusinessPageFactory(
        tenant=tenant, time_zone=name, weekly_hours=draw(LONG).dump(), activated_at=now - 9 * DAY,
        reachable_at=now - 9 * DAY, holiday_country=draw(st.sampled_from(["", "", "CH"])),
    )  # fmt: skip
    for position in range(draw(st.integers(1, 3))):
        _member(draw, page, position, now)
    service = draw(services(page))
    _what_is_taken(draw, page, begin, now)
    visitor = ZoneInfo(draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Apia"])))
    world = World(page=page, service=service, now=now, zone=visitor, begin=begin, end=begin + 36 * HOUR)
    for start in draw(st.lists(st.sampled_from(world.offered), max_size=3)) if world.offered else ():
        _book(world, start)
    return world


def _member(draw: st.DrawFn, page: BookingPage, position: int, now: datetime) -> None:
    member = StaffMemberFactory(
        page=page, position=position, uses_business_hours=draw(st.booleans()),
        time_zone=draw(st.sampled_from(NIGHTS))[0], weekly_hours=draw(LONG).dump(),
        calendar_counts=draw(st.integers(0, 3)) > 0,
    )  # fmt: skip
    if draw(st.booleans()):
        age = draw(minutes(10, 10, 90))
        BusyRead.objects.create(tenant=page.tenant, mailbox=member.mailbox, read_at=now - age)
        member.mailbox.syncs_calendar = True
        member.mailbox.save()


def _what_is_taken(draw: st.DrawFn, page: BookingPage, begin: datetime, now: datetime) -> None:
    """Claims, Outlook events and absences, some of them with the page's people."""
    members = list(page.staff_members.all())
    for kind in draw(st.lists(st.sampled_from(["claim", "outlook", "away"]), max_size=5)):
        member: StaffMember = draw(st.sampled_from(members))
        start = begin + draw(st.integers(-24, 24 * 18)) * STEP
        period = {"starts_at": start, "ends_at": start + draw(minutes(5, 45, 200))}
        if kind == "claim":
            _claim(page.tenant, member, now, **period)
        elif kind == "outlook":
            show_as = draw(st.sampled_from(BusyPeriod.ShowAs.values))
            BusyPeriod.objects.create(
                tenant=page.tenant, mailbox=member.mailbox, event_id=uuid.uuid4().hex, show_as=show_as, **period
            )  # fmt: skip
        else:
            whose = draw(st.sampled_from([member, None]))
            TimeOff.objects.create(tenant=page.tenant, page=page, staff_member=whose, **period)


def _claim(tenant: Tenant, member: StaffMember, now: datetime, **period: Any) -> None:
    try:
        with claims.ledger():
            wanted = Wanted(key=member.claim_key, **period)
            claims.take(tenant=tenant, owner_id=uuid.uuid4(), wanted=[wanted], now=now)
    except claims.Taken:
        return


def _book(world: World, start: datetime) -> None:
    """Somebody else's booking, where the time is not gone by an earlier one."""
    try:
        bookings.book(
            page=world.page, service=world.service, starts_at=start, customer=ANA, now=world.now,
            actor=acting.visitor(ANA.email),
        )  # fmt: skip
    except DomainError:
        return
