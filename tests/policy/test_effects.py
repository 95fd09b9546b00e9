"""What a decision changes: the first click, visitors' pages, programs, business pages, and what its owner reads."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from bookings.models import BookingPage
from tenants.models import Mailbox, Role, Tenant
from tenants.services import policies
from tests.factories import clinic, member, personal_page, stranger
from tests.pages.conftest import visitor
from tests.pages.reading import text
from tests.policy import scene
from tests.staff.conftest import sign_in

__all__ = ["sign_in", "visitor"]

pytestmark = pytest.mark.django_db
WHYS = {
    "plan": "service plan is not assigned", "capability": "Exchange has not given it", "account": "account is disabled",
    "organisation": "switched off in this organisation", "person": "switched off for this person",
    "Exchange, organisation": "organisation’s EwsBlockList", "Exchange, person": "this person’s EwsBlockList",
}  # fmt: skip


@pytest.mark.row("S4.17", "S4.19", "S4.20", "S4.26", "S4.30", "S1.11")
def test_a_page_closes_with_its_owners_entitlement_and_the_owner_reads_why(
    contoso: Tenant, visitor: Client, django_assert_max_num_queries: Any
) -> None:
    page, service, owner = personal_page(contoso)
    mailbox = owner.mailbox
    membership = member(contoso, Role.TEAM_MEMBER)
    Mailbox.objects.filter(pk=mailbox.pk).update(user=membership.user)
    theirs = Client()
    theirs.force_login(membership.user)
    addresses = [page.path, f"{page.path}/meetingtype/{service.pk}", scene.slots_of(page, service),
                 scene.microsofts(page)]  # fmt: skip
    assert [visitor.get(address).status_code for address in addresses] == [200] * 4
    BookingPage.objects.update(is_published=False)
    unpublished = text(visitor.get(page.path))
    BookingPage.objects.update(is_published=True)
    for why, told in WHYS.items():
        scene.take_away(why, mailbox)
        assert [visitor.get(address).status_code for address in addresses] == [404] * 4, why
        assert text(visitor.get(page.path)) == unpublished
        with django_assert_max_num_queries(3):
            visitor.get(page.path)
        assert told in theirs.get(reverse("staff:own_page")).content.decode(), why
        assert told in theirs.get(reverse("staff:dashboard")).content.decode(), why
        scene.give_back(mailbox)
    assert [visitor.get(address).status_code for address in addresses] == [200] * 4


@pytest.mark.row("S4.17", "S4.30", "S1.34")
@pytest.mark.parametrize("why", list(WHYS))
def test_the_first_click_is_refused_with_the_reason(contoso: Tenant, sign_in: Any, client: Client, why: str) -> None:
    membership = sign_in()
    scene.take_away(why, Mailbox.objects.select_related("tenant").get(user=membership.user))
    shown = client.get(reverse("staff:own_page")).content.decode()
    assert WHYS[why] in shown and "Go to my booking page" not in shown
    assert WHYS[why] in client.post(reverse("staff:activate"), follow=True).content.decode()
    assert not BookingPage.objects.exists()


@pytest.mark.row("S0.2", "S4.20")
@pytest.mark.parametrize("who", ["organisation", "person", "licence"])
def test_business_pages_are_neither_made_nor_managed_and_the_member_reads_why(
    contoso: Tenant, sign_in: Any, client: Client, who: str
) -> None:
    page, service, _people = clinic(contoso)
    membership = sign_in(Role.SCHEDULER)
    mailbox = Mailbox.objects.get(user=membership.user)
    told = {"organisation": "switched off in this organisation", "person": "switched off for this person",
            "licence": "service plan is not assigned"}[who]  # fmt: skip
    if who == "licence":
        Mailbox.objects.filter(pk=mailbox.pk).update(has_bookings_plan=False)
    else:
        only = mailbox if who == "person" else None
        policies.set_switch(tenant=contoso, kind="shared", on=False, mailbox=only, **scene.ACT)
    shown = client.get(reverse("staff:pages")).content.decode()
    assert told in shown and "New page" not in shown
    form = {"display_name": "Second Clinic", "language": "en", "time_zone": "Europe/Zurich"}
    for answer in (
        client.post(reverse("staff:page_new"), form, follow=True), client.get(reverse("staff:page_new"), follow=True),
        client.get(reverse("staff:page", args=[page.pk]), follow=True),
        client.post(reverse("staff:service_delete", args=[page.pk, service.pk]), follow=True),
    ):  # fmt: skip
        assert told in answer.content.decode()
    service.refresh_from_db()
    assert service.archived_at is None and BookingPage.objects.count() == 1
    assert Client().get(page.path).status_code == (404 if who == "organisation" else 200)


@pytest.mark.row("S4.17")
def test_a_person_may_have_a_page_though_the_organisation_has_not(
    contoso: Tenant, sign_in: Any, client: Client
) -> None:
    membership = sign_in()
    mailbox = Mailbox.objects.get(user=membership.user)
    policies.set_switch(tenant=contoso, kind="personal", on=False, **scene.ACT)
    policies.set_switch(tenant=contoso, kind="personal", on=True, mailbox=mailbox, **scene.ACT)
    client.post(reverse("staff:activate"))
    assert BookingPage.objects.get().mailbox == mailbox


def test_another_organisation_is_not_touched(contoso: Tenant, visitor: Client) -> None:
    other = stranger()
    with scopes_disabled():
        page, _service, owner = personal_page(other)
        Mailbox.objects.filter(pk=owner.mailbox_id).update(address="ana@fabrikam.example")
    page = BookingPage._base_manager.select_related("mailbox").get(pk=page.pk)
    policies.set_switch(tenant=contoso, kind="personal", on=False, **scene.ACT)
    policies.set_switch(tenant=contoso, kind="shared", on=False, **scene.ACT)
    assert visitor.get(page.path).status_code == 200
