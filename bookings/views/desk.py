"""The place where one meeting type is booked, or one booking moved: what is shown there, and what is on offer."""

from __future__ import annotations

import uuid
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest

from bookings.models import Booking, BookingPage, Hold, PrivateLink, Service, StaffMember
from bookings.services import offers, outage, private_links
from bookings.views import choice as choices
from bookings.views import clock as clocks
from bookings.views import holding
from bookings.views.choice import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One meeting type at one address, for one visitor's choice."""

    page: BookingPage
    service: Service
    path: str
    choice: Choice
    clock: clocks.Clock
    now: datetime
    #: Everybody who gives it, and those who may be booked by this choice.
    team: list[StaffMember]
    members: list[StaffMember]
    link: PrivateLink | None = None
    moving: Booking | None = None
    #: The shared session that `moving` leaves empty behind.
    alone_in: uuid.UUID | None = None
    #: The time that the visitor's browser keeps.
    kept: Hold | None = None
    #: Where the list of meeting types is; empty where there is none to go back to.
    back: str = ""

    @property
    def _question(self) -> dict[str, Any]:
        own = [self.moving and self.moving.pk, self.alone_in, self.kept and self.kept.pk]
        ignoring = tuple(pk for pk in own if pk)
        who = {"page": self.page, "service": self.service, "staff": self.members}
        return who | {"now": self.now, "ignoring": ignoring}

    @property
    def latest(self) -> datetime:
        """The last instant that may be booked."""
        return self.now + self.service.maximum_advance

    @property
    def host_zone(self) -> zoneinfo.ZoneInfo:
        """The zone the host lives in: of the one member there is to book, else of the page."""
        member = self.members[0] if len(self.members) == 1 else None
        own = member is not None and not member.uses_business_hours
        return zoneinfo.ZoneInfo(member.time_zone if member and own else self.page.time_zone)

    @property
    def may_choose_staff(self) -> bool:
        """Whether the visitor picks with whom."""
        return self.lets_choose and len(self.team) > 1 and self.moving is None and not self.needs_everybody

    @property
    def lets_choose(self) -> bool:
        """Whether the service offers the choice, and the organisation lets customers know of its staff."""
        return self.service.staff_choice and not self.page.hides_staff

    @property
    def needs_everybody(self) -> bool:
        """Whether all of the staff take part together."""
        return self.service.staffing == Service.Staffing.ALL

    @property
    def chosen_member(self) -> uuid.UUID | None:
        """Whom the visitor picked, where that may be done and the person is there."""
        picked = self.choice.staff_id
        return picked if self.may_choose_staff and any(member.pk == picked for member in self.members) else None

    @property
    def choice_is_gone(self) -> bool:
        """Whether the person who was picked gives it no longer: nobody else may quietly take their place."""
        may_pick = self.lets_choose and self.moving is None and not self.needs_everybody
        picked = self.choice.staff_id if may_pick else None
        return picked is not None and all(member.pk != picked for member in self.team)

    def check_link(self) -> None:
        """Raises LinkUnusable where the link that leads here is over. A form that has booked is answered without."""
        if self.link is not None:
            private_links.check(link=self.link, now=self.now)

    def offer(self, first: date, last: date) -> offers.Offer:
        """The times on offer on days of the visitor's zone."""
        return offers.offer(first_date=first, last_date=last, zone=self.choice.zone, **self._question)

    def month(self) -> offers.Offer:
        """The times of the month shown."""
        return self.offer(self.choice.month, choices.next_month(self.choice.month) - timedelta(days=1))

    def next_free_day(self, after: date) -> date | None:
        """The first day after that one with a free time."""
        return offers.next_free_day(after=after, zone=self.choice.zone, **self._question)

    def is_offered(self, at: datetime) -> bool:
        """Whether the instant is on offer now."""
        return bool(offers.free_staff(starts_at=at, **self._question))

    def is_stale(self) -> bool:
        """Whether a host's calendar could not be read lately, so that times may change."""
        return bool(outage.behind(self.members, self.now))


def open_desk(
    request: HttpRequest, *, page: BookingPage, service: Service, path: str, now: datetime, back: str = "",
    link: PrivateLink | None = None, moving: Booking | None = None, zone: str = "",
) -> Desk:  # fmt: skip
    """The desk at `path`, as the address and the form of `request` say; `zone` is the visitor's where it is known."""
    query = request.GET.copy()
    for name, value in request.POST.items():
        if name in ("tz", "staff", "time"):
            query[name] = str(value)
    if zone:
        query.setdefault("tz", zone)
    choice = choices.read(query, zone=page.time_zone, now=now, latest=now + service.maximum_advance)
    team = offers.staff_for(service, only=moving.staff_member_id if moving else None)
    may_choose = (
        service.staff_choice and not page.hides_staff and moving is None and service.staffing == Service.Staffing.ONE
    )
    members = choices.allowed(choice, team) if may_choose else team
    session = moving.session if moving and moving.session_id else None
    return Desk(
        page=page, service=service, path=path, choice=choice, clock=clocks.of(request), now=now, team=team,
        members=members, link=link, moving=moving, back=back, kept=holding.current(request, service, now),
        alone_in=session.pk if session and session.seats_taken == 1 else None,
    )  # fmt: skip
