"""Managed types: a business page's service on colleagues' own pages, kept equal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from bookings.models import BookingPage, Reminder, Service, StaffMember
from bookings.services import managed_types, questions, services
from tenants import acting
from tenants.errors import NotFound
from tenants.models import Role, Tenant
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
ACT = {"now": NOW, "actor": acting.SYSTEM}


@pytest.fixture
def team(contoso: Tenant) -> tuple[BookingPage, Service, list[BookingPage]]:
    """A clinic of three; two of them have a page of their own."""
    page, service, members = factories.clinic(contoso, staff=3, title="Check-up")
    own = []
    for member in members[:2]:
        mine = factories.PersonalPageFactory(tenant=contoso, mailbox=member.mailbox)
        factories.StaffMemberFactory(page=mine, mailbox=member.mailbox, role=Role.OWNER)
        own.append(mine)
    return page, service, own


def test_a_service_goes_to_chosen_colleagues_and_follows_every_change(team) -> None:
    page, service, (first, second) = team
    question = questions.create(page=page, label="Why?", kind="text", **ACT)
    Reminder.objects.create(tenant=page.tenant, service=service, distance=timedelta(hours=2))
    services.change(service=service, asked={question: True}, **ACT)
    managed_types.hand_out(service=service, pages=[first], **ACT)
    copy = Service.objects.get(page=first)
    assert (copy.title, copy.is_public, copy.managed_by) == ("Check-up", False, service)
    assert [member.mailbox for member in copy.staff.all()] == [first.mailbox]
    assert [(asked.label, needed) for asked, needed in questions.asked_by(copy).items()] == [("Why?", True)]
    assert [row.distance for row in copy.reminders.all()] == [timedelta(hours=2)]
    services.change(service=service, title="Long check-up", duration=timedelta(hours=1), asked={}, **ACT)
    copy.refresh_from_db()
    assert (copy.title, copy.duration, questions.asked_by(copy)) == ("Long check-up", timedelta(hours=1), {})
    assert not Service.objects.filter(page=second).exists()


def test_a_question_that_is_changed_or_put_away_is_so_on_the_copies(team) -> None:
    page, service, (first, _second) = team
    question = questions.create(page=page, label="Why?", kind="text", **ACT)
    services.change(service=service, asked={question: True}, **ACT)
    managed_types.hand_out(service=service, pages=[first], **ACT)
    copy = Service.objects.get(page=first)
    own = questions.create(page=first, label="My own", kind="text", **ACT)
    questions.change(question=question, label="What for?", **ACT)
    assert [asked.label for asked in questions.asked_by(copy)] == ["What for?"]
    assert {row.label for row in questions.of_page(first)} == {"What for?", "My own"}
    questions.archive(question=question, **ACT)
    assert questions.asked_by(copy) == {}
    own.refresh_from_db()
    assert own.archived_at is None


def test_a_copy_is_its_colleagues_only_in_whether_it_is_public(team) -> None:
    _page, service, (first, _second) = team
    managed_types.hand_out(service=service, pages=[first], **ACT)
    copy = Service.objects.get(page=first)
    services.change(service=copy, is_public=True, **ACT)
    with pytest.raises(managed_types.ManagedType):
        services.change(service=Service.objects.get(pk=copy.pk), title="Mine", **ACT)
    with pytest.raises(managed_types.ManagedType):
        services.archive(service=Service.objects.get(pk=copy.pk), **ACT)
    services.change(service=service, duration=timedelta(minutes=45), **ACT)
    copy.refresh_from_db()
    assert (copy.is_public, copy.duration, copy.title) == (True, timedelta(minutes=45), "Check-up")


def test_taken_back_or_deleted_it_can_no_longer_be_booked(team) -> None:
    _page, service, own = team
    managed_types.hand_out(service=service, pages=own, **ACT)
    managed_types.hand_out(service=service, pages=own[1:], **ACT)
    assert [copy.page for copy in managed_types.copies_of(service)] == own[1:]
    services.archive(service=service, **ACT)
    assert managed_types.copies_of(service) == []


def test_what_needs_several_people_does_not_go_to_personal_pages(team) -> None:
    _page, service, own = team
    services.change(service=service, seats=5, **ACT)
    with pytest.raises(managed_types.NotForPersonalPages):
        managed_types.hand_out(service=service, pages=own, **ACT)
    services.change(service=service, seats=1, **ACT)
    managed_types.hand_out(service=service, pages=own, **ACT)
    with pytest.raises(managed_types.NotForPersonalPages):
        services.change(service=service, seats=5, **ACT)
    assert Service.objects.get(pk=service.pk).seats == 1


def test_only_pages_of_its_own_team_get_it(team, contoso: Tenant) -> None:
    _page, service, _own = team
    other, _type, _owner = factories.personal_page(contoso)
    managed_types.hand_out(service=service, pages=[other], **ACT)
    assert managed_types.copies_of(service) == []


def test_schedulers_hand_it_out_on_a_page_and_owners_see_who_manages_it(team, sign_in, client: Client) -> None:
    page, service, (first, second) = team
    address = reverse("staff:service_team", args=[page.pk, service.pk])
    sign_in(Role.SCHEDULER)
    client.post(address, {"pages": [str(first.pk)]})
    shown = client.get(address).content.decode()
    assert (shown.count("checked"), str(second.pk) in shown) == (1, True)
    owner = sign_in()
    first.mailbox.user = owner.user
    first.mailbox.save()
    copy = Service.objects.get(page=first)
    mine = reverse("staff:service", args=[first.pk, copy.pk])
    assert "kept equal to a service of Clinic" in client.get(mine).content.decode()
    client.post(mine, {"title": "Mine", "is_public": "on"})
    copy.refresh_from_db()
    assert (copy.title, copy.is_public) == ("Check-up", True)
    said = client.post(reverse("staff:reminders", args=[first.pk, copy.pk]), {
        "number": "1", "unit": "days", "when": "before", "reader": "customer",
    }, follow=True).content.decode()  # fmt: skip
    assert "managed by a business page" in said and not copy.reminders.exists()
    assert client.get(address).status_code == 404
    assert StaffMember.objects.filter(page=page).count() == 3


def test_a_question_of_somebody_else_is_refused(team, contoso: Tenant) -> None:
    _page, service, _own = team
    other = factories.clinic(contoso)[0]
    theirs = questions.create(page=other, label="Why?", kind="text", **ACT)
    with pytest.raises(NotFound):
        services.change(service=service, asked={theirs: False}, **ACT)
