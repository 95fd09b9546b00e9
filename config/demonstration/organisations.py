"""Organisations with their people, on our side and in the sandbox's directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django_scopes import scope

from config.demonstration import governance
from config.demonstration.people import CONTOSO, FABRIKAM, PASSWORD, SITE_ADMINISTRATOR, Person, stable_id
from tenants import acting, sign_in
from tenants.models import BOOKINGS_CAPABILITY, Connection, Domain, Mailbox, Membership, Role, Tenant, User
from tenants.sandbox import seed as sandbox
from tenants.sandbox.models import DirectoryUser
from tenants.services import connections, sign_in_choice


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of the demonstration."""

    name: str
    domain: str
    time_zone: str
    windows_zone: str
    accent: str
    people: Sequence[Person]


ORGANISATIONS = (
    Organisation("Contoso", "contoso.com", "Europe/Zurich", "W. Europe Standard Time", "#2456d6", CONTOSO),
    Organisation("Fabrikam", "fabrikam.com", "Europe/London", "GMT Standard Time", "#8a3ffc", FABRIKAM),
)


def create(organisation: Organisation, now: datetime) -> Tenant:
    """The organisation, its domain, its connection to the sandbox and its people; what exists stays."""
    tenant, _created = Tenant.objects.get_or_create(
        pk=stable_id(organisation.domain),
        defaults={
            "name": organisation.name, "directory_id": stable_id(f"directory/{organisation.domain}"),
            "time_zone": organisation.time_zone, "accent": organisation.accent,
        },
    )  # fmt: skip
    with scope(tenant=tenant):
        Domain.objects.get_or_create(
            tenant=tenant, name=organisation.domain, defaults={"is_primary": True, "verified_at": now}
        )
        directory = sandbox.create_organisation(
            domain=organisation.domain, display_name=organisation.name, directory_id=tenant.directory_id
        )
        for person in organisation.people:
            user = _account(person, tenant, organisation.time_zone) if person.role else None
            entry = sandbox.create_user(
                organisation=directory, address=person.address, display_name=person.name,
                time_zone=organisation.windows_zone, user_id=stable_id(f"user/{person.address}"),
                exchange_guid=stable_id(f"mailbox/{person.address}"), bookings_plan=person.licensed,
                bookings_capability=person.licensed, assigned_licenses=person.licences,
            )  # fmt: skip
            _mailbox(person, tenant, entry, user, organisation.time_zone)
            if user is not None and person.role == Role.OWNER:
                _linked(tenant, user, entry)
        _connect(tenant, organisation, now)
    return tenant


def _account(person: Person, tenant: Tenant, time_zone: str) -> User:
    user = account(person.address, person.name, time_zone)
    Membership.objects.get_or_create(tenant=tenant, user=user, defaults={"role": person.role})
    return user


def account(address: str, name: str, time_zone: str = "UTC", *, superuser: bool = False) -> User:
    """Somebody who signs in with the demonstration's password."""
    user = User.objects.filter(email=address).first()
    if user is None:
        make = User.objects.create_superuser if superuser else User.objects.create_user
        user = make(address, PASSWORD, id=stable_id(f"account/{address}"), name=name, time_zone=time_zone)
    EmailAddress.objects.get_or_create(user=user, email=address, defaults={"verified": True, "primary": True})
    return user


def site_administrator() -> User:
    """Who runs the site and belongs to no organisation."""
    return account(SITE_ADMINISTRATOR, "Site administrator", superuser=True)


def _mailbox(person: Person, tenant: Tenant, entry: DirectoryUser, user: User | None, time_zone: str) -> None:
    Mailbox.objects.get_or_create(
        tenant=tenant, address=person.address,
        defaults={
            "kind": Mailbox.Kind.USER, "display_name": person.name, "exchange_guid": entry.exchange_guid,
            "directory_object_id": str(entry.pk), "user": user, "time_zone": time_zone, "syncs_calendar": True,
            "capabilities": ["BPOS_S_Standard", *([BOOKINGS_CAPABILITY] if person.licensed else [])],
            "principal_name": person.address, "licences": person.licences, "has_bookings_plan": person.licensed,
        },
    )  # fmt: skip


def _connect(tenant: Tenant, organisation: Organisation, now: datetime) -> None:
    """The app registration in the sandbox, and our connection with its values."""
    client_id, secret = stable_id(f"application/{organisation.domain}"), f"demo-{stable_id(organisation.name)}"
    directory = sandbox.create_organisation(domain=organisation.domain, display_name=organisation.name)
    has_two = organisation.people is CONTOSO
    ends_at = now + (governance.FIRST_SECRET_LASTS if has_two else timedelta(days=365))
    if not directory.applications.exists():  # what was revoked or ended in the sandbox stays so
        sandbox.create_application(
            organisation=directory, client_id=client_id, secret=secret, secret_expires_at=ends_at,
            roles=sandbox.ASKED_ROLES,
        )  # fmt: skip
    if not Connection.objects.exists():
        entered = connections.save(
            tenant=tenant, client_id=str(client_id), directory_id=str(tenant.directory_id), client_secret=secret,
            secret_expires_on=ends_at.date(), app_name="Daybook", now=now, actor=acting.SYSTEM,
        )  # fmt: skip
        connections.activate(entered, now=now, actor=acting.SYSTEM)  # tested when the sandbox is up
        if has_two:
            governance.second_secret(entered, directory.applications.get(client_id=client_id), now)
        sign_in_choice.choose(tenant=tenant, signs_in=True, joins=True, now=now, actor=acting.SYSTEM, acting_as=None)
        tenant.refresh_from_db()


def _linked(tenant: Tenant, user: User, entry: DirectoryUser) -> None:
    """Owners link their Microsoft account themselves; these did."""
    SocialAccount.objects.get_or_create(
        provider=sign_in.provider_id(tenant), uid=str(entry.pk),
        defaults={"user": user, "extra_data": {"preferred_username": user.email, "name": user.name}},
    )  # fmt: skip
