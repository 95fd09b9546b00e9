"""What the address of Microsoft's booking pages answers for ours."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django_scopes import scope

from bookings.models import OWNER_STAFF_ID, BookingPage, Service
from bookings.services import offers
from tenants.models import BusyPeriod, Tenant
from tests.factories import NOW, book, clinic, personal_page, stranger

BASE = "/BookingsService/api/V1/bookingBusinessesc2"
ZURICH = ZoneInfo("Europe/Zurich")
W_EUROPE = "W. Europe Standard Time"
DAY = ("2026-11-24T09:30:00", "2026-11-25T09:30:00")


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def mbx(page: BookingPage) -> str:
    return f"mbx:{page.mailbox.exchange_guid.hex}@{page.tenant.directory_id}"


def services(business: str, method: str = "GET", base: str = BASE) -> tuple[int, Any]:
    answer = Client(raise_request_exception=False).generic(method, f"{base}/{business}/services")
    return answer.status_code, json.loads(answer.content) if answer.content else None


def ask(business: str, **changes: Any) -> tuple[int, Any]:
    start, end = changes.pop("window", DAY)
    zone = changes.pop("zone", W_EUROPE)
    body = {
        "staffIds": [str(OWNER_STAFF_ID)],
        "startDateTime": {"dateTime": start, "timeZone": zone},
        "endDateTime": {"dateTime": end, "timeZone": zone},
        "serviceId": None,
    } | changes
    return post(business, json.dumps(body))


def post(business: str, content: str | bytes) -> tuple[int, Any]:
    answer = Client(raise_request_exception=False, enforce_csrf_checks=True).generic(
        "POST", f"{BASE}/{business}/getStaffAvailability", content, content_type="application/json; charset=utf-8"
    )
    return answer.status_code, json.loads(answer.content)


def items(answer: Any) -> list[tuple[str, str, str]]:
    return [
        (item["status"].removeprefix("BOOKINGSAVAILABILITYSTATUS_"), item["startDateTime"]["dateTime"],
         item["endDateTime"]["dateTime"])
        for item in answer["staffAvailabilityResponse"][0]["availabilityItems"]
    ]  # fmt: skip


@pytest.mark.row("S1.19", "S1.22", "S1.23", "S1.24")
def test_the_golden_day(contoso: Tenant) -> None:
    page, service, owner = personal_page(contoso)
    BookingPage.objects.update(weekly_hours={"mon": [["08:00", "17:00"]], "tue": [["08:00", "17:00"]]})
    for number, (start, end) in enumerate([(9, 13), (14, 16)]):
        BusyPeriod.objects.create(
            tenant=contoso, mailbox=owner.mailbox, event_id=str(number),
            starts_at=datetime(2025, 6, 23, start, tzinfo=ZURICH), ends_at=datetime(2025, 6, 23, end, tzinfo=ZURICH),
        )  # fmt: skip
    status, answer = ask(mbx(page), serviceId=str(service.pk), window=("2025-06-23T07:45:00", "2025-06-24T07:45:00"))
    assert status == 200
    assert items(answer) == [
        ("OUT_OF_OFFICE", "2025-06-23T00:00:00", "2025-06-23T08:00:00"),
        ("AVAILABLE", "2025-06-23T08:00:00", "2025-06-23T09:00:00"),
        ("BUSY", "2025-06-23T09:00:00", "2025-06-23T13:00:00"),
        ("AVAILABLE", "2025-06-23T13:00:00", "2025-06-23T14:00:00"),
        ("BUSY", "2025-06-23T14:00:00", "2025-06-23T16:00:00"),
        ("AVAILABLE", "2025-06-23T16:00:00", "2025-06-23T17:00:00"),
        ("OUT_OF_OFFICE", "2025-06-23T17:00:00", "2025-06-24T00:00:00"),
        ("OUT_OF_OFFICE", "2025-06-24T00:00:00", "2025-06-24T08:00:00"),
    ]
    [person] = answer["staffAvailabilityResponse"]
    shown = "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"
    assert person["staffId"] == str(OWNER_STAFF_ID)
    assert {item["startDateTime"]["timeZone"] for item in person["availabilityItems"]} == {shown}


@pytest.mark.row("S1.36")
def test_it_tells_the_same_as_the_page(contoso: Tenant) -> None:
    page, service, _ = personal_page(contoso)
    book(page, service, datetime(2026, 11, 24, 10, tzinfo=ZURICH))
    window = ("2026-11-24T00:00:00", "2026-11-28T00:00:00")
    told = [
        (datetime.fromisoformat(start), datetime.fromisoformat(end))
        for status, start, end in items(ask(mbx(page), window=window)[1])
        if status == "AVAILABLE"
    ]
    first = datetime(2026, 11, 24).date()
    offer = offers.offer(
        page=page, service=service, first_date=first, last_date=first + timedelta(days=3), zone=ZURICH, now=NOW
    )
    shown = {datetime.fromtimestamp(slot.start, ZURICH).replace(tzinfo=None) for slot in offer.slots}
    half_hours = {
        start + n * service.duration for start, end in told for n in range(int((end - start) / service.duration))
    }
    assert half_hours == shown and len(shown) > 50


@pytest.mark.parametrize(
    "spell",
    [
        lambda page: mbx(page).upper().replace("MBX", "mbx"),
        lambda page: quote(mbx(page), safe=""),
        lambda page: mbx(page).replace("mbx", "MBX"),
    ],
)
def test_the_mailbox_may_be_spelled_in_many_ways(contoso: Tenant, spell: Any) -> None:
    page, _, _ = personal_page(contoso)
    assert services(spell(page))[0] == 200


@pytest.mark.parametrize("base", [BASE.lower(), BASE.upper(), "/bookingsservice/API/v1/BookingBusinessesC2"])
@pytest.mark.parametrize("tail", ["/services", "/Services/", "/services?app=BookingsC1"])
def test_the_path_may_be_in_any_case(contoso: Tenant, base: str, tail: str) -> None:
    page, _, _ = personal_page(contoso)
    assert Client().get(f"{base}/{mbx(page)}{tail}").status_code == 200
    assert Client().head(f"{base}/{mbx(page)}{tail}").status_code == 200


@pytest.mark.row("S1.13", "S1.20")
def test_a_business_page_answers_under_its_address(contoso: Tenant) -> None:
    page, service, (ana, ben) = clinic(contoso, staff=2)
    status, answer = services(page.address)
    assert (status, answer["service"][0]["staffMemberIds"]) == (200, [str(ana.pk), str(ben.pk)])
    status, answer = ask(page.address.upper(), staffIds=[str(ben.pk), str(ana.pk)], serviceId=str(service.pk))
    people = answer["staffAvailabilityResponse"]
    assert (status, [person["staffId"] for person in people]) == (200, [str(ben.pk), str(ana.pk)])
    assert ask(page.address)[0] == 400


@pytest.mark.row("S1.23")
def test_a_shared_time_with_seats_left_says_so(contoso: Tenant) -> None:
    page, service, (member,) = clinic(contoso, seats=3)
    book(page, service, datetime(2026, 11, 24, 10, tzinfo=ZURICH))
    asked = {"staffIds": [str(member.pk)], "window": ("2026-11-24T09:00:00", "2026-11-24T17:00:00")}
    shared = ("SLOTS_AVAILABLE", "2026-11-24T10:00:00", "2026-11-24T10:30:00")
    busy = ("BUSY", *shared[1:])
    assert shared in items(ask(page.mailbox.address, serviceId=str(service.pk), **asked)[1])
    assert busy in items(ask(page.mailbox.address, **asked)[1])
    assert services(page.mailbox.address)[1]["service"][0]["maximumAttendeesCount"] == 3


@pytest.mark.row("S1.35")
def test_private_types_never_appear(contoso: Tenant) -> None:
    page, public, _ = personal_page(contoso)
    private = Service.objects.create(tenant=contoso, page=page, title="Private", is_public=False)
    assert [service["serviceId"] for service in services(mbx(page))[1]["service"]] == [str(public.pk)]
    assert ask(mbx(page), serviceId=str(private.pk))[0] == 404


@pytest.mark.row("S1.20")
def test_another_users_type_does_not_work(contoso: Tenant) -> None:
    page, _, _ = personal_page(contoso)
    _, other, _ = personal_page(contoso)
    status, answer = ask(mbx(page), serviceId=str(other.pk))
    assert (status, answer["error"]["code"]) == (404, "ErrorItemNotFound")


@pytest.mark.row("S1.26", "S1.31", "S1.33")
def test_what_nobody_reaches_is_an_error_and_says_which(contoso: Tenant) -> None:
    page, _, _ = personal_page(contoso)
    for changes, code in (
        ({"activated_at": None}, "ErrorItemNotFound"),
        ({"activated_at": NOW, "reachable_at": NOW + timedelta(minutes=2)}, "PageActivating"),
        ({"reachable_at": NOW, "is_published": False}, "ErrorItemNotFound"),
    ):
        BookingPage.objects.update(**changes)
        assert services(mbx(page)) == (
            404,
            {"error": {"code": code, "message": services(mbx(page))[1]["error"]["message"]}},
        )
        assert ask(mbx(page))[0] == 404


def test_another_organisations_id_does_not_open_a_page(contoso: Tenant) -> None:
    page, _, _ = personal_page(contoso)
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        theirs, _, _ = personal_page(fabrikam)
        foreign = str(theirs.mailbox.exchange_guid.hex)
    guid = page.mailbox.exchange_guid.hex
    assert services(f"mbx:{guid}@{fabrikam.directory_id}")[0] == 404
    assert services(f"mbx:{foreign}@{contoso.directory_id}")[0] == 404
    assert services(page.address)[0] == services("nobody@contoso.com")[0] == services("mbx:1@2")[0] == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"staffIds": []}, "ErrorInvalidRequest"),
        ({"staffIds": "all"}, "ErrorInvalidRequest"),
        ({"staffIds": [7]}, "ErrorInvalidStaffId"),
        ({"staffIds": ["00000000-0000-0000-0000-000000000000"]}, "ErrorInvalidStaffId"),
        ({"zone": "Mars Standard Time"}, "ErrorInvalidRequest"),
        ({"zone": None}, "ErrorInvalidRequest"),
        ({"startDateTime": None}, "ErrorInvalidRequest"),
        ({"window": ("today", "tomorrow")}, "ErrorInvalidRequest"),
        ({"window": DAY[::-1]}, "ErrorInvalidRequest"),
        ({"window": (DAY[0], DAY[0])}, "ErrorInvalidRequest"),
        ({"window": (DAY[0], "2027-01-26T09:30:00")}, "ErrorInvalidRequest"),
        ({"window": ("0001-01-01T00:00:00", "0001-01-02T00:00:00")}, "ErrorInvalidRequest"),
    ],
)
def test_a_bad_question_is_a_400(contoso: Tenant, changes: dict[str, Any], code: str) -> None:
    page, _, _ = personal_page(contoso)
    status, answer = ask(mbx(page), **changes)
    assert (status, answer["error"]["code"]) == (400, code)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, b"\xff", '{"a":"\\ud800"}', " " * 1_100_000])
def test_a_body_that_cannot_be_read_is_a_400(contoso: Tenant, content: str | bytes) -> None:
    page, _, _ = personal_page(contoso)
    assert post(mbx(page), content)[0] == 400


@pytest.mark.parametrize("zone", ["UTC", "Europe/Zurich", "W. Europe Standard Time", "Antarctica/Troll"])
def test_zones_of_any_name_are_understood(contoso: Tenant, zone: str) -> None:
    page, _, _ = personal_page(contoso)
    status, answer = ask(mbx(page), zone=zone)
    assert status == 200
    assert items(answer)[0][1] == "2026-11-24T00:00:00"


@pytest.mark.row("S1.39")
def test_too_many_requests_are_asked_to_wait(contoso: Tenant, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    page, _, _ = personal_page(contoso)
    answers = [Client().get(f"{BASE}/{mbx(page)}/services") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) <= 60 and answers[2].json()["error"]["code"] == "tooManyTries"


def test_other_methods_are_refused_as_json(contoso: Tenant) -> None:
    page, _, _ = personal_page(contoso)
    status, answer = services(mbx(page), "DELETE")
    assert (status, answer["error"]["code"]) == (405, "ErrorInvalidRequest")


def test_few_queries(contoso: Tenant, django_assert_max_num_queries: Any) -> None:
    page, _, _ = personal_page(contoso)
    with django_assert_max_num_queries(3):
        services(mbx(page))
    with django_assert_max_num_queries(7):
        ask(mbx(page))
