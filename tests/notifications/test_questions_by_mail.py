"""Mails that ask staff something, and mails that tell the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bookings.models import Approval, BookingPage, StaffMember
from bookings.services import decisions, follow_up, mail_codes, memberships, pages, staff
from tenants import acting
from tenants.models import Job, Membership, Message, Role, Tenant
from tests import factories
from tests.factories import ANA, NOW, at

Run = Callable[..., None]


def send(run: Run) -> None:
    for kind in set(Job.objects.filter(kind__startswith="mail.", state="pending").values_list("kind", flat=True)):
        run(kind=kind)


def page_of(tenant: Tenant, creator: str = "maria@contoso.com", *, asks: bool = True) -> BookingPage:
    tenant.require_staff_approval = asks
    tenant.save()
    member = factories.member(tenant, Role.SCHEDULER, email=creator, name="Maria")
    actor = acting.person(member.user)
    return pages.create_business(tenant=tenant, creator=member.user, display_name="Clinic", now=NOW, actor=actor)


def add(page: BookingPage, **details: Any) -> StaffMember:
    details = {"display_name": "Bea", "email": "bea@contoso.com"} | details
    return staff.add(page=page, now=NOW, actor=acting.SYSTEM, **details)


@pytest.mark.row("S0.12")
@pytest.mark.row("S0.13")
def test_who_is_added_gets_approve_and_reject_where_the_organisation_asks(contoso: Tenant, run: Run) -> None:
    member = add(page_of(contoso))
    send(run)
    mail = Message.objects.get(to="bea@contoso.com")
    url = member.approvals.get().url
    assert mail.template == "membershipAsked" and mail.from_name == "Clinic"
    assert f"Approve:\n{url}?answer=approve" in mail.text and f"Reject:\n{url}?answer=reject" in mail.text
    assert "Until you approve, nobody can book you there" in mail.text


@pytest.mark.row("S0.14")
def test_without_the_setting_the_mail_has_nothing_to_answer(contoso: Tenant, run: Run) -> None:
    add(page_of(contoso, asks=False))
    send(run)
    mail = Message.objects.get(to="bea@contoso.com")
    assert mail.template == "memberAdded" and "/approve/" not in mail.text + mail.html
    assert "You can be booked there from now on." in mail.text


@pytest.mark.parametrize(("agrees", "sentence"), [(True, "has approved and can be booked"), (False, "has rejected")])
def test_who_made_the_page_hears_the_answer(contoso: Tenant, run: Run, agrees: bool, sentence: str) -> None:
    factories.member(contoso, Role.OWNER)
    member = add(page_of(contoso))
    memberships.answer(
        approval=member.approvals.get(), agrees=agrees, now=NOW, actor=acting.SYSTEM, by="Bea", reason="On leave"
    )  # fmt: skip
    send(run)
    mail = Message.objects.get(template="memberAnswered")
    assert mail.to == "maria@contoso.com" and sentence in mail.text and "Bea" in mail.subject
    assert agrees or "Reason: On leave" in mail.text


def test_without_its_creator_the_first_administrator_hears_it(contoso: Tenant, run: Run) -> None:
    page = page_of(contoso)
    owner = factories.member(contoso, Role.OWNER)
    member = add(page)
    send(run)
    page.tenant.refresh_from_db()
    Membership.objects.filter(user__email="maria@contoso.com").update(role=Role.VIEWER)
    memberships.answer(approval=member.approvals.get(), agrees=True, now=NOW, actor=acting.SYSTEM, by="Bea")
    send(run)
    assert Message.objects.get(template="memberAnswered").to == owner.user.email


class TestBooking:
    def ask(self, tenant: Tenant, approval: str = "host", **service: Any) -> Approval:
        page, found, _members = factories.clinic(tenant, approval=approval, **service)
        booking = factories.book(page, found, at("2026-11-30 08:00"))
        return Approval.objects.get(booking=booking)

    def test_the_host_reads_who_asks_for_what_on_the_own_clock(self, contoso: Tenant, run: Run) -> None:
        approval = self.ask(contoso)
        send(run)
        mail = Message.objects.get(template="approvalAsked")
        assert mail.to == approval.asked_email and mail.reply_to == ANA.email
        assert mail.subject == "Please confirm: Consultation, Mon 30 Nov 2026 09:00"
        assert "When: Monday 30 November 2026, 09:00–09:30 (Europe/Zurich, UTC+01:00)" in mail.text
        assert "Note: First visit" in mail.text and "Answer by: " in mail.text
        assert f"{approval.url}?answer=approve" in mail.text and f"{approval.url}?answer=reject" in mail.text
        assert approval.booking is not None and approval.booking.manage_token not in mail.text + mail.html

    def test_a_colleague_is_asked_to_take_it_over(self, contoso: Tenant, run: Run) -> None:
        self.ask(contoso, approval="assignment")
        send(run)
        assert "If you cannot, the next colleague is asked." in Message.objects.get(template="approvalAsked").text

    def test_what_was_answered_before_the_mail_went_is_asked_no_more(self, contoso: Tenant, run: Run) -> None:
        decisions.approve(approval=self.ask(contoso), now=NOW, actor=acting.SYSTEM, by="Bea")
        send(run)
        assert not Message.objects.filter(template="approvalAsked").exists()

    def test_the_question_goes_once_however_often_it_is_wished(self, contoso: Tenant, run: Run) -> None:
        approval = self.ask(contoso)
        send(run)
        follow_up.approval_asked(approval, now=NOW)
        send(run)
        assert Message.objects.filter(template="approvalAsked").count() == 1

    def test_it_is_written_in_the_language_of_who_is_asked(self, contoso: Tenant, run: Run) -> None:
        approval = self.ask(contoso)
        Approval.objects.filter(pk=approval.pk).update(asked_language="de")
        send(run)
        assert "Montag, 30. November 2026" in Message.objects.get(template="approvalAsked").text


def test_six_digits_stand_in_the_mail_and_nowhere_else(contoso: Tenant, run: Run) -> None:
    page, _service, _members = factories.clinic(contoso)
    mail_codes.ask(page=page, request_key="k", address=ANA.email, name="Ana", language="en", now=NOW)
    send(run)
    mail = Message.objects.get(template="mailCode")
    digits = mail.subject.split()[0]
    assert digits.isdigit() and len(digits) == 6 and f"Code: {digits}" in mail.text
    assert not any(digits in str(payload) for payload in Job.objects.values_list("payload", flat=True))


def test_a_digest_goes_once_in_the_words_it_is_given(contoso: Tenant, run: Run) -> None:
    facts: dict[str, Any] = {
        "tenant": contoso, "to": "bea@contoso.com", "to_name": "Bea", "language": "en",
        "subject": "2 bookings cancelled",
        "intro": "All bookings of one sender.", "rows": [("Mon 09:00", "Ana"), ("Tue 10:00", "Ana")], "key": "one",
    }  # fmt: skip
    for _twice in range(2):
        follow_up.digest(**facts, now=NOW)
    send(run)
    mail = Message.objects.get(template="digest")
    assert mail.subject == "2 bookings cancelled" and "Mon 09:00: Ana" in mail.text and mail.state == "sent"
