"""What programs set about a service beyond its times, and what links tell whom."""

from __future__ import annotations

from typing import Any

import pytest

from bookings.models import Question, Service, ServiceQuestion
from tenants.models import Tenant
from tests.api.conftest import Program, program
from tests.factories import clinic, personal_page

RULES = {
    "approval": "assignment", "requiresApproval": True, "requestHoldsTime": False, "answerWithin": "PT4H",
    "dailyLimit": 3, "weeklyLimit": 10, "monthlyLimit": None, "customerLimit": 1, "staffing": "one",
    "customersMayReschedule": False, "customersMayCancel": True, "changeCutoff": "P1D", "reasonRequired": True,
    "guestsAllowed": True, "waitingList": True, "maximumAttendeesCount": 1,
}  # fmt: skip


@pytest.mark.row("S4.2")
def test_every_rule_of_a_service_is_set_and_told(contoso: Tenant, contoso_api: Program) -> None:
    page, service, _ = clinic(contoso)
    path = f"/pages/{page.address}/services/{service.pk}"
    status, told, _ = contoso_api("PATCH", path, RULES)
    assert status == 200 and {name: told[name] for name in RULES} == RULES
    assert contoso_api("GET", path)[1] == told
    status, told, _ = contoso_api("PATCH", path, {"requiresApproval": False})
    assert (told["approval"], told["requiresApproval"]) == ("none", False)
    assert contoso_api("PATCH", path, {"requiresApproval": True})[1]["approval"] == "host"


@pytest.mark.row("S4.16")
@pytest.mark.parametrize(
    ("rules", "field"),
    [({"maximumAttendeesCount": 5}, "maximumAttendeesCount"), ({"guestsAllowed": True}, "guestsAllowed")],
)
def test_a_personal_page_is_for_two(contoso: Tenant, contoso_api: Program, rules: Any, field: str) -> None:
    page, service, _ = personal_page(contoso)
    status, problem, _ = contoso_api("PATCH", f"/pages/{page.address}/services/{service.pk}", rules)
    assert status == 400 and list(problem["errors"]) == [field]
    service.refresh_from_db()
    assert service.seats == 1 and not service.guests_allowed


def test_the_questions_of_a_service_are_told_in_order(contoso: Tenant, contoso_api: Program) -> None:
    page, service, _ = clinic(contoso)
    made = [
        Question.objects.create(tenant=contoso, page=page, label=label, kind=kind, options=options, position=position)
        for position, (label, kind, options) in enumerate(
            [("Why?", "text", []), ("Which?", "choice", ["A", "B"]), ("What else?", "several", ["A", "B"])]
        )
    ]
    for question in reversed(made):
        ServiceQuestion.objects.create(
            tenant=contoso, service=service, question=question, is_required=question is made[0]
        )
    asked = contoso_api("GET", f"/pages/{page.address}/services")[1]["value"][0]["customQuestions"]
    assert [(row["displayName"], row["answerInputType"], row["isRequired"]) for row in asked] == [
        ("Why?", "text", True), ("Which?", "radioButton", False), ("What else?", "checkBoxes", False),
    ]  # fmt: skip


@pytest.mark.row("S4.12")
def test_a_link_for_n_bookings_and_who_gets_its_address(contoso: Tenant, contoso_api: Program) -> None:
    page, service, _ = clinic(contoso)
    Service.objects.filter(pk=service.pk).update(is_public=False)
    path = f"/pages/{page.address}/links"
    status, link, _ = contoso_api("POST", path, {"serviceId": str(service.pk), "maxUses": 3, "label": "Spring"})
    assert status == 201 and (link["maxUses"], link["singleUse"], link["firstOpenedAt"]) == (3, False, None)
    assert "/bookwithme/link/" in link["url"]
    reader = program(contoso, name="Reader", scopes=["bookings:read"])
    assert [(row["label"], row["url"]) for row in reader("GET", path)[1]["value"]] == [("Spring", None)]
    assert contoso_api("POST", path, {"serviceId": str(service.pk), "maxUses": 0})[0] == 400
