"""The page behind a mail's buttons: it only shows until a button is pressed, then says who decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings.models import Approval, Booking, BookingPage, Service, StaffMember
from bookings.services import cancellation, rescheduling
from tenants import acting
from tenants.models import AuditEvent, Job, Role, Tenant
from tests import factories
from tests.approvals.scene import BEN, NINE, TEN, asking, later, questions, request, run
from tests.factories import ANA, NOW
from tests.pages.conftest import visitor

__all__ = ["visitor"]

Scene = tuple[BookingPage, Service, list[StaffMember]]


@pytest.fixture(autouse=True)
def monday() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def address(approval: Approval) -> str:
    return f"/approve/{approval.token}"


def state(booking: Booking) -> tuple[object, ...]:
    """Everything that an answer would change."""
    booking.refresh_from_db()
    asked = Approval.objects.order_by("pk").values_list("state", "decided_at", "opened_at", "reason")
    return booking.status, booking.sequence, booking.updated_at, list(asked), Job.objects.count()


@pytest.mark.parametrize("answer", ["", "?answer=approve", "?answer=reject"])
def test_any_number_of_gets_and_heads_change_nothing(contoso: Tenant, visitor: Client, answer: str) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    [question] = questions(booking)
    before = state(booking)
    for _number in range(20):
        assert visitor.get(address(question) + answer).status_code == 200
        assert visitor.head(address(question) + answer).status_code == 200
    assert state(booking) == before


def test_the_page_says_who_asks_for_what_in_the_hosts_zone(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    html = visitor.get(address(questions(booking)[0]), headers={"accept-language": "en-gb"}).content.decode()
    for text in ("Confirm this booking?", "Ana Pérez", ANA.email, "Consultation", "First visit",
                 "Tuesday 1 December 2026", "09:00 – 09:30", "Zurich (UTC+01:00)"):  # fmt: skip
        assert text in html
    declining = visitor.get(f"{address(questions(booking)[0])}?answer=reject").content.decode()
    assert "Decline this booking?" in declining and "Confirm this booking?" not in declining
    response = visitor.get(address(questions(booking)[0]))
    assert response["Cache-Control"] == "no-store" and "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize("kind", ["host", "assignment"])
def test_the_page_costs_few_queries(
    contoso: Tenant, visitor: Client, kind: str, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    page, service, _ = asking(contoso, approval=kind, staff=3, pending_holds=False)
    link = address(questions(request(page, service))[0])
    for _number in range(3):
        request(page, service, customer=BEN)
    with django_assert_max_num_queries(8):
        assert visitor.get(link).status_code == 200


def test_the_chosen_answer_comes_first_and_only_the_button_acts(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso)
    link = address(questions(request(page, service))[0])
    yes, no = (visitor.get(f"{link}?answer={answer}").content.decode() for answer in ("approve", "reject"))
    assert "<details>" in yes and "button--primary" in yes
    assert "<details open>" in no and "button--primary" not in no


def test_pressing_confirm_confirms_without_signing_in(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    [question] = questions(booking)
    response = visitor.post(address(question), {"answer": "approve"})
    assert (response.status_code, response["Location"]) == (303, address(question))
    booking.refresh_from_db()
    assert booking.status == Booking.Status.CONFIRMED
    event = AuditEvent.objects.get(action="booking.approved")
    assert (event.actor, event.source) == (question.asked_email, "mail")


def test_declining_keeps_the_reason(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    visitor.post(address(questions(booking)[0]), {"answer": "reject", "reason": "Public holiday"})
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == (Booking.Status.DECLINED, "Public holiday")
    html = visitor.get(address(questions(booking)[0])).content.decode()
    assert "Declined" in html and "Public holiday" in html


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_second_click_says_who_decided_and_when(
    contoso: Tenant, visitor: Client, monday: time_machine.Coordinates, method: str
) -> None:
    page, service, [doctor] = asking(contoso)
    booking = request(page, service)
    [question] = questions(booking)
    visitor.post(address(question), {"answer": "approve"})
    before = state(booking)
    monday.move_to(later(3))
    response = getattr(visitor, method)(address(question), {"answer": "reject"}, follow=True)
    assert response.status_code == 200 and state(booking) == before
    html = visitor.get(address(question), headers={"accept-language": "de"}).content.decode()
    html = visitor.get(address(question), headers={"accept-language": "en-gb"}).content.decode()
    assert f"{doctor.display_name} confirmed this booking." in html
    assert "Monday 23 November 2026, 07:00" in html and "<form" not in html.partition("</main>")[0]


def test_who_was_asked_too_reads_that_somebody_else_decided(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso, staff=2, staffing="all")
    booking = request(page, service)
    first, second = questions(booking)
    visitor.post(address(first), {"answer": "approve"})
    html = visitor.get(address(second)).content.decode()
    assert f"{first.asked_name} decided before you: this booking takes place." in html


def test_a_moved_booking_says_so_and_cannot_be_answered_by_the_old_link(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    [old] = questions(booking)
    rescheduling.reschedule(booking=booking, starts_at=TEN, now=later(0.5), actor=acting.visitor(ANA.email))
    html = visitor.post(address(old), {"answer": "approve"}, follow=True).content.decode()
    assert "This booking has changed" in html
    booking.refresh_from_db()
    assert booking.is_pending


def test_an_expired_question_is_gone_and_says_why(
    contoso: Tenant, visitor: Client, monday: time_machine.Coordinates
) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    run("approval.over", later(48))
    monday.move_to(later(49))
    response = visitor.get(address(questions(booking)[0]))
    assert response.status_code == 410 and "Not answered in time" in response.content.decode()


def test_a_cancelled_request_says_so(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)

    cancellation.cancel(booking=booking, now=NOW, actor=acting.visitor(ANA.email))
    assert "This booking was cancelled" in visitor.get(address(questions(booking)[0])).content.decode()


def test_rivals_are_listed_before_confirming(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso, pending_holds=False)
    ana, _ben = request(page, service), request(page, service, customer=BEN)
    html = visitor.get(address(questions(ana)[0])).content.decode()
    assert "Somebody else asks for this time too." in html and "Ben Okoro" in html


def test_a_time_taken_meanwhile_is_said_and_declining_is_offered(contoso: Tenant, visitor: Client) -> None:
    page, service, [doctor] = asking(contoso, pending_holds=False)
    ana = request(page, service)
    factories.book(page, factories.ServiceFactory(page=page, members=[doctor]), NINE, customer=BEN)
    response = visitor.post(address(questions(ana)[0]), {"answer": "approve"})
    html = response.content.decode()
    assert response.status_code == 409 and "This time has just been taken." in html and "<details open>" in html


def test_a_head_chooses_the_colleague(contoso: Tenant, visitor: Client) -> None:
    page, service, members = asking(contoso, approval="assignment", staff=2)
    factories.StaffMemberFactory(page=page, role=Role.OWNER)
    booking = request(page, service)
    for _number in range(2):
        [turn] = questions(booking, state=Approval.State.WAITING)
        assert "Will you take this booking?" in visitor.get(address(turn)).content.decode()
        visitor.post(address(turn), {"answer": "reject"})
    [question] = questions(booking, state=Approval.State.WAITING)
    html = visitor.get(address(question)).content.decode()
    assert "Who takes this booking?" in html and all(member.display_name in html for member in members)
    assert "Asked so far" in html and html.count("Rejected") == 2
    assert visitor.post(address(question), {"answer": "approve"}).status_code == 422
    visitor.post(address(question), {"answer": "approve", "colleague": str(members[0].pk)})
    booking.refresh_from_db()
    assert (booking.status, booking.staff_member) == (Booking.Status.CONFIRMED, members[0])


def test_only_the_pages_own_script_says_that_it_was_opened(
    contoso: Tenant, visitor: Client, monday: time_machine.Coordinates
) -> None:
    page, service, _ = asking(contoso)
    [question] = questions(request(page, service))
    html = visitor.get(address(question)).content.decode()
    assert f'data-opened-url="{address(question)}/opened"' in html
    assert visitor.get(f"{address(question)}/opened").status_code == 405
    assert visitor.post(f"{address(question)}/opened").status_code == 204
    monday.move_to(later(1))
    visitor.post(f"{address(question)}/opened")
    question.refresh_from_db()
    assert question.opened_at == NOW


def test_an_unknown_or_forged_link_shows_nothing(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso)
    [question] = questions(request(page, service))
    for token in ("nothing", question.token[:-1], question.token_hash):
        for path in (f"/approve/{token}", f"/approve/{token}/opened"):
            assert visitor.post(path, {"answer": "approve"}).status_code == 404
        assert visitor.get(f"/approve/{token}").status_code == 404


def test_a_strange_answer_decides_nothing(contoso: Tenant, visitor: Client) -> None:
    page, service, _ = asking(contoso)
    booking = request(page, service)
    for body in ({}, {"answer": "perhaps"}, {"answer": "reject", "reason": "x" * 501}):
        assert visitor.post(address(questions(booking)[0]), body).status_code == 422
    booking.refresh_from_db()
    assert booking.is_pending
