"""Deleting, restoring and purging a calendar by its pages, and the certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import escape
from django_scopes import scopes_disabled

from bookings.models import BookingPage, StaffMember
from bookings.services import purge, trash
from tenants.models import AuditEvent, Membership, Role, Tenant
from tests.factories import NOW, member, personal_page, stranger
from tests.trash.world import ACT, World, furnish, run_all

pytestmark = [pytest.mark.django_db, pytest.mark.row("S0.7")]
TRASH = "/organisation/trash/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def calendar(contoso: Tenant) -> World:
    return furnish(contoso)


def test_from_the_settings_into_the_trash_and_back_and_to_the_certificate(
    calendar: World, client: Client, sign_in: Callable[..., Membership], django_assert_max_num_queries: Any
) -> None:
    sign_in(Role.ADMINISTRATOR)
    page, address = calendar.page, calendar.page.mailbox.address
    delete = f"/staff/pages/{page.pk}/delete/"
    assert delete in client.get(f"/staff/pages/{page.pk}/details/").content.decode()
    with django_assert_max_num_queries(25):
        asked = client.get(delete).content.decode()
    assert "<dd><strong>4</strong></dd>" in asked and address in asked and "For 30 days" in asked
    assert BookingPage.objects.filter(pk=page.pk).exists()
    told = client.post(delete, {"ahead": "keep"}, follow=True).content.decode()
    assert "can be restored there until 23 December 2026" in told
    assert client.get(f"/staff/pages/{page.pk}/").status_code == 404
    assert "Consultation" not in client.get("/staff/bookings/").content.decode()
    assert str(calendar.booking.pk) not in client.get("/staff/bookings/bookings.csv").content.decode()
    with django_assert_max_num_queries(20):
        listed = client.get(TRASH).content.decode()
    assert address in listed
    client.get(f"{TRASH}{page.pk}/restore/")
    assert not BookingPage.objects.filter(pk=page.pk).exists()  # GET never acts
    client.post(f"{TRASH}{page.pk}/restore/")
    assert client.get(f"/staff/pages/{page.pk}/").status_code == 200
    client.post(delete, {"ahead": "keep"})
    wrong = client.post(f"{TRASH}{page.pk}/purge/", {"name": "Clinics"}).content.decode()
    assert "This is not its name" in wrong and "permanently lost and cannot be retrieved" in wrong
    client.post(f"{TRASH}{page.pk}/purge/", {"name": "Clinic"})
    assert "being purged" in client.get(TRASH).content.decode()
    run_all()
    event = purge.certificates().get()
    shown = client.get(f"{TRASH}certificates/{event.pk}/").content.decode()
    assert escape(event.after["checksum"]) in shown and "Matches" in shown and "Bookings" in shown
    client.post(TRASH, {"trash_days": "7"})
    assert Tenant.objects.get(name="Contoso").trash_days == 7


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER, "stranger"])
def test_who_may_not_finds_nothing(
    calendar: World, client: Client, sign_in: Callable[..., Membership], role: str
) -> None:
    if role == "stranger":
        with scopes_disabled():
            client.force_login(member(stranger(), Role.OWNER).user)
    else:
        sign_in(role)
    if role != Role.SCHEDULER:
        assert client.post(f"/staff/pages/{calendar.page.pk}/delete/", {"ahead": "keep"}).status_code == 404
    trash.delete(page=calendar.page, **ACT)
    for path in ("restore/", "purge/"):
        assert client.post(f"{TRASH}{calendar.page.pk}/{path}", {"name": "Clinic"}).status_code == 404
    assert BookingPage.with_deleted.get(pk=calendar.page.pk).purge_at > NOW
    if role == "stranger":
        assert calendar.page.mailbox.address not in client.get(TRASH).content.decode()


def test_a_person_deletes_their_own_page_and_brings_it_back(
    contoso: Tenant, client: Client, sign_in: Callable[..., Membership]
) -> None:
    user = sign_in(Role.TEAM_MEMBER).user
    page, _service, _owner = personal_page(contoso)
    StaffMember.objects.filter(page=page).update(mailbox=user.mailboxes.get())
    BookingPage.objects.filter(pk=page.pk).update(mailbox=user.mailboxes.get())
    client.post(f"/staff/pages/{page.pk}/delete/", {})
    assert "Your page lies in the trash" in client.get("/staff/page/").content.decode()
    client.post("/staff/page/activate/")  # no second page meanwhile
    assert BookingPage.with_deleted.count() == 1
    client.post("/staff/page/restore/")
    assert BookingPage.objects.get().pk == page.pk
    assert AuditEvent.objects.filter(action="page.restored", actor=user.email).exists()
