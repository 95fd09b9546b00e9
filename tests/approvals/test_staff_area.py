"""What waits can be answered in the staff area too: by who is asked, and by who looks after business pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client
from django_scopes import scope

from bookings.models import Approval, Booking
from bookings.services import staff
from tenants.models import AuditEvent, Mailbox, Membership, Role, Tenant
from tests import factories
from tests.approvals.scene import BEN, STAFF, TEN, asking, questions, request
from tests.factories import NOW
from tests.staff.conftest import mailbox_of, sign_in

__all__ = ["mailbox_of", "sign_in"]

SignIn = Callable[..., Membership]


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def address(question: Approval) -> str:
    return f"/staff/approvals/{question.pk}/"


def listed(client: Client) -> str:
    response = client.get("/staff/approvals/")
    assert response.status_code == 200
    return str(response.content.decode())


def hers(tenant: Tenant, mailbox: Mailbox, **service: object) -> Booking:
    """A request for a host who has this mailbox."""
    page = factories.BusinessPageFactory(tenant=tenant)
    member = factories.StaffMemberFactory(page=page, mailbox=mailbox)
    made = factories.ServiceFactory(page=page, members=[member], approval="host", **service)
    return request(page, made)


def test_the_host_sees_what_waits_and_answers(
    contoso: Tenant, client: Client, sign_in: SignIn, mailbox_of: Callable[[Membership], Mailbox]
) -> None:
    membership = sign_in()
    booking = hers(contoso, mailbox_of(membership))
    [question] = questions(booking)
    assert "Ana Pérez" in listed(client) and address(question) in listed(client)
    assert address(question) in client.get(f"/staff/bookings/{booking.pk}/").content.decode()
    html = client.get(address(question)).content.decode()
    assert "Confirm this booking?" in html and "data-opened-url" not in html
    booking.refresh_from_db()
    assert booking.is_pending
    response = client.post(address(question), {"answer": "approve"})
    assert response["Location"] == "/staff/approvals/"
    booking.refresh_from_db()
    question.refresh_from_db()
    assert booking.status == Booking.Status.CONFIRMED and question.decided_by == membership.user.name
    assert AuditEvent.objects.get(action="booking.approved").actor == membership.user.email
    assert "Nothing waits for you" in listed(client)
    assert "confirmed this booking" in client.get(address(question)).content.decode()


def test_a_scheduler_may_decide_instead_and_sees_each_booking_once(
    contoso: Tenant, client: Client, sign_in: SignIn
) -> None:
    sign_in(Role.SCHEDULER)
    page, service, _ = asking(contoso, staff=2, staffing="all")
    booking = request(page, service)
    html = listed(client)
    assert html.count("Ana Pérez") == 1 and "was asked" in html
    client.post(address(questions(booking)[0]), {"answer": "reject", "reason": "Closed"})
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == (Booking.Status.DECLINED, "Closed")


def test_nobody_accepts_a_colleagues_turn_or_membership_for_them(
    contoso: Tenant, client: Client, sign_in: SignIn
) -> None:
    sign_in(Role.OWNER)
    page, service, _ = asking(contoso, approval="assignment", staff=2)
    booking = request(page, service)
    turn = questions(booking)[0]
    assert "/staff/approvals/" not in client.get(f"/staff/bookings/{booking.pk}/").content.decode()
    contoso.require_staff_approval = True
    contoso.save()
    added = staff.add(page=page, mailbox=factories.MailboxFactory(tenant=contoso), now=NOW, actor=STAFF)
    membership = Approval.objects.get(staff_member=added)
    for question in (turn, membership):
        for answer in ("approve", "reject"):
            assert client.post(address(question), {"answer": answer}).status_code == 404
        question.refresh_from_db()
        assert question.state == Approval.State.WAITING
    assert "Nothing waits for you" in listed(client)


def test_a_person_agrees_to_a_page_in_the_staff_area(
    contoso: Tenant, client: Client, sign_in: SignIn, mailbox_of: Callable[[Membership], Mailbox]
) -> None:
    contoso.require_staff_approval = True
    contoso.save()
    page = factories.BusinessPageFactory(tenant=contoso, display_name="Help desk")
    member = staff.add(page=page, mailbox=mailbox_of(sign_in()), now=NOW, actor=STAFF)
    assert "Take bookings on Help desk" in listed(client)
    client.post(address(Approval.objects.get()), {"answer": "approve"})
    member.refresh_from_db()
    assert member.status == "active"


@pytest.mark.parametrize("role", [Role.TEAM_MEMBER, Role.VIEWER])
def test_colleagues_who_were_not_asked_see_and_decide_nothing(
    contoso: Tenant, client: Client, sign_in: SignIn, role: str
) -> None:
    sign_in(role)
    page, service, _ = asking(contoso)
    booking = request(page, service)
    assert client.get("/staff/approvals/").status_code == (404 if role == Role.VIEWER else 200)
    for method in (client.get, client.post):
        assert method(address(questions(booking)[0]), {"answer": "approve"}).status_code == 404
    booking.refresh_from_db()
    assert booking.is_pending


def test_a_stranger_of_another_organisation_finds_nothing(contoso: Tenant, client: Client) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)

    other = factories.stranger()
    with scope(tenant=other):
        owner = factories.member(other, Role.OWNER)
    client.force_login(owner.user)
    assert "Ana" not in listed(client)
    assert client.post(address(questions(booking)[0]), {"answer": "approve"}).status_code == 404
    booking.refresh_from_db()
    assert booking.is_pending


def test_an_answer_that_comes_second_shows_the_first(contoso: Tenant, client: Client, sign_in: SignIn) -> None:
    sign_in(Role.OWNER)
    page, service, [doctor] = asking(contoso)
    booking = request(page, service)
    [question] = questions(booking)
    Client().post(f"/approve/{question.token}", {"answer": "approve"})
    html = client.post(address(question), {"answer": "reject"}, follow=True).content.decode()
    assert f"{doctor.display_name} confirmed this booking." in html


def test_the_list_costs_the_same_whatever_its_length(
    contoso: Tenant, client: Client, sign_in: SignIn, django_assert_max_num_queries: Callable[..., object]
) -> None:
    sign_in(Role.OWNER)
    page, service, _ = asking(contoso)
    for number in range(4):
        request(page, service, TEN.replace(hour=9 + number), customer=BEN)
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        assert listed(client).count("Ben Okoro") == 4
