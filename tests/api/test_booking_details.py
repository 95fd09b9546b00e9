"""Bookings with questions, guests, approval, and the rules that hold for programs as for visitors."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.models import Booking, Question, Service, ServiceQuestion
from tenants.models import Tenant
from tests.api.conftest import Program
from tests.factories import clinic


def body(service: Service, **more: Any) -> dict[str, Any]:
    start = "2026-11-25T09:00:00+01:00"
    customer = {"name": "Eva Lang", "email": "eva.lang@example.net"}
    return {"serviceId": str(service.pk), "start": start, "customer": customer} | more


@pytest.mark.row("S4.32")
def test_answers_guests_and_campaign_are_kept(contoso: Tenant, contoso_api: Program, anybody: Program) -> None:
    page, service, _ = clinic(contoso, guests_allowed=True)
    question = Question.objects.create(
        tenant=contoso, page=page, label="Which?", kind=Question.Kind.SEVERAL, options=["A", "B", "C"]
    )
    ServiceQuestion.objects.create(tenant=contoso, service=service, question=question, is_required=True)
    path = f"/pages/{page.address}/bookings"
    status, problem, _ = anybody("POST", path, body(service))
    assert status == 400 and list(problem["errors"]) == [f"answers.{question.pk}"]
    wrong = [{"questionId": str(question.pk), "answer": ["A", "Z"]}]
    assert anybody("POST", path, body(service, answers=wrong))[0] == 400
    answers = [{"questionId": str(question.pk), "answer": ["A", "C"]}]
    status, booked, _ = anybody(
        "POST", path, body(service, answers=answers, guests=["ben@example.net"], campaign="spring")
    )
    assert status == 201
    told = contoso_api("GET", f"/bookings/{booked['id']}")[1]
    assert told["answers"] == [{"questionId": str(question.pk), "question": "Which?", "answer": "A, C"}]
    assert (told["guests"], told["campaign"]) == (["ben@example.net"], "spring")


def test_consent_is_asked_of_visitors_only(contoso: Tenant, contoso_api: Program, anybody: Program) -> None:
    page, service, _ = clinic(contoso)
    page.consent_text = "You agree to be written to."
    page.save()
    path = f"/pages/{page.address}/bookings"
    status, problem, _ = anybody("POST", path, body(service))
    assert status == 400 and list(problem["errors"]) == ["consented"]
    status, booked, _ = anybody("POST", path, body(service, consented=True))
    kept = Booking.objects.get(pk=booked["id"])
    assert status == 201 and kept.consent_text == page.consent_text and kept.consented_at is not None
    assert contoso_api("POST", path, body(service) | {"start": "2026-11-25T11:00:00+01:00"})[0] == 201


def test_a_page_that_asks_for_a_code_takes_no_anonymous_program(
    contoso: Tenant, contoso_api: Program, anybody: Program
) -> None:
    page, service, _ = clinic(contoso)
    page.asks_mail_code = True
    page.save()
    path = f"/pages/{page.address}/bookings"
    assert anybody("POST", path, body(service))[:1] == (403,)
    assert not Booking.objects.exists()
    assert contoso_api("POST", path, body(service))[0] == 201


def test_a_request_says_that_it_waits(contoso: Tenant, contoso_api: Program, anybody: Program) -> None:
    page, service, _ = clinic(contoso, approval=Service.Approval.HOST)
    status, booked, _ = anybody("POST", f"/pages/{page.address}/bookings", body(service))
    assert (status, booked["status"]) == (201, "pendingApproval")
    assert contoso_api("GET", f"/bookings/{booked['id']}")[1]["status"] == "pendingApproval"


def test_seats_are_counted_down_and_everybody_needed_is_named(contoso: Tenant, anybody: Program) -> None:
    page, service, (member,) = clinic(contoso, seats=2)
    path = f"/pages/{page.address}"
    slots = f"{path}/services/{service.pk}/slots?from=2026-11-25&to=2026-11-25"

    def seats() -> list[int]:
        times = anybody("GET", slots)[1]["days"][0]["slots"]
        return [time["seatsLeft"] for time in times if time["start"].startswith("2026-11-25T09:00")]

    assert seats() == [2]
    assert anybody("POST", f"{path}/bookings", body(service))[0] == 201
    assert seats() == [1]
    second = body(service, customer={"name": "Ben", "email": "ben@example.net"})
    assert anybody("POST", f"{path}/bookings", second)[0] == 201
    assert seats() == []
    status, problem, _ = anybody("POST", f"{path}/bookings", second)
    assert (status, problem["code"]) == (409, "slotTaken") and problem["alternatives"]
    page, service, members = clinic(contoso, staff=3, staffing=Service.Staffing.ALL, duration=timedelta(minutes=30))
    status, booked, _ = anybody("POST", f"/pages/{page.address}/bookings", body(service))
    assert status == 201 and sorted(booked["staffMemberIds"]) == sorted(str(m.pk) for m in members)
    assert member.pk not in booked["staffMemberIds"]


def test_guests_letter_boxes_are_not_filled_by_programs(contoso: Tenant, anybody: Program, settings: Any) -> None:
    settings.VISITOR_ADDRESS_TRIES = 2
    page, service, _ = clinic(contoso, guests_allowed=True)
    path, codes = f"/pages/{page.address}/bookings", []
    for number in range(3):
        customer = {"name": "Eva Lang", "email": f"eva{number}@example.net"}
        wanted = {"start": f"2026-11-25T{9 + number:02}:00:00+01:00", "customer": customer}
        codes.append(anybody("POST", path, body(service, guests=["victim@example.org"]) | wanted)[0])
    assert codes == [201, 201, 429]


def test_without_a_key_nobody_is_picked_where_customers_may_not_choose(
    contoso: Tenant, contoso_api: Program, anybody: Program
) -> None:
    page, service, (_, ben) = clinic(contoso, staff=2, staff_choice=False)
    path, wanted = f"/pages/{page.address}/bookings", body(service, staffId=str(ben.pk))
    status, problem, _ = anybody("POST", path, wanted)
    assert (status, list(problem["errors"])) == (400, ["staffId"])
    assert not Booking.objects.exists()
    assert anybody("POST", path, body(service))[0] == 201
    later = wanted | {"start": "2026-11-25T10:00:00+01:00"}
    assert contoso_api("POST", path, later)[1]["staffMemberIds"] == [str(ben.pk)]
