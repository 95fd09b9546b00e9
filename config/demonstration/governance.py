"""What an administrator finds in the demonstration's first organisation, beside what its people do.

| shown                          | how                                                                           |
|--------------------------------|-------------------------------------------------------------------------------|
| no capability (S1.11)          | Nina Frei has the service plan, Exchange says otherwise                       |
| blocked by policy              | Marco Bianchi: Exchange's block list for him names Bookings with me           |
| check failed (S1.39)           | Petra Novak: the sandbox's Graph refuses to open her mailbox, always          |
| Exchange's policy, pasted      | the organisation's block list names another program: Case B, allowed          |
| two secrets                    | the first ends soon, the second covers it                                     |
| a calendar in the trash        | Contoso Pop-up, with a service, a member and a booking ahead                  |
| a clash after an outage        | booked with Olivia Keller on an old copy; Outlook has something at that time  |
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bookings.models import Booking, BookingPage, StaffMember
from bookings.services import booking, pages, services, staff, trash
from config.demonstration import meetings
from config.demonstration.people import MINUTE, Person, stable_id
from tenants import acting
from tenants.acting import Actor
from tenants.models import BOOKINGS_CAPABILITY, AccessPolicy, Connection, Mailbox, Tenant, User
from tenants.sandbox import seed as sandbox
from tenants.sandbox.models import AppRegistration, DirectoryUser, Fault
from tenants.services import connections, exchange_values

POP_UP = "Contoso Pop-up"
NO_CAPABILITY = Person("nina.frei@contoso.com", "Nina Frei", note="has the service plan, but no capability")
BLOCKED = Person("marco.bianchi@contoso.com", "Marco Bianchi", note="blocked by Exchange's policy")
FAILED = Person("petra.novak@contoso.com", "Petra Novak", licensed=False, note="could not be checked")
PEOPLE = (NO_CAPABILITY, BLOCKED, FAILED)
#: As Exchange Online PowerShell prints them.
OF_ORGANISATION = """
EwsEnabled                 : True
EwsApplicationAccessPolicy : EnforceBlockList
EwsAllowList               : {}
EwsBlockList               : {OldCalendarTool*}
"""
OF_PERSON = """
Identity                   : marco.bianchi@contoso.com
EwsEnabled                 : True
EwsApplicationAccessPolicy : EnforceBlockList
EwsAllowList               : {}
EwsBlockList               : {MicrosoftOWSPersonalBookings}
"""
REFUSED = "Access is denied. Check credentials and try again."
FIRST_SECRET_LASTS, SECOND_SECRET_LASTS = timedelta(days=25), timedelta(days=365)
OUTAGE_VISITOR = booking.Customer("Nora Berg", "nora.berg@example.org", "Europe/Oslo")


def people(tenant: Tenant, now: datetime) -> None:
    """Three more people, whose licence or policy keeps them from having a page, and what Exchange said."""
    directory = sandbox.create_organisation(
        domain="contoso.com", display_name=tenant.name, directory_id=tenant.directory_id
    )
    for person in PEOPLE:
        entry = sandbox.create_user(
            organisation=directory, address=person.address, display_name=person.name,
            user_id=stable_id(f"user/{person.address}"), exchange_guid=stable_id(f"mailbox/{person.address}"),
            bookings_plan=person.licensed, bookings_capability=person is BLOCKED,
            assigned_licenses=person.licences,
        )  # fmt: skip
        _mailbox(tenant, person, entry, now)
    _refuse(DirectoryUser.objects.get(user_principal_name=FAILED.address))
    if not AccessPolicy.objects.filter(read_at__isnull=False).exists():
        for pasted in (OF_ORGANISATION, OF_PERSON):
            values = exchange_values.read(pasted).values
            exchange_values.keep(tenant=tenant, values=values, now=now, actor=acting.SYSTEM)


def _mailbox(tenant: Tenant, person: Person, entry: DirectoryUser, now: datetime) -> None:
    capabilities = ["BPOS_S_Standard", *([BOOKINGS_CAPABILITY] if person is BLOCKED else [])]
    Mailbox.objects.get_or_create(
        tenant=tenant, address=person.address,
        defaults={
            "kind": Mailbox.Kind.USER, "display_name": person.name, "exchange_guid": entry.exchange_guid,
            "directory_object_id": str(entry.pk), "time_zone": tenant.time_zone, "capabilities": capabilities,
            "capabilities_read_at": now if person is NO_CAPABILITY else None, "has_bookings_plan": person.licensed,
            "licences": person.licences, "principal_name": person.address, "syncs_calendar": person.licensed,
            "licence_error": f"403 ErrorAccessDenied: {REFUSED}" if person is FAILED else "", "licence_checked_at": now,
        },
    )  # fmt: skip


def _refuse(person: DirectoryUser) -> None:
    """Graph says no whenever the mailbox is asked for."""
    Fault.objects.get_or_create(
        path=f"*/users/{person.pk}/calendar", method="GET", defaults={
            "status": 403, "code": "ErrorAccessDenied", "message": REFUSED, "remaining": 1_000_000,
        },
    )  # fmt: skip


def second_secret(connection: Connection, application: AppRegistration, now: datetime) -> None:
    """Enters a second secret beside the one that ends soon, as an administrator does in time."""
    secret, ends_at = f"demo-{stable_id('second secret')}", now + SECOND_SECRET_LASTS
    sandbox.create_application(
        organisation=application.organisation, client_id=application.client_id, secret=secret,
        secret_expires_at=ends_at, roles=application.roles,
    )  # fmt: skip
    renewed = connections.add_secret(
        connection=connection, client_secret=secret, secret_expires_on=ends_at.date(), now=now, actor=acting.SYSTEM
    )
    connections.activate(renewed, now=now, actor=acting.SYSTEM)  # tested when the sandbox is up


def pop_up(tenant: Tenant, owner: User, now: datetime) -> None:
    """A calendar that was deleted, with what it had: restoring and purging can be tried."""
    if BookingPage.with_deleted.filter(display_name=POP_UP).exists():
        return
    actor = acting.person(owner, source="demo")
    page = pages.create_business(
        tenant=tenant, creator=owner, display_name=POP_UP, now=now, actor=actor, description="Open for one season."
    )
    sam = Mailbox.objects.select_related("user").get(address="sam.taylor@contoso.com")
    helper = staff.add(page=page, now=now, actor=actor, mailbox=sam)
    _service(page, helper, now, actor)
    meetings.book(page, now)
    trash.delete(page=page, now=now, actor=actor)


def _service(page: BookingPage, helper: StaffMember, now: datetime, actor: Actor) -> None:
    services.create(
        page=page, now=now, actor=actor, staff=[helper], title="Try it on", position=0, duration=30 * MINUTE,
        description="Half an hour for you alone.",
    )  # fmt: skip


def outage(owner: User, time_zone: str, now: datetime) -> None:
    """A booking that relies on what was known before an outage, and what Outlook got meanwhile.

    The first reading of the calendar finds the clash, as it does after every outage.
    """
    page = BookingPage.objects.select_related("mailbox", "tenant").get(mailbox__address=owner.email)
    if Booking.objects.filter(page=page, customer_email=OUTAGE_VISITOR.email).exists():
        return
    service = page.services.filter(archived_at=None, is_public=True).earliest("position")
    starts_at = meetings.afternoon(page, service, now, skip_days=2)
    if starts_at is None:
        return
    made = booking.book(
        page=page, service=service, starts_at=starts_at, customer=OUTAGE_VISITOR, now=now,
        actor=acting.visitor(OUTAGE_VISITOR.email),
    )  # fmt: skip
    Booking.objects.filter(pk=made.pk).update(recheck=Booking.Recheck.WAITS, relied_on_read_at=now - timedelta(hours=3))
    sandbox.create_event(
        mailbox=DirectoryUser.objects.get(user_principal_name=owner.email), subject="Supplier visit",
        start_at=starts_at + 5 * MINUTE, end_at=starts_at + 65 * MINUTE, time_zone=time_zone,
    )  # fmt: skip
