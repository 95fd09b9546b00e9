"""Booking pages in every state a page can be in, made by the same services as everybody's.

| state        | who             | how                                                              |
|--------------|-----------------|------------------------------------------------------------------|
| defaults     | Olivia Keller   | activated, with the three default meeting types (S1.32)          |
| custom       | Tim Weber …     | activated, default types deleted, own public and private ones    |
| privateOnly  | Emma Rossi      | the same without a public type (S1.27)                           |
| allDeleted   | Karim Haddad    | every type deleted (S1.28)                                       |
| unpublished  | Adrian Meier    | activated, then hidden                                           |
| activating   | Noah Fischer    | activated; others never reach it, each start moves the time (S1.33) |
| notSetUp     | Mia Schmid …    | licensed, never activated (S1.26)                                |
| none         | Luca Ferrari …  | no page, or no licence for one                                   |
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bookings.models import BookingPage, Service, StaffMember
from bookings.services import pages, private_links, services, staff
from config.demonstration.people import MINUTE, Person, Type
from tenants import acting
from tenants.acting import Actor
from tenants.models import Mailbox, Role, Tenant, User

DAY = timedelta(days=1)
STATES = ("defaults", "custom", "privateOnly", "allDeleted", "unpublished", "activating", "notSetUp", "none")
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
CLINIC, HELP_DESK, SHOWROOM = "Contoso Clinic", "Tech Support Desk", "Fabrikam Showroom"

QUARTER = 15 * MINUTE
LAKE = "Seestrasse 12, 8002 Zurich"
DOCTORS = ("anna.vogel", "ben.steiner")
#: What is offered, and by whom.
CLINIC_SERVICES = (
    (Type("First consultation", 45, "We take the time to get to know you.", location=LAKE,
          more={"buffer_after": QUARTER, "price_text": "CHF 120"}), DOCTORS),
    (Type("Follow-up", 20, "Results, and what comes next.", location=LAKE,
          more={"slot_interval": 20 * MINUTE}), DOCTORS),
    (Type("Video consultation", 20, "From wherever you are.", online=True,
          more={"slot_interval": 20 * MINUTE}), DOCTORS),
    (Type("Vaccination", 15, "Influenza, travel and boosters.", location=LAKE, more={"slot_interval": QUARTER}),
     (*DOCTORS, "clara.huber")),
    (Type("Physiotherapy", 30, "Please bring your prescription.", location=LAKE, more={"buffer_before": 5 * MINUTE}),
     ("clara.huber",)),
    (Type("Second opinion", 60, "By video, in English.", online=True, more={"staff_choice": False}), ("eva.lang",)),
)  # fmt: skip
HELP_DESK_SERVICES = (
    Type("Laptop check", 30, "Slow, loud or broken: bring it along.", location="Main building, desk 3"),
    Type("Account and password", 15, "Bring your card.", more={"slot_interval": QUARTER, "staff_choice": False}),
    Type("Help from afar", 30, "We look at your screen together.", online=True),
)


def personal(person: Person, now: datetime) -> None:
    """The personal page in the state the person stands for; a page that exists only has its waiting time renewed."""
    mailbox = Mailbox.objects.select_related("tenant", "user").get(address=person.address)
    if person.page in ("none", "notSetUp"):
        return
    page = BookingPage.objects.filter(mailbox=mailbox).first()
    if page is None:
        page = _activate(person, mailbox, now)
    if person.page == "activating":
        BookingPage.objects.filter(pk=page.pk).update(reachable_at=now + 365 * DAY)


def _activate(person: Person, mailbox: Mailbox, now: datetime) -> BookingPage:
    owner = acting.person(mailbox.user, source="demo") if mailbox.user else acting.SYSTEM
    page = pages.activate_personal(mailbox=mailbox, now=now - DAY, actor=owner)
    if person.about:
        page = pages.change(page=page, now=now, actor=owner, description=person.about)
    if person.page in ("custom", "privateOnly", "allDeleted"):
        for service in page.services.filter(archived_at=None):
            services.archive(service=service, now=now, actor=owner)
    for position, one in enumerate(person.types):
        service = _add(page, one, position, now, owner)
        if not one.public:
            _links(service, now, owner)
    if person.page == "unpublished":
        pages.set_published(page=page, published=False, now=now, actor=owner)
    return page


def _add(
    page: BookingPage, one: Type, position: int, now: datetime, actor: Actor, members: list[StaffMember] | None = None
) -> Service:
    return services.create(
        page=page, now=now, actor=actor, staff=members, position=position, title=one.title, description=one.description,
        duration=one.minutes * MINUTE, is_online=one.online, is_public=one.public, location=one.location, **one.more,
    )  # fmt: skip


def _links(service: Service, now: datetime, actor: Actor) -> None:
    """One for a season, one for a single booking, one that has expired, one that was withdrawn."""
    private_links.create(service=service, now=now, actor=actor, label="For the whole team")
    private_links.create(service=service, now=now, actor=actor, label="For one booking", max_uses=1)
    private_links.create(service=service, now=now - 91 * DAY, actor=actor, label="Last season")
    withdrawn = private_links.create(service=service, now=now, actor=actor, label="Sent to the wrong address")
    private_links.revoke(link=withdrawn, now=now, actor=actor)


def clinic(tenant: Tenant, creator: User, now: datetime) -> None:
    """Four people, one of them from outside with hours and a zone of her own, and six services."""
    if BookingPage.objects.filter(display_name=CLINIC).exists():
        return
    actor = acting.person(creator, source="demo")
    hours = {day: [["08:00", "12:00"], ["13:00", "18:00"]] for day in WORKDAYS} | {"sat": [["09:00", "12:00"]]}
    page = pages.create_business(
        tenant=tenant, creator=creator, display_name=CLINIC, now=now, actor=actor, weekly_hours=hours,
        description="General practice and physiotherapy by the lake.", phone="+41 44 555 01 00",
        email="clinic@contoso.com", postal_address=LAKE,
    )  # fmt: skip
    people = {name: _staff(page, name, now, actor) for name in ("anna.vogel", "ben.steiner", "clara.huber")}
    people["eva.lang"] = staff.add(
        page=page, now=now, actor=actor, display_name="Dr. Eva Lang", email="eva.lang@example.net",
        time_zone="Europe/London", uses_business_hours=False,
        weekly_hours={"tue": [["09:00", "13:00"]], "thu": [["09:00", "13:00"]]},
    )  # fmt: skip
    _staff(page, "sofia.brunner", now, actor, role=Role.SCHEDULER)
    for position, (one, names) in enumerate(CLINIC_SERVICES):
        _add(page, one, position, now, actor, [people[name] for name in names])


def help_desk(tenant: Tenant, creator: User, now: datetime) -> None:
    """A university's desk where anyone helps and work is shared evenly."""
    if BookingPage.objects.filter(display_name=HELP_DESK).exists():
        return
    actor = acting.person(creator, source="demo")
    page = pages.create_business(
        tenant=tenant, creator=creator, display_name=HELP_DESK, now=now, actor=actor,
        description="Help with computers and accounts for students and staff of Contoso University.",
        postal_address="Main building, ground floor", email="help@contoso.com",
    )  # fmt: skip
    for name in ("sam.taylor", "yuki.tanaka"):
        _staff(page, name, now, actor)
    for position, one in enumerate(HELP_DESK_SERVICES):
        _add(page, one, position, now, actor)


def showroom(tenant: Tenant, creator: User, now: datetime) -> None:
    """A small page of the other organisation."""
    if BookingPage.objects.filter(display_name=SHOWROOM).exists():
        return
    actor = acting.person(creator, source="demo")
    page = pages.create_business(tenant=tenant, creator=creator, display_name=SHOWROOM, now=now, actor=actor)
    staff.add(page=page, now=now, actor=actor, mailbox=Mailbox.objects.get(address="oscar.wright@fabrikam.com"))
    _add(page, Type("Guided tour", 45, "See everything, touch everything."), 0, now, actor)


def _staff(page: BookingPage, name: str, now: datetime, actor: Actor, role: str = Role.TEAM_MEMBER) -> StaffMember:
    mailbox = Mailbox.objects.select_related("user").get(address=f"{name}@contoso.com")
    return staff.add(page=page, now=now, actor=actor, mailbox=mailbox, role=role)
