"""What a customer gives beside name and address: kept as it was asked, refused field by field, all at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django_scopes import scope

from bookings.models import BlockedSender, Booking, BookingPage, Question, Service, ServiceQuestion
from bookings.services import intake
from bookings.services.intake import Blocked, Details
from tenants import acting
from tenants.errors import InvalidInput
from tenants.models import Tenant
from tests.factories import ANA, NOW, UserFactory, at, book, clinic, stranger

NINE = at("2026-11-23 08:00")
STAFF = acting.Actor(kind="person", label="desk@contoso.com", source="web")
PROGRAM = acting.Actor(kind="apiClient", label="CRM", source="api")


def ask(service: Service, label: str, kind: str = "text", *, needed: bool = False, **question: Any) -> str:
    """Has the service ask; the question's id."""
    asked = Question.objects.create(tenant=service.tenant, page=service.page, label=label, kind=kind, **question)
    ServiceQuestion.objects.create(tenant=service.tenant, service=service, question=asked, is_required=needed)
    return str(asked.pk)


def refused(page: BookingPage, service: Service, details: Details, **more: Any) -> dict[str, list[str]]:
    """The sentences by field, and nothing was booked."""
    with pytest.raises(InvalidInput) as wrong:
        book(page, service, NINE, details=details, **more)
    assert not Booking.objects.exists()
    return wrong.value.errors


def test_answers_are_kept_in_the_order_and_the_words_in_which_they_were_asked(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    second = ask(service, "Allergies?", "several", position=2, options=["Nuts", "Milk", "Eggs"])
    first = ask(service, "Which doctor sent you?", position=1)
    ask(service, "Anything else?", "longText", position=3)
    given = Details(answers={second: ["Milk", "Nuts"], first: "  Dr. Who "})
    booking = Booking.objects.get(pk=book(page, service, NINE, details=given).pk)
    Question.objects.update(label="Rewritten", archived_at=NOW)
    assert booking.answers == [
        {"question": first, "label": "Which doctor sent you?", "answer": "Dr. Who"},
        {"question": second, "label": "Allergies?", "answer": "Milk, Nuts", "chosen": ["Milk", "Nuts"]},
    ]


def test_everything_that_is_wrong_is_said_at_once_by_field(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, guests_allowed=True)
    page.consent_text = "I agree."
    needed = ask(service, "Why?", needed=True)
    choice = ask(service, "Which?", "choice", options=["A", "B"])
    customer = type(ANA)(name="", email="nobody", time_zone="UTC")
    details = Details(answers={choice: "C"}, guests=["nobody"])
    errors = refused(page, service, details, customer=customer)
    assert set(errors) == {"name", "email", f"answers.{needed}", f"answers.{choice}", "guests", "consent"}


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("text", "x" * 501), ("longText", "x" * 4001), ("text", "nul \x00"), ("text", ["two", "texts"]),
        ("choice", "C"), ("choice", ["A", "B"]), ("several", ["A", "C"]), ("several", ["A", "A"]),
    ],
)  # fmt: skip
def test_an_answer_that_was_not_to_choose_from_or_is_too_long_is_refused(
    contoso: Tenant, kind: str, answer: Any
) -> None:
    page, service, _ = clinic(contoso)
    options = ["A", "B"] if kind in ("choice", "several") else []
    key = ask(service, "Which?", kind, options=options)
    assert list(refused(page, service, Details(answers={key: answer}))) == [f"answers.{key}"]


def test_a_question_of_another_service_or_one_that_is_asked_no_more_is_unknown(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    _, other, _ = clinic(contoso)
    foreign, old = ask(other, "Why?"), ask(service, "Why?", needed=True)
    Question.objects.filter(pk=old).update(archived_at=NOW)
    assert set(refused(page, service, Details(answers={foreign: "x", old: "y"}))) == {
        f"answers.{foreign}", f"answers.{old}",
    }  # fmt: skip
    book(page, service, NINE)


def test_staff_may_leave_out_what_a_visitor_and_a_program_must_answer(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    page.consent_text = "I agree."
    needed = ask(service, "Why?", needed=True)
    assert list(refused(page, service, Details(), actor=PROGRAM)) == [f"answers.{needed}"]
    booking = book(page, service, NINE, actor=STAFF)
    assert (booking.consent_text, booking.consented_at) == ("", None)


@pytest.mark.row("S4.32")
def test_consent_is_kept_with_its_text_and_instant(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    page.consent_text = "You may keep my data."
    assert list(refused(page, service, Details())) == ["consent"]
    booking = book(page, service, NINE, details=Details(consented=True))
    page.consent_text = "Something else."
    booking.refresh_from_db()
    assert (booking.consent_text, booking.consented_at) == ("You may keep my data.", NOW)


def test_guests_are_up_to_ten_other_people_with_mail_addresses(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, guests_allowed=True)
    for wrong in (
        ["nobody"],
        [ANA.email.upper()],
        ["a@example.com", "A@example.com"],
        [f"g{n}@x.org" for n in range(11)],
    ):
        assert list(refused(page, service, Details(guests=wrong))) == ["guests"]
    booking = book(page, service, NINE, details=Details(guests=[" Bo@example.com", "", "cy@example.com"]))
    assert booking.guests == ["Bo@example.com", "cy@example.com"]
    service.guests_allowed = False
    assert list(refused_guests(page, service)) == ["guests"]


def refused_guests(page: BookingPage, service: Service) -> dict[str, list[str]]:
    """The refusal of a guest where none are allowed."""
    with pytest.raises(InvalidInput) as wrong:
        book(page, service, NINE + timedelta(hours=1), details=Details(guests=["bo@example.com"]))
    return wrong.value.errors


def test_a_campaign_never_stands_in_the_way(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, NINE, details=Details(campaign="spring\x00\n" + "x" * 200))
    assert booking.campaign.startswith("spring") and len(booking.campaign) == 120


@pytest.mark.parametrize("pattern", ["ana@example.net", "@example.net"])
def test_a_blocked_sender_is_refused_without_being_told_so(contoso: Tenant, pattern: str) -> None:
    page, service, _ = clinic(contoso)
    with scope(tenant=(other := stranger())):
        BlockedSender.objects.create(tenant=other, pattern=pattern)
    BlockedSender.objects.create(tenant=contoso, pattern=pattern)
    shouting = type(ANA)(name="Ana", email="ANA@Example.net", time_zone="UTC")
    with pytest.raises(Blocked) as no:
        book(page, service, NINE, customer=shouting)
    assert (no.value.code, no.value.status) == ("senderBlocked", 403) and "block" not in no.value.detail.lower()
    book(page, service, NINE, actor=acting.person(UserFactory()))
    BlockedSender.objects.all().delete()
    book(page, service, NINE + timedelta(hours=1))


def test_questions_are_read_in_their_order_by_one_query(contoso: Tenant, django_assert_num_queries: Any) -> None:
    _, service, _ = clinic(contoso)
    for position in (3, 1, 2):
        ask(service, f"Question {position}", position=position)
    with django_assert_num_queries(1):
        assert [row.question.label for row in intake.asked(service)] == ["Question 1", "Question 2", "Question 3"]
