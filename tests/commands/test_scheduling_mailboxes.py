"""From a new booking calendar to the administrator who traces it (S0)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django_scopes import scope

from bookings.models import Booking, BookingPage
from bookings.services import pages, services, staff
from tenants import acting
from tenants.models import Mailbox, Role, Tenant
from tests.api.conftest import Program, program
from tests.commands.running import as_csv, as_json, run
from tests.factories import NOW, MailboxFactory, at, book, member, stranger

SCHEDULING = ("get_mailbox", "--tenant", "contoso.com", "--recipient-type", "SchedulingMailbox")
SEARCH = ("search_admin_audit_log", "--tenant", "contoso.com", "--format", "json")


def calendar(tenant: Tenant, name: str = "Lunch Delivery") -> BookingPage:
    """A booking calendar made by Grace, an owner."""
    grace = member(tenant, Role.OWNER, name="Grace Hopper", email=f"grace@{tenant.name.lower()}.com").user
    return pages.create_business(
        tenant=tenant, creator=grace, display_name=name, now=NOW, actor=acting.person(grace), phone="+41 44 000 00 00"
    )


@pytest.mark.row("S0.22", "S0.3", "S0.4", "S0.5", "S0.6", "S0.16")
def test_a_calendar_is_made_filled_and_traced(contoso: Tenant) -> None:
    page = calendar(contoso)
    assert Mailbox.objects.filter(kind=Mailbox.Kind.SCHEDULING).get() == page.mailbox
    assert (page.mailbox.address, page.phone) == ("LunchDelivery@contoso.com", "+41 44 000 00 00")
    staff.add(page=page, now=NOW, actor=acting.SYSTEM, mailbox=MailboxFactory(tenant=contoso))
    lunch = services.create(page=page, now=NOW, actor=acting.SYSTEM, title="Lunch", minimum_lead=timedelta(0))
    booking = book(page, lunch, at("2026-11-24 08:30"))
    assert Booking.objects.get(page__mailbox=page.mailbox) == booking
    [row] = as_json(*SCHEDULING, "--format", "json")
    assert (row["PrimarySmtpAddress"], row["RecipientTypeDetails"]) == (page.mailbox.address, "SchedulingMailbox")
    [event] = as_json(*SEARCH, "--cmdlets", "New-SchedulingMailbox")
    assert (event["Caller"], event["ObjectModified"]) == ("Grace Hopper", page.mailbox.address)
    status, trail, _ = program(contoso)("GET", "/audit?cmdlet=new-schedulingmailbox")
    assert (status, [event["target"] for event in trail["value"]]) == (200, [page.mailbox.address])


@pytest.mark.row("S0.8")
def test_only_the_own_organisation_is_listed(contoso: Tenant) -> None:
    calendar(contoso)
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        MailboxFactory(tenant=fabrikam, kind=Mailbox.Kind.SCHEDULING, address="secret@fabrikam.example")
    assert "secret" not in run("get_mailbox", "--tenant", "contoso.com")
    assert "contoso" not in run("get_mailbox", "--tenant", "fabrikam.example")
    assert "contoso" not in run("search_admin_audit_log", "--tenant", "fabrikam.example")


@pytest.mark.row("S0.9")
def test_the_list_is_complete(contoso: Tenant) -> None:
    Mailbox.objects.bulk_create(
        Mailbox(tenant=contoso, kind=Mailbox.Kind.SCHEDULING, address=f"page{n}@contoso.com", display_name=f"Page {n}")
        for n in range(1_001)
    )
    assert len(as_json(*SCHEDULING, "--format", "json")) == 1_001
    assert len(run(*SCHEDULING).splitlines()) == 1_003


@pytest.mark.row("S0.10")
def test_permissions_have_three_columns_and_name_people_only(contoso: Tenant) -> None:
    page = calendar(contoso)
    member(contoso, Role.VIEWER, email="viewer@contoso.com")
    ana = MailboxFactory(tenant=contoso, address="ana@contoso.com")
    staff.add(page=page, now=NOW, actor=acting.SYSTEM, mailbox=ana, role=Role.ADMINISTRATOR)
    heading, *rows = as_csv(*SCHEDULING, "--permissions")
    assert heading == ["Identity", "User", "AccessRights"]
    assert rows == [
        [page.mailbox.address, "ana@contoso.com", "FullAccess"],
        [page.mailbox.address, "grace@contoso.com", "FullAccess"],
    ]
    assert "NT AUTHORITY" not in run("get_mailbox", "--tenant", "contoso.com", "--permissions")


@pytest.mark.row("S0.17")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), 1),
        (("--cmdlets", "New-Schedulingmailbox"), 1),
        (("--cmdlets", "Remove-Mailbox"), 0),
        (("--cmdlets", "Remove-Mailbox", "NEW-SCHEDULINGMAILBOX"), 1),
        (("--start-date", "2026-11-23", "--end-date", "2026-11-23"), 1),
        (("--start-date", "11/23/2026", "--end-date", "11/24/2026"), 1),
        (("--start-date", "2026-11-24"), 0),
        (("--end-date", "2026-11-22"), 0),
        (("--start-date", "2026-11-23T07:00:00+01:00"), 1),
        (("--start-date", "2026-11-23T07:00:01+01:00"), 0),
    ],
)
def test_the_log_is_searched_by_cmdlet_and_utc_dates(contoso: Tenant, options: tuple[str, ...], found: int) -> None:
    calendar(contoso)
    assert len(as_json(*SEARCH, *options)) == found


@pytest.mark.row("S0.3", "S0.16")
def test_the_api_makes_calendars_too(contoso: Tenant) -> None:
    grace = member(contoso, Role.OWNER, name="Grace Hopper", email="grace@contoso.com").user
    with time_machine.travel(NOW, tick=False):
        status, page, _ = program(contoso)("POST", "/pages", {"kind": "business", "displayName": "Lunch"})
    assert (status, page["address"], page["state"]) == (201, "Lunch@contoso.com", "active")
    assert Mailbox.objects.get(kind=Mailbox.Kind.SCHEDULING).address == page["address"]
    [event] = as_json(*SEARCH)
    assert event["Caller"] == grace.get_full_name()
    assert Program()("GET", "/pages")[0] == 401
