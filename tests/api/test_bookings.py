"""Booking over the API: by anybody, through a link, with a key; moved and cancelled with a key."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bookings.models import OWNER_STAFF_ID, Booking, BookingPage, Service
from bookings.services import private_links
from tenants import acting
from tenants.models import AuditEvent, IdempotentAnswer, Job, Mailbox, Tenant
from tests.api.conftest import Program, program
from tests.factories import NOW, at, book, clinic, personal_page

CUSTOMER = {"name": "Ana Pérez", "email": "ana@example.net", "phone": "+34 600", "notes": "First visit"}


def wish(service: Service, **changes: Any) -> dict[str, Any]:
    body = {"serviceId": str(service.pk), "start": "2026-11-24T09:00:00+01:00", "timeZone": "Europe/Zurich"}
    return body | {"customer": CUSTOMER, "answers": []} | changes


def path(page: BookingPage) -> str:
    return f"/pages/{page.address}/bookings"


@pytest.mark.row("S4.10", "S4.29", "S4.30", "S4.32", "S1.38")
def test_anybody_books_a_public_type(contoso: Tenant, anybody: Program) -> None:
    page, service, owner = personal_page(contoso)
    mailboxes = Mailbox.objects.count()
    status, answer, headers = anybody("POST", path(page), wish(service))
    assert (status, headers["Content-Type"]) == (201, "application/json")
    assert set(answer) == {"id", "status", "start", "end", "staffMemberIds", "manageUrl", "joinUrl"}
    assert (answer["status"], answer["start"], answer["end"], answer["joinUrl"]) == (
        "confirmed", "2026-11-24T09:00:00+01:00", "2026-11-24T09:30:00+01:00", None,
    )  # fmt: skip
    assert answer["staffMemberIds"] == [str(OWNER_STAFF_ID)]
    assert re.fullmatch(r"http://127.0.0.1:8000/manage/[\w-]{43}", answer["manageUrl"])
    booking = Booking.objects.get(pk=answer["id"])
    assert (booking.staff_member, booking.source) == (owner, "api")
    kept = (booking.customer_name, booking.customer_email, booking.customer_phone, booking.customer_notes)
    assert kept == tuple(CUSTOMER.values()) and booking.tenant == contoso
    assert Job.objects.filter(kind__startswith="mail").exists() and Mailbox.objects.count() == mailboxes
    assert AuditEvent.objects.get(action="booking.created").actor == "ana@example.net"


@pytest.mark.parametrize(
    ("start", "zone"),
    [
        ("2026-11-24T09:00:00", "Europe/Zurich"),
        ("2026-11-24T03:00:00", "Eastern Standard Time"),
        ("2026-11-24T08:00:00Z", None),
        ("2026-11-24T09:00", None),
    ],
)
def test_a_start_has_an_offset_or_is_local(contoso: Tenant, anybody: Program, start: str, zone: str | None) -> None:
    page, service, _ = clinic(contoso)
    body = wish(service, start=start, timeZone=zone)
    if zone is None:
        del body["timeZone"]
    assert anybody("POST", path(page), body)[0] == 201
    assert Booking.objects.get().starts_at == at("2026-11-24 08:00")


def test_a_taken_time_is_a_409_with_the_nearest_free_ones_in_the_callers_zone(
    contoso: Tenant, anybody: Program
) -> None:
    page, service, _ = clinic(contoso)
    book(page, service, at("2026-11-24 10:00"))
    status, answer, headers = anybody(
        "POST", path(page), wish(service, start="2026-11-24T05:00:00-05:00", timeZone="America/New_York")
    )
    assert (status, headers["Content-Type"]) == (409, "application/problem+json")
    assert (answer["code"], answer["type"], answer["status"]) == ("slotTaken", "urn:daybook:problem:slotTaken", 409)
    assert answer["alternatives"] == [
        "2026-11-24T04:00:00-05:00", "2026-11-24T04:30:00-05:00", "2026-11-24T05:30:00-05:00",
    ]  # fmt: skip


def test_a_time_that_never_was_on_offer_is_another_409(contoso: Tenant, anybody: Program) -> None:
    page, service, _ = clinic(contoso)
    status, answer, _ = anybody("POST", path(page), wish(service, start="2026-11-24T09:07:00+01:00"))
    assert (status, answer["code"], len(answer["alternatives"])) == (409, "notOffered", 3)


@pytest.mark.row("S1.36")
def test_every_time_on_offer_can_be_booked(contoso: Tenant, anybody: Program, settings: Any) -> None:
    settings.VISITOR_ADDRESS_TRIES = 100
    page, service, _ = clinic(contoso)
    slots = anybody("GET", f"/pages/{page.address}/services/{service.pk}/slots?from=2026-11-24&to=2026-11-24")[1]
    for slot in slots["days"][0]["slots"]:
        assert anybody("POST", path(page), wish(service, start=slot["start"]))[0] == 201
    again = anybody("GET", f"/pages/{page.address}/services/{service.pk}/slots?from=2026-11-24&to=2026-11-24")[1]
    assert again["days"] == [{"date": "2026-11-24", "slots": []}]


def test_with_the_person_that_was_chosen(contoso: Tenant, anybody: Program) -> None:
    page, service, (_, ben) = clinic(contoso, staff=2)
    assert anybody("POST", path(page), wish(service, staffId=str(ben.pk)))[1]["staffMemberIds"] == [str(ben.pk)]
    assert anybody("POST", path(page), wish(service, staffId=str(ben.pk)))[1]["code"] == "slotTaken"
    status, answer, _ = anybody("POST", path(page), wish(service, staffId=str(OWNER_STAFF_ID)))
    assert (status, set(answer["errors"])) == (400, {"staffId"})
    personal, meeting, _ = personal_page(contoso)
    assert anybody("POST", path(personal), wish(meeting, staffId=str(OWNER_STAFF_ID)))[0] == 201


@pytest.mark.row("S4.11", "S4.14", "S4.31")
def test_a_private_type_is_booked_through_its_link_once(contoso: Tenant, anybody: Program) -> None:
    page, service, _ = personal_page(contoso, is_public=False)
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM, max_uses=1)
    assert anybody("POST", path(page), wish(service))[0] == 404
    assert anybody("POST", path(page), wish(service, link="guess"))[0] == 404
    assert anybody("POST", path(page), wish(service, link=link.token))[0] == 201
    status, answer, _ = anybody("POST", path(page), wish(service, link=link.token, start="2026-11-24T11:00:00+01:00"))
    assert (status, answer["code"]) == (410, "linkUsed")


def test_a_key_books_every_type_and_one_of_strangers_only_public_ones(
    contoso: Tenant, contoso_api: Program, fabrikam_api: Program
) -> None:
    page, private, _ = personal_page(contoso, is_public=False)
    public = Service.objects.create(tenant=contoso, page=page, title="Public")
    public.staff.set(private.staff.all())
    reader = program(contoso, name="Reader", scopes=["bookings:read"])
    assert fabrikam_api("POST", path(page), wish(private))[0] == reader("POST", path(page), wish(private))[0] == 404
    assert contoso_api("POST", path(page), wish(private))[0] == 201
    assert fabrikam_api("POST", path(page), wish(public, start="2026-11-24T14:00:00+01:00"))[0] == 201
    assert sorted(AuditEvent.objects.values_list("actor", flat=True)) == ["Program", "ana@example.net"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"serviceId": "x"}, {"serviceId"}),
        ({"start": "soon"}, {"start"}),
        ({"start": "0001-01-01T00:00:00+14:00"}, {"start"}),
        ({"start": "2027-03-28T02:30:00"}, {"start"}),
        ({"timeZone": "Mars"}, {"timeZone"}),
        ({"timeZone": 7}, {"timeZone"}),
        ({"staffId": "me"}, {"staffId"}),
        ({"spaceId": str(OWNER_STAFF_ID)}, {"spaceId"}),
        ({"answers": [{"questionId": str(OWNER_STAFF_ID), "answer": "42"}]}, {f"answers.{OWNER_STAFF_ID}"}),
        ({"answers": [{"questionId": "1"}]}, {"answers.0.questionId", "answers.0.answer"}),
        ({"customer": {}}, {"customer.name", "customer.email"}),
        ({"customer": CUSTOMER | {"name": " \t", "email": "nobody"}}, {"customer.name", "customer.email"}),
        ({"customer": CUSTOMER | {"notes": "a\x00b"}}, {"customer.notes"}),
        ({"customer": CUSTOMER | {"name": "\ud800"}}, {"customer.name"}),
        ({"customer": "Ana"}, {"customer"}),
    ],
)
def test_what_is_wrong_is_said_field_by_field(
    contoso: Tenant, anybody: Program, changes: dict[str, Any], fields: set[str]
) -> None:
    page, service, _ = clinic(contoso)
    status, answer, _ = anybody("POST", path(page), wish(service, **changes))
    assert (status, answer["code"], set(answer["errors"])) == (400, "invalid", fields)
    assert not Booking.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", "7", "null", b"\xff", "[" * 100_000, "9" * 10_000, '{"a": NaN}'])
def test_a_body_that_is_no_booking_is_a_400(contoso: Tenant, anybody: Program, body: str | bytes) -> None:
    page, _, _ = clinic(contoso)
    assert anybody("POST", path(page), body)[0] == 400


def test_a_body_that_is_too_large_is_a_413(contoso: Tenant, anybody: Program) -> None:
    page, _, _ = clinic(contoso)
    assert anybody("POST", path(page), " " * 1_100_000)[0] == 413


def test_the_same_key_books_once(contoso: Tenant, anybody: Program, contoso_api: Program) -> None:
    page, service, _ = clinic(contoso)
    mark = {"Idempotency-Key": "4d2c"}
    first = anybody("POST", path(page), wish(service), **mark)
    again = anybody("POST", path(page), wish(service), **mark)
    assert first[:2] == again[:2] and first[0] == 201 and Booking.objects.count() == 1
    other = anybody("POST", path(page), wish(service, start="2026-11-24T11:00:00+01:00"), **mark)
    assert (other[0], other[1]["code"]) == (422, "idempotencyKeyReused")
    assert contoso_api("POST", path(page), wish(service), **mark)[1]["code"] == "slotTaken"
    assert IdempotentAnswer.objects.count() == 1
    assert anybody("POST", path(page), wish(service), **{"Idempotency-Key": "x" * 201})[0] == 400


def test_too_many_tries_from_one_address_wait_but_a_key_does_not(
    contoso: Tenant, anybody: Program, contoso_api: Program, settings: Any
) -> None:
    settings.BOOKING_LIMIT_PER_IP = 2
    page, service, _ = clinic(contoso)
    answers = [anybody("POST", path(page), wish(service)) for _ in range(3)]
    assert [status for status, _, _ in answers] == [201, 409, 429]
    assert answers[2][1]["code"] == "tooManyTries" and 0 < int(answers[2][2]["Retry-After"]) <= 600
    assert contoso_api("POST", path(page), wish(service, start="2026-11-24T11:00:00+01:00"))[0] == 201


def test_a_booking_is_read_moved_and_cancelled_with_a_key(contoso: Tenant, contoso_api: Program) -> None:
    page, service, _ = clinic(contoso)
    other = book(page, service, at("2026-11-25 10:00"))
    booking = book(page, service, at("2026-11-24 08:00"))
    status, answer, _ = contoso_api("GET", f"/bookings/{booking.pk}")
    assert (status, answer["start"], answer["timeZone"]) == (200, "2026-11-24T03:00:00-05:00", "America/New_York")
    assert (answer["customer"]["email"], answer["pageAddress"]) == ("ana@example.net", page.address)
    assert "manageUrl" not in answer
    status, answer, _ = contoso_api("PATCH", f"/bookings/{booking.pk}", {"start": "2026-11-24T04:00:00"})
    assert (status, answer["start"]) == (200, "2026-11-24T04:00:00-05:00")
    taken = contoso_api("PATCH", f"/bookings/{booking.pk}", {"start": "2026-11-25T11:00", "timeZone": "Europe/Zurich"})
    assert (taken[0], taken[1]["code"], taken[1]["alternatives"][0]) == (409, "slotTaken", "2026-11-25T10:00:00+01:00")
    listed = contoso_api("GET", f"{path(page)}?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00+00:00")[1]["value"]
    assert [row["id"] for row in listed] == [str(booking.pk)] != [str(other.pk)]
    assert contoso_api("DELETE", f"/bookings/{booking.pk}")[:2] == (204, None)
    assert contoso_api("DELETE", f"/bookings/{booking.pk}")[1]["code"] == "noLongerChangeable"
    assert contoso_api("GET", f"/bookings/{booking.pk}")[1]["status"] == "cancelled"


def test_a_stranger_sees_changes_and_cancels_nothing(contoso: Tenant, fabrikam_api: Program, anybody: Program) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, at("2026-11-24 08:00"))
    for method, body in (("GET", None), ("PATCH", {"start": "2026-11-24T11:00:00Z"}), ("DELETE", None)):
        assert fabrikam_api(method, f"/bookings/{booking.pk}", body)[0] == 404
        assert anybody(method, f"/bookings/{booking.pk}", body)[0] == 401
    assert fabrikam_api("GET", path(page))[0] == 404
    booking.refresh_from_db()
    assert booking.starts_at == at("2026-11-24 08:00") and not booking.is_cancelled


def test_a_list_of_bookings_takes_few_queries(contoso: Tenant, contoso_api: Program, queries: Any) -> None:
    page, service, _ = clinic(contoso, staff=3)
    for n in range(9):
        book(page, service, datetime(2026, 11, 24, 9 + n // 3, tzinfo=ZoneInfo("Europe/Zurich")))
    with queries(4):
        assert len(contoso_api("GET", path(page))[1]["value"]) == 9
