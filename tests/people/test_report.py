"""The report on everybody: each state, its reason, files of all of it, and none of it for a stranger."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from bookings.models import BookingPage
from bookings.services import pages, personal_addresses
from bookings.services.personal_addresses import State
from tenants import acting
from tenants.models import BOOKINGS_CAPABILITY, Mailbox, Role, Tenant
from tenants.services import policies
from tests.factories import NOW, BusinessPageFactory, MailboxFactory, member, stranger

pytestmark = pytest.mark.django_db
ADDRESS = "/organisation/people/"
SOON = NOW + timedelta(hours=1)
Enter = Callable[..., object]


@pytest.fixture
def everybody(contoso: Tenant) -> dict[State, Mailbox]:
    """One person in each state."""
    changes: dict[State, dict[str, object]] = {
        State.ACTIVE: {},
        State.WITHOUT_TYPES: {},
        State.UNPUBLISHED: {},
        State.ACTIVATING: {},
        State.NOT_SET_UP: {"has_bookings_plan": True},
        State.NO_LICENCE: {"has_bookings_plan": False, "capabilities": []},
        State.NO_CAPABILITY: {"has_bookings_plan": True, "capabilities": ["BPOS_S_Standard"]},
        State.BLOCKED: {"has_bookings_plan": True},
        State.CHECK_FAILED: {"has_bookings_plan": None, "capabilities": [], "licence_error": "429 TooManyRequests"},
        State.DISABLED: {"account_enabled": False, "directory_object_id": "1"},
        State.LEFT: {"account_enabled": False},
    }
    people = {
        state: MailboxFactory(
            tenant=contoso, display_name=f"{state.value} Person", address=f"{state.value}@contoso.com", **more
        )
        for state, more in changes.items()
    }
    for state in (State.ACTIVE, State.WITHOUT_TYPES, State.UNPUBLISHED):
        page = pages.activate_personal(mailbox=people[state], now=NOW, actor=acting.SYSTEM)
        if state == State.WITHOUT_TYPES:
            page.services.update(is_public=False)
        if state == State.UNPUBLISHED:
            pages.set_published(page=page, published=False, now=NOW, actor=acting.SYSTEM)
    pages.activate_personal(mailbox=people[State.ACTIVATING], now=SOON, actor=acting.SYSTEM)
    blocked = {"tenant": contoso, "kind": "personal", "on": False, "now": NOW, "actor": acting.SYSTEM}
    policies.set_switch(mailbox=people[State.BLOCKED], **blocked)  # type: ignore[arg-type]
    return people


@pytest.mark.row("S1.6", "S1.7", "S1.26", "S1.27", "S1.28", "S1.31", "S1.33", "S1.39")
def test_everybody_is_told_apart(contoso: Tenant, everybody: dict[State, Mailbox]) -> None:
    told = {each.user: each for each in personal_addresses.listed(tenant=contoso, now=SOON)}
    assert {state: told[mailbox.address].state for state, mailbox in everybody.items()} == {
        state: state for state in everybody
    }
    with_address = {each.state for each in told.values() if each.url}
    assert with_address == {State.ACTIVE, State.WITHOUT_TYPES}
    assert told["checkFailed@contoso.com"].reason == "429 TooManyRequests"
    assert "switched off for this person" in told["blockedByPolicy@contoso.com"].reason


@pytest.mark.row("S1.4", "S1.5")
def test_the_page_counts_filters_and_finds(
    contoso: Tenant, everybody: dict[State, Mailbox], sign_in: Enter, client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    with time_machine.travel(SOON, tick=False):
        page = client.get(ADDRESS).content.decode()
        assert "12 people" in page and "Blocked by policy" in page
        failed = client.get(f"{ADDRESS}?state=checkFailed").content.decode()
        assert "checkFailed@contoso.com" in failed and "notSetUp@contoso.com" not in failed
        found = client.get(f"{ADDRESS}?q=NOLICENCE").content.decode()
        assert "noLicence@contoso.com" in found and "1 person" in found
        nothing = client.get(f"{ADDRESS}?q=nobody-of-that-name").content.decode()
        assert "Nobody fits." in nothing


@pytest.mark.row("S1.5", "S1.30")
def test_the_files_hold_everybody_who_fits(
    contoso: Tenant, everybody: dict[State, Mailbox], sign_in: Enter, client: Client
) -> None:
    sign_in(Role.OWNER, capabilities=[])
    Mailbox.objects.filter(pk=everybody[State.NOT_SET_UP].pk).update(display_name="=cmd()")
    page = BookingPage.objects.get(mailbox=everybody[State.ACTIVE])
    with time_machine.travel(SOON, tick=False):
        text = b"".join(client.get(f"{ADDRESS}?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
        signatures = client.get(f"{ADDRESS}?format=html&state=active")
    head, *rows = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    by_address = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    assert len(rows) == 12
    active = by_address["active@contoso.com"]
    assert (active["Url"], active["AnonymousUrl"]) == (page.url, page.anonymous_url)
    assert f'<a href="{page.anonymous_url}">' in active["SignatureHtml"]
    assert by_address["notSetUp@contoso.com"]["DisplayName"] == "'=cmd()"
    assert signatures["Content-Disposition"] == 'attachment; filename="signatures.html"'
    assert f'<p data-user="active@contoso.com"><a href="{page.anonymous_url}">' in signatures.content.decode()
    assert "noLicence" not in signatures.content.decode()


@pytest.mark.row("S1.7")
def test_five_thousand_people_take_no_more_queries_than_one(contoso: Tenant, sign_in: Enter, client: Client) -> None:
    sign_in(Role.OWNER)
    Mailbox.objects.bulk_create(
        Mailbox(
            tenant=contoso, kind=Mailbox.Kind.USER, address=f"p{number}@contoso.com", display_name=f"P {number:04}",
            capabilities=[BOOKINGS_CAPABILITY], has_bookings_plan=True, time_zone="Europe/Zurich",
        )
        for number in range(5_000)
    )  # fmt: skip
    found = Mailbox.objects.get(address="p4999@contoso.com")
    pages.activate_personal(mailbox=found, now=NOW, actor=acting.SYSTEM)
    for address in (ADDRESS, f"{ADDRESS}?p=101", f"{ADDRESS}?format=csv", f"{ADDRESS}active/?p=100"):
        with time_machine.travel(SOON, tick=False), CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert len(queries) < 20, address
        if "csv" in address:
            assert body.count(b"\n") == 5_002
    with time_machine.travel(SOON, tick=False):
        assert "P 4999" in client.get(f"{ADDRESS}?state=active").content.decode()


@pytest.mark.row("S0.18")
def test_the_mystery_user_stands_among_the_active_users_and_leads_to_its_story(
    contoso: Tenant, sign_in: Enter, client: Client
) -> None:
    sign_in(Role.OWNER)
    clinic = BusinessPageFactory(tenant=contoso, display_name="Walk-in Clinic")
    MailboxFactory(tenant=contoso, kind=Mailbox.Kind.ROOM, display_name="Room 4")
    page = client.get(f"{ADDRESS}active/?q=walk").content.decode()
    assert "Walk-in Clinic" in page and "No person: a booking calendar" in page
    assert f"/organisation/mailboxes/{clinic.mailbox_id}/" in page
    assert "Room 4" not in client.get(f"{ADDRESS}active/").content.decode()


@pytest.mark.row("S1.10", "S4.18")
def test_one_person_has_a_page_that_explains_everything(contoso: Tenant, sign_in: Enter, client: Client) -> None:
    sign_in(Role.OWNER)
    ana = MailboxFactory(
        tenant=contoso, address="ana@contoso.com", display_name="Ana", has_bookings_plan=True,
        licences=["6fd2c87f-b296-42f0-b197-1e91e994b900", "11111111-0000-0000-0000-000000000000"],
    )  # fmt: skip
    pages.activate_personal(mailbox=ana, now=NOW, actor=acting.SYSTEM)
    with time_machine.travel(SOON, tick=False):
        page = client.get(f"{ADDRESS}{ana.pk}/").content.decode()
    for words in ("Office 365 E3", "11111111-0000", BOOKINGS_CAPABILITY, "Assigned", "Copy for Outlook", "?anonymous"):
        assert words in page


@pytest.mark.parametrize("place", ["", "active/", "exchange/", "leavers/", "progress/", "{person}/"])
def test_nobody_else_finds_any_of_it(contoso: Tenant, client: Client, place: str) -> None:
    person = MailboxFactory(tenant=contoso, display_name="Ana Secret")
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        theirs = member(fabrikam, Role.OWNER)
    client.force_login(theirs.user)
    answer = client.get(ADDRESS + place.format(person=person.pk))
    assert "Ana Secret" not in answer.content.decode()
    assert answer.status_code == (404 if "person" in place else 200)
    client.force_login(member(contoso, Role.SCHEDULER).user)
    assert client.get(ADDRESS + place.format(person=person.pk)).status_code == 404
