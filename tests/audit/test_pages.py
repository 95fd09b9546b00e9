"""Mailboxes, the story of each, the audit trail and the usage, as an organisation's administrators read them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from bookings.models import BookingPage
from bookings.services import cancellation, pages, provenance, staff
from tenants import acting
from tenants.models import AuditEvent, Mailbox, Membership, Role, Tenant
from tenants.services import audit
from tests.factories import NOW, BusinessPageFactory, MailboxFactory, at, book, clinic, member, stranger
from tests.notifications.conftest import run
from tests.staff.conftest import sign_in

__all__ = ["run", "sign_in"]

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Membership]


def lunch(tenant: Tenant) -> BookingPage:
    """A calendar that Grace made in the browser, from a known address."""
    grace = member(tenant, Role.SCHEDULER, name="Grace Hopper", email="grace@contoso.com").user
    token = acting.client_ip.set("203.0.113.9")
    page = pages.create_business(
        tenant=tenant, creator=grace, display_name="Lunch Delivery", now=NOW, actor=acting.person(grace)
    )
    acting.client_ip.reset(token)
    return page


def text(client: Client, name: str, *args: object, query: str = "", most: int = 20) -> str:
    """The words of a page, which takes fewer than `most` queries."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    assert len(queries) < most, [query["sql"][:120] for query in queries]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def rows(client: Client, name: str, query: str) -> list[list[str]]:
    """A file, as a spreadsheet reads it."""
    answer: Any = client.get(reverse(name) + query)
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


@pytest.mark.row("S0.8", "S0.9", "S0.10", "S0.21")
def test_1200_scheduling_mailboxes_are_listed_counted_and_taken_out_whole(
    contoso: Tenant, sign_in: SignIn, client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    boxes = Mailbox.objects.bulk_create(
        Mailbox(tenant=contoso, kind=Mailbox.Kind.SCHEDULING, address=f"page{n}@contoso.com", display_name=f"Page {n}")
        for n in range(1_200)
    )
    BookingPage.objects.bulk_create(
        BusinessPageFactory.build(tenant=contoso, mailbox=box, display_name=box.display_name) for box in boxes
    )
    with scope(tenant=(fabrikam := stranger())):
        MailboxFactory(tenant=fabrikam, kind=Mailbox.Kind.SCHEDULING, address="secret@fabrikam.example")

    kind = "?type=SchedulingMailbox"
    assert "1200 mailboxes" in text(client, "organisation:mailboxes", query=kind)
    assert "Page 1 of 24" in text(client, "organisation:mailboxes", query=kind)
    text(client, "organisation:mailboxes", query="?view=permissions&p=24")
    assert "1200 calendars" in text(client, "organisation:usage")
    assert "1 mailbox " in text(client, "organisation:mailboxes", query=f"{kind}&q=PAGE1199@")

    listed = rows(client, "organisation:mailboxes", f"{kind}&format=csv")
    assert len(listed) == 1_201 and listed[0][:3] == ["DisplayName", "PrimarySmtpAddress", "RecipientTypeDetails"]
    allowed = rows(client, "organisation:mailboxes", "?view=permissions&format=csv")
    assert allowed[0] == ["Identity", "User", "AccessRights"]
    assert len(allowed) == 1_201 and all("@" in user and right == "FullAccess" for _box, user, right in allowed[1:])
    assert len(rows(client, "organisation:usage", "?format=csv")) == 1_201
    assert not any("secret" in cell for row in (*listed, *allowed) for cell in row)


@pytest.mark.row("S0.10")
def test_full_access_has_exactly_three_columns_and_people_only(
    contoso: Tenant, sign_in: SignIn, client: Client
) -> None:
    page, viewer = lunch(contoso), MailboxFactory(tenant=contoso, address="ana@contoso.com")
    staff.add(page=page, now=NOW, actor=acting.SYSTEM, mailbox=viewer, role=Role.ADMINISTRATOR)
    owner = sign_in(Role.OWNER)
    answer = client.get(reverse("organisation:mailboxes") + "?view=permissions").content.decode()
    assert re.findall(r'<th scope="col"[^>]*>([^<]+)', answer) == ["Identity", "User", "AccessRights"]
    assert re.findall(r"<td>([^<]+)</td>", answer) == [
        *("LunchDelivery@contoso.com", "ana@contoso.com", "FullAccess"),
        *("LunchDelivery@contoso.com", owner.user.email, "FullAccess"),
    ]
    assert "NT AUTHORITY" not in answer and "Where-Object" in answer


@pytest.mark.row("S0.11", "S0.18", "S0.19", "S0.20")
def test_the_mystery_user_is_explained_from_the_directorys_event_in_one_click(
    contoso: Tenant, sign_in: SignIn, client: Client, run: Callable[..., None]
) -> None:
    page = lunch(contoso)
    run(kind="mail.pageCreated")
    sign_in(Role.ADMINISTRATOR)
    event = AuditEvent.objects.get(initiator="Microsoft Substrate Management")
    assert (event.actor, event.target, event.source) == ("grace@contoso.com", "Lunch Delivery", "directory")
    told = client.get(reverse("organisation:audit_event", args=[event.pk])).content.decode()
    address = reverse("organisation:mailbox", args=[page.mailbox_id])
    assert address in told and "it acted because grace@contoso.com did" in told
    assert address in client.get(reverse("organisation:mailboxes")).content.decode()
    story = text(client, "organisation:mailbox", page.mailbox_id)
    for words in (
        "Lunch Delivery is no person", "Grace Hopper (grace@contoso.com)", "203.0.113.9, in the browser",
        "2026-11-23 06:00:00 UTC", "New-SchedulingMailbox", "“Microsoft Substrate Management”", "Page created",
        "If nobody wants it", "Booking calendar created",
    ):  # fmt: skip
        assert words in story
    assert reverse("staff:page", args=[page.pk]) in client.get(address).content.decode()


def test_the_story_is_told_when_the_mailbox_is_gone(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    page = lunch(contoso)
    mailbox = page.mailbox
    provenance.user_removed(page=page, now=NOW + timedelta(days=1), actor=acting.SYSTEM)
    page.delete()
    mailbox.delete()
    sign_in(Role.ADMINISTRATOR)
    story = text(client, "organisation:mailbox", page.mailbox_id)
    assert "was no person" in story and "Grace Hopper (grace@contoso.com)" in story
    assert "User object removed from the directory" in story
    other = MailboxFactory(tenant=contoso)
    assert client.get(reverse("organisation:mailbox", args=[other.pk])).status_code == 404


@pytest.mark.row("S0.16", "S0.17")
def test_the_trail_is_searched_and_taken_out(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    page = lunch(contoso)
    pages.change(page=page, now=NOW + timedelta(days=2), actor=acting.SYSTEM, phone="+41 44 000 00 00")
    sign_in(Role.OWNER)
    every = "?format=csv"

    def found(query: str) -> set[str]:
        head, *found = rows(client, "organisation:audit", f"{every}&{query}")
        return {row[head.index("action")] for row in found}

    assert found("") == {"page.created", "directory.userAdded", "page.changed"}
    assert found("cmdlet=new-SCHEDULINGmailbox") == {"page.created"}
    assert found("last=2026-11-23") == found("actor=GRACE") == {"page.created", "directory.userAdded"}
    assert found("first=2026-11-23T07:00:01%2B01:00") == {"page.changed"} == found("kind=system")
    assert found("actor=substrate") == {"directory.userAdded"} == found("action=directory.userAdded")
    assert found(f"target={page.pk}") == {"page.changed"}
    assert found("first=tomorrow") == set()
    assert "Enter a day" in text(client, "organisation:audit", query="?first=tomorrow")
    answer: Any = client.get(reverse("organisation:audit") + "?format=json&cmdlet=New-SchedulingMailbox")
    [event] = json.loads(answer.getvalue())
    assert (event["actor"], event["ip"], event["after"]["createdBy"]) == (
        "grace@contoso.com", "203.0.113.9", "Grace Hopper",
    )  # fmt: skip
    changed = AuditEvent.objects.get(action="page.changed")
    words = text(client, "organisation:audit_event", changed.pk)
    assert "Telephone – +41 44 000 00 00" in words and "Booking page changed: Lunch Delivery. Done by Daybook" in words


def test_a_long_trail_is_read_page_by_page_without_a_gap(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    sign_in(Role.OWNER)
    for n in range(120):
        audit.record(tenant=contoso, actor=acting.SYSTEM, action="page.changed", target=contoso,
                     now=NOW + timedelta(seconds=n // 7), label=f"Entry {n:03}")  # fmt: skip
    seen, address = [], reverse("organisation:audit") + "?action=page.changed"
    while address:
        answer = client.get(address).content.decode()
        seen += re.findall(r"Entry (\d+)", answer)
        older = re.search(r'href="(\?[^"]*after=[^"]*)"', answer)
        address = reverse("organisation:audit") + older.group(1).replace("&amp;", "&") if older else ""
    assert len(seen) == 120 and sorted(seen) == [f"{n:03}" for n in range(120)]
    text(client, "organisation:audit")


@pytest.mark.row("S0.21")
def test_usage_counts_each_calendar(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    page, service, _ = clinic(contoso, staff=2)
    BusinessPageFactory(tenant=contoso, display_name="Never asked for")
    book(page, service, at("2026-11-24 08:00"))
    gone = book(page, service, at("2026-11-24 09:00"))
    cancellation.cancel(booking=gone, now=NOW, actor=acting.SYSTEM)
    sign_in(Role.ADMINISTRATOR)
    days = "?first=2026-11-01&last=2026-11-30"
    head, *lines = rows(client, "organisation:usage", f"{days}&format=csv")
    numbers = {line[0]: dict(zip(head, line, strict=True)) for line in lines}
    used, unused = numbers["Clinic"], numbers["Never asked for"]
    assert (used["bookings"], used["cancelled"], used["noShows"], used["staff"]) == ("2", "1", "0", "2")
    assert used["lastBooked"] == NOW.isoformat() and unused["lastBooked"] == ""
    assert "Never asked for" in text(client, "organisation:usage", query=f"{days}&show=unused")
    assert "Clinic" not in text(client, "organisation:usage", query=f"{days}&show=unused").partition("Last booked")[2]
    latest = [line[0] for line in rows(client, "organisation:usage", f"{days}&show=latest&format=csv")[1:]]
    assert latest == ["Clinic", "Never asked for"]
    assert "The end must come after" in text(client, "organisation:usage", query="?first=2026-12-01&last=2026-11-01")


def test_another_organisation_finds_nothing_of_it(contoso: Tenant, client: Client) -> None:
    page = lunch(contoso)
    event = AuditEvent.objects.first()
    with scopes_disabled():
        client.force_login(member(stranger(), Role.OWNER).user)
    assert client.get(reverse("organisation:mailbox", args=[page.mailbox_id])).status_code == 404
    assert client.get(reverse("organisation:audit_event", args=[event and event.pk])).status_code == 404
    for name in ("organisation:audit", "organisation:mailboxes", "organisation:usage"):
        assert len(rows(client, name, "?format=csv")) == 1
        assert "Lunch" not in text(client, name)


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER])
def test_nobody_but_administrators_reads_the_trail(contoso: Tenant, sign_in: SignIn, client: Client, role: str) -> None:
    sign_in(role)
    for name in ("organisation:audit", "organisation:mailboxes", "organisation:usage"):
        assert client.get(reverse(name)).status_code == client.get(reverse(name) + "?format=csv").status_code == 404
