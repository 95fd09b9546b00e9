"""A page that shows what a visitor's booking may ask of others: approval, a team, a shared time, a place in a list.

| service         | shows                                                                        |
|-----------------|------------------------------------------------------------------------------|
| First interview | questions; the colleague confirms, else the next one is asked                |
| Team interview  | everybody is needed; customers may bring guests                              |
| Open afternoon  | shared times with seats, and a waiting list                                  |
| Contract talk   | single-use links for named people; the host confirms; changes have a cut-off |
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bookings.models import BookingPage, Question, Reminder, Service, StaffMember
from bookings.services import booking, offers, pages, private_links, questions, reminders, services, staff, waiting
from config.demonstration.meetings import VISITORS
from tenants import acting
from tenants.acting import Actor
from tenants.models import Mailbox, Tenant, User

CAREERS = "Contoso Careers"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEAM = ("tim.weber", "lena.hofmann", "jonas.baumann")
CONSENT = "I agree that Contoso keeps what I enter here for six months to get back to me about this application."
SERVICES: dict[str, dict[str, Any]] = {
    "First interview": {
        "duration": HOUR / 2, "is_online": True, "description": "Half an hour to get to know each other.",
        "approval": Service.Approval.ASSIGNMENT, "answer_within": 4 * HOUR, "staff_choice": False, "colour": "blue",
        "booker_limit": 1,
    },
    "Team interview": {
        "duration": HOUR, "is_online": True, "description": "Meet the three people you would work with.",
        "staffing": Service.Staffing.ALL, "guests_allowed": True, "colour": "violet", "daily_limit": 2,
    },
    "Open afternoon": {
        "duration": 2 * HOUR, "slot_interval": 2 * HOUR, "location": "Main building, hall 1", "seats": 6,
        "description": "See where we work, and ask what you like.", "waiting_list": True, "colour": "green",
    },
    "Contract talk": {
        "duration": HOUR / 2, "is_online": True, "is_public": False, "approval": Service.Approval.HOST,
        "change_cutoff": DAY, "reason_required": True, "colour": "amber",
    },
}  # fmt: skip
CANDIDATES = ("Amara Obi", "Bruno Keller", "Chiara Conti", "Dmitri Orlov")


def create(tenant: Tenant, creator: User, now: datetime) -> None:
    """The page with its people, services, questions, reminders, links, and a few who have booked or wait."""
    if BookingPage.objects.filter(display_name=CAREERS).exists():
        return
    actor = acting.person(creator, source="demo")
    page = pages.create_business(
        tenant=tenant, creator=creator, display_name=CAREERS, now=now, actor=actor, consent_text=CONSENT,
        description="Work with us. Choose a time, and we see each other.", holiday_country="CH", holiday_region="ZH",
    )  # fmt: skip
    team = [_member(page, name, weight, now, actor) for name, weight in zip(TEAM, (2, 1, 1), strict=True)]
    made = {
        title: services.create(page=page, now=now, actor=actor, staff=team, title=title, position=position, **fields)
        for position, (title, fields) in enumerate(SERVICES.items())
    }
    _ask(page, made["First interview"], now, actor)
    _remind(made, now, actor)
    for name in CANDIDATES:
        private_links.create(service=made["Contract talk"], now=now, actor=actor, label=name, max_uses=1)
    _visit(page, made, now)


def _member(page: BookingPage, name: str, weight: int, now: datetime, actor: Actor) -> StaffMember:
    mailbox = Mailbox.objects.select_related("user").get(address=f"{name}@contoso.com")
    return staff.add(page=page, now=now, actor=actor, mailbox=mailbox, weight=weight)


def _ask(page: BookingPage, service: Service, now: datetime, actor: Actor) -> None:
    """One question of each kind."""
    asked = {
        questions.create(page=page, now=now, actor=actor, label=label, kind=kind, options=options): required
        for label, kind, options, required in (
            ("Which role do you apply for?", Question.Kind.CHOICE, ["Engineer", "Designer", "Something else"], True),
            ("Which languages do you speak?", Question.Kind.SEVERAL, ["English", "German", "French", "Italian"], False),
            ("Where can we see your work?", Question.Kind.TEXT, [], False),
        )
    }
    questions.assign(service=service, wanted=asked, now=now, actor=actor)


def _remind(made: dict[str, Service], now: datetime, actor: Actor) -> None:
    for title in ("First interview", "Open afternoon"):
        for when, distance, text in (
            (Reminder.When.BEFORE, DAY, ""),
            (Reminder.When.AFTER, 2 * HOUR, "Thank you for coming. Tell us how it was: just answer this mail."),
        ):
            reminders.add(
                service=made[title], when=when, distance=distance, reader=Reminder.Reader.CUSTOMER, text=text, now=now,
                actor=actor,
            )  # fmt: skip


def _visit(page: BookingPage, made: dict[str, Service], now: datetime) -> None:
    """Two share an afternoon, one waits for another, one asks for an interview."""
    shared = _first(page, made["Open afternoon"], now, skip_days=6)
    for visitor in VISITORS[:2] if shared else ():
        _book(page, made["Open afternoon"], shared, visitor, now)
    today = now.astimezone(ZoneInfo(page.time_zone)).date()
    waiting.join(
        service=made["Open afternoon"], customer=VISITORS[2], first_date=today + DAY, last_date=today + 14 * DAY,
        now=now, actor=acting.visitor(VISITORS[2].email),
    )  # fmt: skip
    if starts_at := _first(page, made["First interview"], now, skip_days=2):
        _book(page, made["First interview"], starts_at, VISITORS[3], now)


def _book(page: BookingPage, service: Service, starts_at: Any, visitor: booking.Customer, now: datetime) -> None:
    role = {str(asked.question_id): "Engineer" for asked in service.asked.filter(is_required=True)}
    booking.book(
        page=page, service=service, starts_at=starts_at, customer=visitor, now=now,
        actor=acting.visitor(visitor.email), details=booking.Details(answers=role, consented=True),
    )  # fmt: skip


def _first(page: BookingPage, service: Service, now: datetime, *, skip_days: int) -> datetime | None:
    """The first free time some days ahead."""
    zone = ZoneInfo(page.time_zone)
    first = now.astimezone(zone).date() + skip_days * DAY
    found = offers.offer(page=page, service=service, first_date=first, last_date=first + 14 * DAY, zone=zone, now=now)
    return datetime.fromtimestamp(found.slots[0].start, UTC) if found.slots else None
