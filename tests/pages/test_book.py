"""A visitor books with links and forms alone: once, without losing what was typed, and without an account."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.test import Client
from django_scopes import scope

from bookings.models import Booking
from bookings.services import private_links
from tenants import acting
from tenants.models import Job, Role, Tenant
from tests.factories import NOW, ServiceFactory, at, book, clinic, member, personal_page, stranger
from tests.pages.reading import alternatives, details, form, links, text, times

SLOT = "time=2026-11-24T09:00Z"


def path_of(page: Any, service: Any) -> str:
    return f"{page.path}{'/meetingtype/' if page.is_personal else 'service/'}{service.pk}"


@pytest.mark.row("S4.1", "S4.3", "S4.10", "S4.30", "S1.38")
def test_a_visitor_books_with_links_and_forms_alone(contoso: Tenant) -> None:
    visitor = Client(enforce_csrf_checks=True)
    page, service, owner = personal_page(contoso)
    listing = visitor.get(page.path)
    meeting = next(a for a in _all_links(listing) if "/meetingtype/" in a)
    day = links(visitor.get(meeting), "day")[1]
    chosen = links(visitor.get(day), "time")[2]
    sent = form(visitor.get(chosen)) | {"name": " Ana  Pérez ", "email": "ana@example.net", "notes": "First visit"}
    answer = visitor.post(chosen, sent)
    assert answer.status_code == 303
    booking = Booking.objects.get()
    assert answer["Location"] == f"/manage/{booking.manage_token}?booked"
    assert (booking.service, booking.staff_member) == (service, owner)
    assert (booking.starts_at, booking.customer_name) == (at("2026-11-24 09:00"), "Ana Pérez")
    assert (booking.customer_language, booking.source) == ("en", "page")
    said = text(visitor.get(answer["Location"]))
    assert "You are booked" in said
    assert "ana@example.net" in said
    readers = {job.payload["reader"] for job in Job.objects.filter(kind="mail.booking")}
    assert readers == {"customer", "staff"}


def test_a_form_from_another_site_is_refused(contoso: Tenant) -> None:
    page, service, _owner = personal_page(contoso)
    visitor = Client(enforce_csrf_checks=True)
    answer = visitor.post(f"{path_of(page, service)}?{SLOT}", {"name": "Ana", "email": "ana@example.net"})
    assert answer.status_code == 403
    assert not Booking.objects.exists()


@pytest.mark.row("S4.3")
def test_the_visitors_language_and_zone_are_kept_for_the_mails(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    address = f"{path_of(page, service)}?tz=Asia/Tokyo&{SLOT}"
    visitor.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-CH"
    visitor.post(address, details(visitor, address))
    booking = Booking.objects.get()
    assert (booking.customer_language, booking.customer_time_zone) == ("de", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Please enter your name."),
        ("name", "x" * 121, "at most 120 characters"),
        ("email", "ana", "Please enter a mail address"),
        ("email", "", "Please enter a mail address"),
        ("phone", "1" * 41, "at most 40 characters"),
        ("notes", "x" * 4001, "at most 4000 characters"),
        ("website", "https://spam.example", "Some of the details need another look"),
    ],
)
def test_a_field_that_needs_another_look_says_so_and_keeps_the_rest(
    contoso: Tenant, visitor: Client, field: str, value: str, sentence: str
) -> None:
    page, service, _owner = personal_page(contoso)
    address = f"{path_of(page, service)}?{SLOT}"
    answer = visitor.post(address, details(visitor, address, notes="Bring papers") | {field: value})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert f'name="{field}"' in body
    assert field == "notes" or "Bring papers" in body
    assert body.count("autofocus") == 1
    assert 'aria-invalid="true"' in body
    assert not Booking.objects.exists()


def test_a_time_taken_meanwhile_offers_others_and_loses_nothing(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    address = f"{path_of(page, service)}?{SLOT}"
    sent = details(visitor, address, notes="Bring papers")
    book(page, service, at("2026-11-24 09:00"))
    answer = visitor.post(address, sent)
    assert answer.status_code == 409
    assert "This time has just been taken." in text(answer)
    assert "Bring papers" in answer.content.decode()
    offered = alternatives(answer)
    assert offered == ["2026-11-24T08:00Z", "2026-11-24T08:30Z", "2026-11-24T09:30Z"]
    again = form(answer) | {"notes": "Bring papers", "instead": offered[2]}
    assert visitor.post(address, again).status_code == 303
    assert Booking.objects.filter(starts_at=at("2026-11-24 09:30"), customer_notes="Bring papers").exists()


def test_a_form_sent_twice_books_once(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    address = f"{path_of(page, service)}?{SLOT}"
    sent = details(visitor, address)
    first, second = visitor.post(address, sent), visitor.post(address, sent)
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    assert Booking.objects.count() == 1


def test_a_form_that_booked_is_not_silently_used_for_another_booking(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    address = f"{path_of(page, service)}?{SLOT}"
    sent = details(visitor, address)
    visitor.post(address, sent)
    later = sent | {"time": "2026-11-25T09:00Z"}
    answer = visitor.post(address, later)
    assert answer.status_code == 409
    assert Booking.objects.count() == 1
    assert visitor.post(address, form(answer)).status_code == 303
    assert Booking.objects.count() == 2


def test_nobody_tries_without_end(contoso: Tenant, visitor: Client, settings: Any) -> None:
    settings.VISITOR_TRIES = 3
    page, service, _owner = personal_page(contoso)
    address = f"{path_of(page, service)}?{SLOT}"
    sent = details(visitor, address, name="")
    assert [visitor.post(address, sent).status_code for _ in range(4)] == [422, 422, 422, 429]
    answer = visitor.post(address, sent)
    assert int(answer["Retry-After"]) > 0
    assert "Please try again in" in text(answer)


def test_anyone_or_the_chosen_person_is_booked(contoso: Tenant, visitor: Client) -> None:
    page, service, members = clinic(contoso, staff=2)
    address = f"{path_of(page, service)}?staff={members[1].pk}&{SLOT}"
    visitor.post(address, details(visitor, address))
    assert Booking.objects.get().staff_member == members[1]
    anyone = f"{path_of(page, service)}?{SLOT}"
    visitor.post(anyone, details(visitor, anyone))
    assert set(Booking.objects.values_list("staff_member", flat=True)) == {member.pk for member in members}


@pytest.mark.row("S4.9", "S4.11", "S4.12", "S4.15")
def test_a_private_link_opens_its_meeting_and_only_that(contoso: Tenant, visitor: Client) -> None:
    page, _service, _owner = personal_page(contoso, title="Introduction")
    secret = ServiceFactory(page=page, title="Board meeting", is_public=False)
    link = private_links.create(service=secret, now=NOW, actor=acting.SYSTEM, max_uses=1)
    path = f"/bookwithme/link/{link.token}"
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"
    assert "Board meeting" in text(answer)
    assert "Introduction" not in text(answer)
    assert page.path not in answer.content.decode()
    sent = details(visitor, f"{path}?{SLOT}")
    made = visitor.post(f"{path}?{SLOT}", sent)
    assert made.status_code == 303
    assert Booking.objects.get().link == link
    assert visitor.post(f"{path}?{SLOT}", sent)["Location"] == made["Location"]
    assert visitor.get(path).status_code == 410


@pytest.mark.row("S4.13", "S4.14")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"expires_at": NOW - timedelta(seconds=1)}, "expired"),
        ({"max_uses": 1, "uses": 1}, "already been used"),
        ({"revoked_at": NOW}, "withdrawn"),
    ],
)
def test_a_link_of_the_past_says_why_and_whom_to_ask(
    contoso: Tenant, visitor: Client, change: dict[str, Any], why: str
) -> None:
    page, service, _owner = personal_page(contoso, is_public=False)
    link = private_links.create(service=service, now=NOW, actor=acting.SYSTEM)
    for name, value in change.items():
        setattr(link, name, value)
    link.save()
    for answer in (
        visitor.get(f"/bookwithme/link/{link.token}"),
        visitor.post(f"/bookwithme/link/{link.token}?{SLOT}", {"name": "A", "email": "a@b.ch", "request_key": "k"}),
        visitor.post(f"/bookwithme/link/{link.token}?{SLOT}", {}),
    ):
        assert answer.status_code == 410
        assert why in text(answer)
        assert page.display_name in text(answer)
    assert not Booking.objects.exists()
    assert visitor.get("/bookwithme/link/unknown").status_code == 404


def test_another_organisations_page_is_booked_within_its_own_walls(contoso: Tenant, visitor: Client) -> None:
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        page, service, _owner = personal_page(fabrikam)
    page.mailbox.address = "ben@fabrikam.example"
    with scope(tenant=fabrikam):
        page.mailbox.save()
    address = f"{path_of(page, service)}?{SLOT}"
    assert visitor.post(address, details(visitor, address)).status_code == 303
    assert not Booking.objects.exists()
    with scope(tenant=fabrikam):
        assert Booking.objects.get().tenant == fabrikam


def test_every_time_of_a_day_can_be_chosen(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    for address in links(visitor.get(f"{path_of(page, service)}?date=2026-11-24"), "time"):
        answer = visitor.get(address)
        assert form(answer)["time"] == parse_qs(urlparse(address).query)["time"][0]
        assert not times(answer)


def _all_links(response: Any) -> list[str]:
    return re.findall(r'href="([^"]+)"', response.content.decode())


@pytest.mark.row("S4.10")
def test_somebody_signed_in_elsewhere_is_a_visitor_like_any_other(contoso: Tenant, visitor: Client) -> None:
    page, service, _owner = personal_page(contoso)
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        someone = member(fabrikam, role=Role.OWNER)
    visitor.force_login(someone.user)
    address = f"{path_of(page, service)}?{SLOT}"
    answer = visitor.post(address, details(visitor, address))
    assert answer.status_code == 303
    assert "Contoso" in text(visitor.get(answer["Location"]))
    assert Booking.objects.get().tenant == contoso
