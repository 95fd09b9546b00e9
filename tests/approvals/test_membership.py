"""Whoever is put on a business page agrees first, where the organisation wants that: else nobody can book them."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django_scopes import scope

from bookings.models import Approval, BookingPage, Service, StaffMember
from bookings.services import approvals, memberships, offers, pages, staff
from bookings.services.booking import NoStaff
from tenants import acting
from tenants.models import AuditEvent, Job, Tenant
from tests import factories
from tests.approvals.scene import NINE, STAFF, later
from tests.factories import NOW
from tests.pages.conftest import visitor

__all__ = ["visitor"]

ACTIVE, PENDING, REJECTED = "active", "pendingAcceptance", "rejectedByStaff"


@pytest.fixture
def asking(contoso: Tenant) -> Tenant:
    """The organisation asks people first (S0.13)."""
    contoso.require_staff_approval = True
    contoso.save()
    return contoso


def add(tenant: Tenant, actor: acting.Actor = STAFF) -> tuple[BookingPage, Service, StaffMember]:
    """A page with one service, and somebody put on it who gives the service."""
    page = factories.BusinessPageFactory(tenant=tenant)
    mailbox = factories.MailboxFactory(tenant=tenant, syncs_calendar=True)
    member = staff.add(page=page, mailbox=mailbox, now=NOW, actor=actor)
    return page, factories.ServiceFactory(page=page, members=[member]), member


def question(member: StaffMember) -> Approval:
    return Approval.objects.filter(staff_member=member).latest("asked_at")


def wishes(template: str) -> int:
    return Job.objects.filter(kind__startswith="mail.", dedupe_key__contains=f"mail:{template}:").count()


def offered(page: BookingPage, service: Service) -> int:
    zone = ZoneInfo("Europe/Zurich")
    day = date(2026, 12, 1)
    return len(offers.offer(page=page, service=service, first_date=day, last_date=day, zone=zone, now=NOW).slots)


@pytest.mark.row("S0.12", "S0.13")
def test_without_the_setting_they_are_told_and_active_at_once(contoso: Tenant) -> None:
    page, service, member = add(contoso)
    assert member.status == ACTIVE and offered(page, service) == 16
    assert (wishes("memberAdded"), wishes("membershipAsked"), Approval.objects.count()) == (1, 0, 0)
    assert Job.objects.filter(kind="busy.pull").count() == 1


@pytest.mark.row("S0.13", "S0.15")
def test_with_the_setting_they_are_asked_and_not_offered(asking: Tenant) -> None:
    page, service, member = add(asking)
    assert member.status == PENDING and offered(page, service) == 0
    assert (wishes("memberAdded"), wishes("membershipAsked")) == (0, 1)
    assert not Job.objects.filter(kind="busy.pull").exists()
    with pytest.raises(NoStaff):
        factories.book(page, service, NINE)
    assert member.get_status_display() == "Approve to receive bookings"


@pytest.mark.row("S0.15")
def test_approving_makes_them_bookable_and_reads_their_calendar(asking: Tenant) -> None:
    page, service, member = add(asking)
    memberships.answer(approval=question(member), agrees=True, now=later(1), actor=STAFF, by="Bea")
    member.refresh_from_db()
    assert (member.status, member.get_status_display()) == (ACTIVE, "Accepting bookings")
    assert offered(page, service) == 16
    assert wishes("memberAnswered") == 1 and Job.objects.filter(kind="busy.pull").count() == 1
    event = AuditEvent.objects.get(action="staff.approved")
    assert (event.before["status"], event.after["status"]) == (PENDING, ACTIVE)


@pytest.mark.row("S0.15")
def test_rejecting_keeps_them_off_and_tells_who_made_the_page(asking: Tenant) -> None:
    page, service, member = add(asking)
    memberships.answer(
        approval=question(member), agrees=False, now=later(1), actor=STAFF, by="Bea", reason="Not my work"
    )  # fmt: skip
    member.refresh_from_db()
    assert (member.status, member.get_status_display()) == (REJECTED, "Not accepting bookings")
    assert offered(page, service) == 0 and wishes("memberAnswered") == 1
    assert not Job.objects.filter(kind="busy.pull").exists()


def test_who_adds_themself_has_agreed(asking: Tenant) -> None:
    membership = factories.member(asking)
    page = factories.BusinessPageFactory(tenant=asking)
    mailbox = factories.MailboxFactory(tenant=asking, user=membership.user)
    member = staff.add(page=page, mailbox=mailbox, now=NOW, actor=acting.person(membership.user))
    assert member.status == ACTIVE and wishes("memberAdded") == 1


def test_an_api_client_that_bears_a_persons_name_has_not_agreed_for_them(asking: Tenant) -> None:
    mailbox = factories.MailboxFactory(tenant=asking)
    page = factories.BusinessPageFactory(tenant=asking)
    client = acting.Actor(kind="apiClient", label=mailbox.address, source="api")
    assert staff.add(page=page, mailbox=mailbox, now=NOW, actor=client).status == PENDING


def test_the_owner_of_a_personal_page_is_not_asked_and_gets_no_mail(asking: Tenant) -> None:
    mailbox = factories.MailboxFactory(tenant=asking)
    page = pages.activate_personal(mailbox=mailbox, now=NOW, actor=STAFF)
    assert page.staff_members.get().status == ACTIVE
    assert (wishes("memberAdded"), wishes("membershipAsked")) == (0, 0)


def test_the_first_answer_counts(asking: Tenant) -> None:
    _page, _service, member = add(asking)
    asked = question(member)
    memberships.answer(approval=asked, agrees=False, now=later(1), actor=STAFF, by="Bea")
    with pytest.raises(approvals.AlreadyDecided):
        memberships.answer(approval=asked, agrees=True, now=later(2), actor=STAFF, by="Bea")
    member.refresh_from_db()
    assert member.status == REJECTED


@pytest.mark.parametrize("answered", [True, False])
def test_the_owner_can_ask_again_and_the_old_link_no_longer_counts(asking: Tenant, answered: bool) -> None:
    _page, _service, member = add(asking)
    old = question(member)
    if answered:
        memberships.answer(approval=old, agrees=False, now=later(1), actor=STAFF, by="Bea")
    new = staff.ask_again(member=member, now=later(24), actor=STAFF)
    member.refresh_from_db()
    assert member.status == PENDING and wishes("membershipAsked") == 2 and new.pk != old.pk
    with pytest.raises(approvals.AlreadyDecided):
        memberships.answer(approval=old, agrees=True, now=later(25), actor=STAFF, by="Bea")
    memberships.answer(approval=new, agrees=True, now=later(25), actor=STAFF, by="Bea")
    with pytest.raises(memberships.NothingToAsk):
        staff.ask_again(member=member, now=later(26), actor=STAFF)


def test_who_was_taken_off_the_page_decides_nothing_any_more(asking: Tenant) -> None:
    _page, _service, member = add(asking)
    asked = question(member)
    staff.remove(member=member, now=later(1), actor=STAFF)
    with pytest.raises(approvals.AlreadyDecided):
        memberships.answer(approval=asked, agrees=True, now=later(2), actor=STAFF, by="Bea")
    asked.refresh_from_db()
    assert asked.state == Approval.State.SETTLED


@pytest.mark.row("S0.13")
@time_machine.travel(NOW, tick=False)
def test_the_mails_link_shows_and_its_buttons_answer(asking: Tenant, visitor: Client) -> None:
    page, _service, member = add(asking)
    link = f"/approve/{question(member).token}"
    for answer in ("approve", "reject"):
        html = visitor.get(f"{link}?answer={answer}").content.decode()
        assert f"Take bookings on {page.display_name}?" in html and "when you are free or busy is not shared" in html
    member.refresh_from_db()
    assert member.status == PENDING
    visitor.post(link, {"answer": "approve"})
    member.refresh_from_db()
    assert member.status == ACTIVE
    visitor.post(link, {"answer": "reject"})
    member.refresh_from_db()
    assert member.status == ACTIVE
    html = visitor.get(link).content.decode()
    assert f"{member.display_name} takes bookings on “{page.display_name}”." in html


def test_the_setting_of_one_organisation_asks_nobody_of_another(asking: Tenant) -> None:
    other = factories.stranger()

    with scope(tenant=other):
        _page, _service, member = add(other)
        assert member.status == ACTIVE
