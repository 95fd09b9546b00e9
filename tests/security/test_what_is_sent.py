"""What programs and visitors send that looks right and is not, or looks wrong and is right."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bookings import access
from bookings.models import Booking
from bookings.services import private_links, staff
from tenants import acting
from tenants.models import Tenant
from tests.api.conftest import Program
from tests.factories import NOW, at, book, clinic, personal_page
from tests.pages.reading import details, text

SLOT = "2026-11-24T09:00:00Z"
ASK = "from=2026-11-24&to=2026-11-24"


def wish(service: Any, start: str = SLOT, **customer: str) -> dict[str, Any]:
    return {
        "serviceId": str(service.pk), "start": start, "timeZone": "Europe/Zurich",
        "customer": {"name": "Ana", "email": "ana@example.net"} | customer,
    }  # fmt: skip


def test_a_fraction_of_a_second_is_not_on_the_grid(contoso: Tenant, anybody: Program) -> None:
    page, service, _members = clinic(contoso)
    status, answer, _headers = anybody(
        "POST", f"/pages/{page.address}/bookings", wish(service, "2026-11-24T09:00:00.9Z")
    )
    assert (status, answer["code"]) == (409, "notOffered")
    assert not Booking.objects.exists()


@pytest.mark.parametrize("address", ['"\x01"@example.com', f"ana@{'ä' * 63}.example", "ana@example.com\x7f"])
def test_an_address_that_no_mail_reaches_is_refused(contoso: Tenant, anybody: Program, address: str) -> None:
    page, service, _members = clinic(contoso)
    status, answer, _headers = anybody("POST", f"/pages/{page.address}/bookings", wish(service, email=address))
    assert (status, list(answer["errors"])) == (400, ["customer.email"])


@pytest.mark.parametrize(("typed", "kept"), [("\u202egnp.exe\u2066 Ana", "gnp.exe Ana"), ("Ana\x1b[31m", "Ana[31m")])
def test_a_name_does_not_rewrite_what_stands_beside_it(
    contoso: Tenant, anybody: Program, typed: str, kept: str
) -> None:
    page, service, _members = clinic(contoso)
    assert anybody("POST", f"/pages/{page.address}/bookings", wish(service, name=typed))[0] == 201
    assert Booking.objects.get().customer_name == kept


def test_a_name_can_be_seen(contoso: Tenant, anybody: Program) -> None:
    page, service, _members = clinic(contoso)
    status, answer, _headers = anybody("POST", f"/pages/{page.address}/bookings", wish(service, name="\u200b \u202e"))
    assert (status, list(answer["errors"])) == (400, ["customer.name"])


def test_a_booking_over_a_used_up_link_is_answered_again_to_its_own_key(contoso: Tenant, anybody: Program) -> None:
    page, service, _owner = personal_page(contoso, is_public=False)
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM, max_uses=1)
    path, body = f"/pages/{page.address}/bookings", wish(service) | {"link": link.token}
    first = anybody("POST", path, body, **{"Idempotency-Key": "one"})
    again = anybody("POST", path, body, **{"Idempotency-Key": "one"})
    assert first[0] == 201
    assert again[:2] == first[:2]
    status, answer, _headers = anybody("POST", path, body, **{"Idempotency-Key": "two"})
    assert (status, answer["code"]) == (410, "linkUsed")
    slots = f"/pages/{page.address}/services/{service.pk}/slots?{ASK}&link={link.token}"
    assert anybody("GET", slots)[0] == 410


@pytest.mark.row("S0.2")
def test_an_organisation_that_is_switched_off_offers_nothing_to_programs(contoso: Tenant, anybody: Program) -> None:
    page, service, _members = clinic(contoso)
    microsofts = f"/BookingsService/api/V1/bookingBusinessesc2/{page.address}/services"
    slots = f"/pages/{page.address}/services/{service.pk}/slots?{ASK}"
    assert (anybody("GET", slots)[0], Client().get(microsofts).status_code) == (200, 200)
    contoso.bookings_enabled = False
    contoso.save()
    assert (anybody("GET", slots)[0], Client().get(microsofts).status_code) == (404, 404)
    assert anybody("POST", f"/pages/{page.address}/bookings", wish(service))[0] == 404
    assert not Booking.objects.exists()


def test_nobody_takes_the_place_of_who_was_picked(contoso: Tenant, anybody: Program) -> None:
    page, service, (picked, other) = clinic(contoso, staff=2)
    visitor = Client()
    address = f"{page.path}service/{service.pk}?staff={picked.pk}&time=2026-11-24T09:00Z"
    sent = details(visitor, address)
    staff.remove(member=picked, now=NOW, actor=acting.SYSTEM)
    answer = visitor.post(address, sent)
    assert answer.status_code == 409
    assert "This person does not take bookings for this service at the moment." in text(answer)
    assert not Booking.objects.exists()
    anyone = answer.context["action"]
    assert visitor.post(anyone, details(visitor, anyone)).status_code == 303
    assert Booking.objects.get().staff_member == other


def test_nobody_moves_a_booking_to_a_person_who_has_left(contoso: Tenant, contoso_api: Program) -> None:
    page, service, (member,) = clinic(contoso)
    booking = book(page, service, at("2026-11-24 09:00"))
    staff.remove(member=member, now=NOW, actor=acting.SYSTEM)
    visitor, path = Client(), f"/manage/{booking.manage_token}/reschedule"
    assert "time=" not in visitor.get(path).content.decode()
    answer = visitor.post(path, {"time": "2026-11-24T10:00Z"})
    assert answer.status_code == 409
    assert "This person does not take bookings for this service at the moment." in text(answer)
    status, problem, _headers = contoso_api("PATCH", f"/bookings/{booking.pk}", {"start": "2026-11-24T10:00:00Z"})
    assert (status, problem["code"]) == (409, "noStaff")
    booking.refresh_from_db()
    assert booking.starts_at == at("2026-11-24 09:00")


def test_cancelling_twice_at_once_is_cancelling(contoso: Tenant, monday: None, monkeypatch: Any) -> None:
    page, service, _members = clinic(contoso)
    booking = book(page, service, at("2026-11-24 09:00"))
    both_read = access.managed_booking(booking.manage_token)
    monkeypatch.setattr(access, "managed_booking", lambda token: both_read)
    answers = [Client().post(f"/manage/{booking.manage_token}/cancel") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    booking.refresh_from_db()
    assert booking.sequence == 1


def test_a_trail_is_searched_for_any_number_of_acts(contoso: Tenant, contoso_api: Program) -> None:
    assert contoso_api("GET", f"/audit?cmdlet={'a,' * 1500}")[0] == 200


def test_no_question_about_the_api_fills_the_memory(client: Client, contoso: Tenant, monkeypatch: Any) -> None:
    kept: list[str] = []
    monkeypatch.setattr(
        "django.core.cache.backends.locmem.LocMemCache.set", lambda self, key, *_a, **_k: kept.append(key)
    )
    assert client.get("/api/v1/schema/?q=1").status_code == 200
    assert kept == []


def test_sign_ins_behind_a_proxy_are_counted_apart(client: Client, contoso: Tenant, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    settings.SECURE_PROXY_SSL_HEADER = None

    def fail(number: int, address: str) -> int:
        typed = {"login": f"person{number}@example.net", "password": "wrong"}
        return client.post("/accounts/login/", typed, headers={"X-Forwarded-For": f"192.0.2.1, {address}"}).status_code

    assert [fail(number, "203.0.113.1") for number in range(31)][-1] == 429
    assert fail(99, "203.0.113.2") == 200
