"""Builders of what scenarios are made of. All are used inside the organisation's scope (fixture `contoso`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from django_scopes import scope, scopes_disabled

from bookings.models import Booking, BookingPage, Service, StaffMember
from bookings.services import booking as bookings
from bookings.services.booking import Customer
from tenants import acting
from tenants.models import BOOKINGS_CAPABILITY, Domain, Mailbox, Membership, Role, Tenant, User
from tenants.services import claims

#: A Monday, 07:00 in Zurich.
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
EVERY_DAY = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


class TenantFactory(factory.django.DjangoModelFactory[Tenant]):
    """An organisation with a verified primary domain, `<name>.example`."""

    class Meta:
        model = Tenant
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Organisation {n}")
    time_zone = "Europe/Zurich"

    @factory.post_generation
    def domain(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        name = extracted or f"{self.name.lower().replace(' ', '')}.example"
        with scope(tenant=self):
            Domain.objects.create(tenant=self, name=name, is_primary=True, verified_at=NOW)


class UserFactory(factory.django.DjangoModelFactory[User]):
    """A person whose password is `correct horse battery`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@contoso.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    time_zone = "Europe/Zurich"

    @factory.post_generation
    def password(self: Any, create: bool, extracted: str | None, **kwargs: Any) -> None:
        self.set_password(extracted or "correct horse battery")
        self.save(update_fields=["password"])


class MailboxFactory(factory.django.DjangoModelFactory[Mailbox]):
    """A licensed person's mailbox."""

    class Meta:
        model = Mailbox

    kind = Mailbox.Kind.USER
    display_name = factory.Sequence(lambda n: f"Person {n}")
    address = factory.Sequence(lambda n: f"mailbox{n}@contoso.com")
    capabilities = factory.LazyFunction(lambda: [BOOKINGS_CAPABILITY, "BPOS_S_Standard"])
    time_zone = "Europe/Zurich"


class BusinessPageFactory(factory.django.DjangoModelFactory[BookingPage]):
    """A published business page, open every day from nine to five in Zurich."""

    class Meta:
        model = BookingPage

    kind = BookingPage.Kind.BUSINESS
    display_name = "Clinic"
    mailbox = factory.SubFactory(
        MailboxFactory,
        kind=Mailbox.Kind.SCHEDULING,
        tenant=factory.SelfAttribute("..tenant"),
        display_name=factory.SelfAttribute("..display_name"),
        address=factory.Sequence(lambda n: f"clinic{n}@contoso.com"),
    )
    time_zone = "Europe/Zurich"
    weekly_hours = factory.LazyFunction(lambda: dict(EVERY_DAY))
    activated_at = NOW - timedelta(days=30)
    reachable_at = NOW - timedelta(days=30)


class PersonalPageFactory(BusinessPageFactory):
    """A published personal page, without its owner as staff: see `personal_page`."""

    kind = BookingPage.Kind.PERSONAL
    display_name = factory.SelfAttribute("mailbox.display_name")
    mailbox = factory.SubFactory(MailboxFactory, tenant=factory.SelfAttribute("..tenant"))


class StaffMemberFactory(factory.django.DjangoModelFactory[StaffMember]):
    """A member of a page with an own mailbox."""

    class Meta:
        model = StaffMember
        skip_postgeneration_save = True

    tenant = factory.SelfAttribute("page.tenant")
    mailbox = factory.SubFactory(MailboxFactory, tenant=factory.SelfAttribute("..tenant"))
    display_name = factory.SelfAttribute("mailbox.display_name")
    email = factory.SelfAttribute("mailbox.address")
    time_zone = "Europe/Zurich"

    @factory.post_generation
    def registered(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        claims.register(tenant=self.tenant, key=self.claim_key)


class ServiceFactory(factory.django.DjangoModelFactory[Service]):
    """Half an hour, every half hour, given by everybody on the page; no lead time."""

    class Meta:
        model = Service
        skip_postgeneration_save = True

    tenant = factory.SelfAttribute("page.tenant")
    title = "Consultation"
    duration = timedelta(minutes=30)
    slot_interval = timedelta(minutes=30)
    minimum_lead = timedelta(0)

    @factory.post_generation
    def members(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.staff.set(self.page.staff_members.all() if extracted is None else extracted)


def clinic(tenant: Tenant, *, staff: int = 1, **service: Any) -> tuple[BookingPage, Service, list[StaffMember]]:
    """A business page with `staff` members who all give one service."""
    page = BusinessPageFactory(tenant=tenant)
    members = [StaffMemberFactory(page=page, position=position) for position in range(staff)]
    return page, ServiceFactory(page=page, **service), members


def personal_page(tenant: Tenant, **service: Any) -> tuple[BookingPage, Service, StaffMember]:
    """A personal page with its owner and one public meeting type."""
    page = PersonalPageFactory(tenant=tenant)
    owner = StaffMemberFactory(page=page, mailbox=page.mailbox, role=Role.OWNER)
    return page, ServiceFactory(page=page, **service), owner


def member(tenant: Tenant, role: str = Role.TEAM_MEMBER, **user: Any) -> Membership:
    """A person with a place in the organisation."""
    return Membership.objects.create(tenant=tenant, user=UserFactory(**user), role=role)


def at(text: str) -> datetime:
    """`2026-11-23 09:00` UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ANA = Customer(name="Ana Pérez", email="ana@example.net", time_zone="America/New_York", notes="First visit")


def book(page: BookingPage, service: Service, starts_at: datetime, **changes: Any) -> Booking:
    """A booking by Ana, made at NOW through the service that everybody uses."""
    arguments: dict[str, Any] = {"customer": ANA, "now": NOW, "actor": acting.visitor(ANA.email)} | changes
    return bookings.book(page=page, service=service, starts_at=starts_at, **arguments)


def stranger() -> Tenant:
    """Another organisation, whose people must never see anything of the first."""
    with scopes_disabled():
        return TenantFactory(name="Fabrikam")
