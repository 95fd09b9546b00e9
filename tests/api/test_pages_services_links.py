"""Pages, services and links as programs keep them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from bookings.models import OWNER_STAFF_ID, BookingPage, PrivateLink, Service
from tenants.models import AuditEvent, Mailbox, Role, Tenant
from tests.api.conftest import Program, program
from tests.factories import NOW, MailboxFactory, book, clinic, member, personal_page


def services(page: BookingPage, service: Any = None) -> str:
    return f"/pages/{page.address}/services" + (f"/{service.pk}" if service else "")


@pytest.mark.row("S1.1", "S1.2")
def test_pages_have_a_state_and_addresses(contoso: Tenant, contoso_api: Program, fabrikam_api: Program) -> None:
    page, _, _ = personal_page(contoso)
    business, _, _ = clinic(contoso)
    BookingPage.objects.filter(pk=business.pk).update(reachable_at=NOW + timedelta(minutes=1))
    status, answer, _ = contoso_api("GET", "/pages")
    assert status == 200 and answer["nextLink"] is None
    first, second = sorted(answer["value"], key=lambda shown: shown["kind"], reverse=True)
    url = f"http://127.0.0.1:8000/bookwithme/user/{page.mailbox.exchange_guid.hex}%40contoso.com"
    assert first == {
        "id": str(page.pk), "kind": "personal", "address": page.address, "displayName": page.display_name,
        "state": "active", "url": url, "anonymousUrl": f"{url}?anonymous", "timeZone": "Europe/Zurich",
    }  # fmt: skip
    assert (second["kind"], second["state"]) == ("business", "activating")
    assert fabrikam_api("GET", "/pages")[1]["value"] == []


@pytest.mark.row("S4.29", "S4.30", "S1.32")
def test_a_personal_page_is_activated_without_a_new_mailbox(contoso: Tenant, contoso_api: Program) -> None:
    mailbox = MailboxFactory(tenant=contoso, address="ana@contoso.com")
    unlicensed = MailboxFactory(tenant=contoso, address="ben@contoso.com", capabilities=[])
    status, page, _ = contoso_api("POST", "/pages", {"kind": "personal", "mailbox": "Ana@contoso.com"})
    assert (status, page["state"], page["displayName"]) == (201, "activating", mailbox.display_name)
    assert Mailbox.objects.count() == 2 and Service.objects.count() == 3
    assert contoso_api("POST", "/pages", {"kind": "personal", "mailbox": "ana@contoso.com"})[0] == 200
    refused = contoso_api("POST", "/pages", {"kind": "personal", "mailbox": unlicensed.address})
    assert (refused[0], refused[1]["code"]) == (403, "notLicensed")


def test_a_business_page_is_made_once_per_key(contoso: Tenant, contoso_api: Program) -> None:
    member(contoso, Role.OWNER)
    body = {"kind": "business", "displayName": "Lunch", "timeZone": "W. Europe Standard Time"}
    answers = [contoso_api("POST", "/pages", body, **{"Idempotency-Key": "1"}) for _ in range(2)]
    assert answers[0][:2] == answers[1][:2] and answers[0][1]["timeZone"] == "Europe/Berlin"
    assert Mailbox.objects.filter(kind=Mailbox.Kind.SCHEDULING).count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "business"}, "displayName"),
        ({"kind": "personal"}, "mailbox"),
        ({"kind": "personal", "mailbox": "nobody@contoso.com"}, "mailbox"),
        ({"kind": "business", "displayName": "X", "creator": "nobody@contoso.com"}, "creator"),
        ({"kind": "business", "displayName": "X"}, "creator"),
    ],
)
def test_a_page_that_cannot_be_made_says_why(contoso: Tenant, contoso_api: Program, body: Any, field: str) -> None:
    status, answer, _ = contoso_api("POST", "/pages", body)
    assert (status, list(answer["errors"])) == (400, [field])


def test_a_service_has_microsofts_properties_and_ours(contoso: Tenant, contoso_api: Program) -> None:
    page, service, _ = personal_page(contoso, buffer_after=timedelta(minutes=10), location="Room 1")
    answer = contoso_api("GET", services(page, service))[1]
    assert contoso_api("GET", services(page))[1]["value"] == [answer]
    expected = {
        "id": str(service.pk), "displayName": "Consultation", "defaultDuration": "PT30M", "preBuffer": "PT0S",
        "postBuffer": "PT10M", "defaultLocation": {"displayName": "Room 1"}, "isLocationOnline": False,
        "isHiddenFromCustomers": False, "isPrivate": False, "requiresApproval": False, "slotInterval": "PT30M",
        "minimumLeadTime": "PT0S", "maximumAdvance": "P180D", "dailyLimit": None, "defaultPrice": 0.0,
        "defaultPriceType": "notSet", "maximumAttendeesCount": 1, "staffMemberIds": [str(OWNER_STAFF_ID)],
        "webUrl": f"{page.url}/meetingtype/{service.pk}",
    }  # fmt: skip
    assert expected.items() <= answer.items()


def test_a_service_is_made_changed_and_deleted(contoso: Tenant, contoso_api: Program) -> None:
    page, _, (ana, ben) = clinic(contoso, staff=2)
    body = {
        "displayName": "Deep tissue", "defaultDuration": "PT1H30M", "preBuffer": "0:05:00", "isPrivate": True,
        "maximumAdvance": "365 days, 0:00:00", "slotInterval": "PT15M", "staffMemberIds": [str(ben.pk)],
        "defaultLocation": {"displayName": "Room 2"}, "minimumLeadTime": "P1DT2H",
    }  # fmt: skip
    status, made, _ = contoso_api("POST", services(page), body)
    assert (status, made["isHiddenFromCustomers"], made["staffMemberIds"]) == (201, True, [str(ben.pk)])
    assert (made["defaultDuration"], made["preBuffer"], made["maximumAdvance"]) == ("PT1H30M", "PT5M", "P365D")
    service = Service.objects.get(pk=made["id"])
    changed = contoso_api("PATCH", services(page, service), {"isPrivate": False, "staffMemberIds": [str(ana.pk)]})
    assert (changed[0], changed[1]["isPrivate"], changed[1]["staffMemberIds"]) == (200, False, [str(ana.pk)])
    assert changed[1]["displayName"] == "Deep tissue"
    assert contoso_api("DELETE", services(page, service))[0] == 204
    assert contoso_api("GET", services(page, service))[0] == contoso_api("DELETE", services(page, service))[0] == 404
    assert set(AuditEvent.objects.values_list("action", "actor_kind")) == {
        ("service.created", "apiClient"), ("service.changed", "apiClient"), ("service.deleted", "apiClient"),
    }  # fmt: skip


@pytest.mark.row("S4.6", "S1.35")
def test_hidden_and_private_are_the_same_and_the_careful_one_wins(contoso: Tenant, contoso_api: Program) -> None:
    page, service, _ = clinic(contoso)
    contoso_api("PATCH", services(page, service), {"isHiddenFromCustomers": True, "isPrivate": False})
    service.refresh_from_db()
    assert not service.is_public


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"displayName"}),
        ({"displayName": "X", "defaultDuration": "PT1M"}, {"defaultDuration"}),
        ({"displayName": "X", "defaultDuration": "soon"}, {"defaultDuration"}),
        ({"displayName": "X", "defaultDuration": "PT99999999M"}, {"defaultDuration"}),
        ({"displayName": "X", "slotInterval": "PT90S"}, {"slotInterval"}),
        ({"displayName": "X", "preBuffer": "-PT5M"}, {"preBuffer"}),
        ({"displayName": "X", "preBuffer": 5}, {"preBuffer"}),
        ({"displayName": "X", "defaultLocation": "here"}, {"defaultLocation"}),
        ({"displayName": "X", "staffMemberIds": [str(OWNER_STAFF_ID)]}, {"staffMemberIds"}),
        ({"displayName": "X" * 121}, {"displayName"}),
        ({"displayName": "X", "minimumLeadTime": "P300D"}, {"minimumLeadTime"}),
    ],
)
def test_a_service_that_makes_no_sense_is_refused(
    contoso: Tenant, contoso_api: Program, body: Any, fields: set[str]
) -> None:
    page, _, _ = clinic(contoso)
    status, answer, _ = contoso_api("POST", services(page), body)
    assert (status, set(answer["errors"])) == (400, fields)


@pytest.mark.row("S4.9", "S4.12", "S4.13", "S4.14")
def test_links_are_made_listed_and_revoked(contoso: Tenant, contoso_api: Program, fabrikam_api: Program) -> None:
    page, service, _ = personal_page(contoso, is_public=False)
    path = f"/pages/{page.address}/links"
    status, link, _ = contoso_api("POST", path, {"serviceId": str(service.pk), "label": "For Ben"})
    assert (status, link["label"], link["singleUse"], link["usable"]) == (201, "For Ben", False, True)
    assert link["expiresAt"] == (NOW + timedelta(days=90)).isoformat()
    token = PrivateLink.objects.get().token
    assert link["url"] == f"http://127.0.0.1:8000/bookwithme/link/{token}"
    once = contoso_api(
        "POST", path, {"serviceId": str(service.pk), "singleUse": True, "expiresAt": "2026-11-30T00:00Z"}
    )[1]
    assert (once["singleUse"], once["expiresAt"]) == (True, "2026-11-30T00:00:00+00:00")
    assert len(contoso_api("GET", path)[1]["value"]) == 2
    assert fabrikam_api("DELETE", f"{path}/{link['id']}")[0] == fabrikam_api("GET", path)[0] == 404
    assert contoso_api("DELETE", f"{path}/{link['id']}")[0] == contoso_api("DELETE", f"{path}/{link['id']}")[0] == 204
    shown = {row["id"]: row["usable"] for row in contoso_api("GET", path)[1]["value"]}
    assert shown == {link["id"]: False, once["id"]: True}
    past = contoso_api("POST", path, {"serviceId": str(service.pk), "expiresAt": NOW.isoformat()})
    assert (past[0], set(past[1]["errors"])) == (400, {"expiresAt"})
    assert contoso_api("POST", path, {"serviceId": str(uuid4())})[0] == 404


def test_why_a_time_is_or_is_not_offered(contoso: Tenant, contoso_api: Program, fabrikam_api: Program) -> None:
    page, service, _ = clinic(contoso)
    book(page, service, NOW + timedelta(hours=26))
    path = f"{services(page, service)}/explain?at="
    free, taken = (
        contoso_api("GET", f"{path}2026-11-24T10:00:00+01:00"),
        contoso_api("GET", f"{path}2026-11-24T08:00:00Z"),
    )
    assert (free[0], free[1]["offered"], free[1]["reasons"][0]["code"]) == (200, True, "offered")
    assert (taken[1]["offered"], taken[1]["reasons"][0]["code"]) == (False, "busyBooking")
    assert set(taken[1]["reasons"][0]) == {"code", "text"}
    assert contoso_api("GET", path)[0] == contoso_api("GET", f"{path}2026-11-24T10:00:00")[0] == 400
    assert fabrikam_api("GET", f"{path}2026-11-24T10:00:00Z")[0] == 404


def test_a_stranger_gets_404_for_everything_of_a_page(contoso: Tenant, fabrikam_api: Program, anybody: Program) -> None:
    page, service, _ = clinic(contoso)
    for method, path in (
        ("GET", services(page)), ("POST", services(page)), ("GET", services(page, service)),
        ("PATCH", services(page, service)), ("DELETE", services(page, service)),
        ("POST", f"/pages/{page.address}/links"),
    ):  # fmt: skip
        assert fabrikam_api(method, path, {"displayName": "Mine", "serviceId": str(service.pk)})[0] == 404
        assert anybody(method, path, {})[0] == 401
    service.refresh_from_db()
    assert (service.title, service.archived_at, Service.objects.count()) == ("Consultation", None, 1)


def test_reading_is_not_writing(contoso: Tenant, monday: None) -> None:
    page, service, _ = clinic(contoso)
    reader = program(contoso, scopes=["bookings:read"])
    assert reader("GET", services(page))[0] == 200
    for method, path in (("POST", services(page)), ("DELETE", services(page, service)), ("GET", "/audit")):
        status, answer, _ = reader(method, path, {})
        assert (status, answer["code"]) == (403, "notAllowed")
