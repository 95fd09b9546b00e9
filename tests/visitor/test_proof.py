"""Pages that ask for it: six digits from a mail come before the booking, and nothing typed is lost on the way."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings.models import Booking, Question, Service
from bookings.services import private_links, senders
from tenants import acting
from tenants.models import Message, Tenant
from tests.factories import NOW, ServiceFactory, at, book, personal_page
from tests.pages.reading import details, form, text
from tests.visitor.asking import SLOT, asks, path_of


@pytest.fixture
def service(contoso: Tenant) -> Service:
    page, service, _owner = personal_page(contoso)
    page.asks_mail_code = True
    page.consent_text = "I agree to this."
    page.save()
    return service


def mailed() -> str:
    """The digits of the latest mail."""
    found = re.search(r"\b\d{3} ?\d{3}\b", Message.objects.filter(template="mailCode").latest("created_at").text)
    assert found is not None
    return found[0]


def test_the_digits_from_the_mail_book_with_everything_that_was_typed(service: Service, visitor: Client) -> None:
    more = asks(service, "Languages", kind=Question.Kind.SEVERAL, options=["English", "German", "French"])
    address = f"{path_of(service)}?{SLOT}&ref=spring"
    sent: dict[str, Any] = details(visitor, address, consent="on", notes="Two\r\nlines", phone="123")
    asked = visitor.post(address, sent | {more: ["English", "French"]})
    assert asked.status_code == 200
    assert "six digits to ana@example.net" in text(asked)
    assert not Booking.objects.exists()
    body = asked.content.decode()
    assert 'autocomplete="one-time-code"' in body
    assert body.count(f'type="hidden" name="{more}"') == 2
    again: dict[str, Any] = form(asked) | {"code": mailed(), more: ["English", "French"]}
    assert visitor.post(address, again).status_code == 303
    booking = Booking.objects.get()
    assert (booking.customer_notes, booking.customer_phone, booking.campaign) == ("Two\r\nlines", "123", "spring")
    assert (booking.answers[0]["answer"], booking.consent_text) == ("English, French", "I agree to this.")


def test_wrong_digits_are_said_to_be_wrong_and_can_be_tried_again(service: Service, visitor: Client) -> None:
    address = f"{path_of(service)}?{SLOT}"
    asked = visitor.post(address, details(visitor, address, consent="on"))
    right = mailed()
    wrong = f"{(int(right.replace(' ', '')) + 1) % 1_000_000:06}"
    answer = visitor.post(address, form(asked) | {"code": wrong})
    assert answer.status_code == 422
    assert "These are not the digits from the mail." in text(answer)
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not Booking.objects.exists()
    assert visitor.post(address, form(answer) | {"code": right}).status_code == 303


def test_after_too_many_tries_only_new_digits_help(service: Service, visitor: Client) -> None:
    address = f"{path_of(service)}?{SLOT}"
    asked = visitor.post(address, details(visitor, address, consent="on"))
    right = mailed()
    for _ in range(5):
        visitor.post(address, form(asked) | {"code": f"{(int(right.replace(' ', '')) + 1) % 1_000_000:06}"})
    over = visitor.post(address, form(asked) | {"code": right})
    assert "Please ask for a new one." in text(over)
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        fresh = visitor.post(address, form(over) | {"resend": "1", "code": "123456"})
        assert visitor.post(address, form(fresh) | {"code": mailed()}).status_code == 303


def test_the_details_can_be_changed_before_the_digits_are_typed(service: Service, visitor: Client) -> None:
    address = f"{path_of(service)}?{SLOT}"
    asked = visitor.post(address, details(visitor, address, consent="on", notes="Bring papers", email="anna@x.net"))
    back = visitor.post(address, form(asked) | {"edit": "1"})
    assert back.status_code == 200
    assert "Your details" in text(back)
    assert form(back)["email"] == "anna@x.net"
    assert "Bring papers" in back.content.decode()
    corrected = visitor.post(address, form(back) | {"email": "ana@example.net", "consent": "on"})
    assert "six digits to ana@example.net" in text(corrected)
    assert not Booking.objects.exists()


def test_an_address_that_was_proved_is_not_asked_again_when_the_time_is_gone(service: Service, visitor: Client) -> None:
    address = f"{path_of(service)}?{SLOT}"
    asked = visitor.post(address, details(visitor, address, consent="on"))
    service.page.consent_text = ""
    service.page.save()
    book(service.page, service, at("2026-11-24 09:00"))
    taken = visitor.post(address, form(asked) | {"code": mailed()})
    assert taken.status_code == 409
    instead = form(taken) | {"instead": "2026-11-24T09:30Z"}
    assert visitor.post(address, instead).status_code == 303


def test_somebody_elses_digits_prove_nothing(service: Service, visitor: Client) -> None:
    address = f"{path_of(service)}?{SLOT}"
    theirs = Client()
    theirs.post(address, details(theirs, address, consent="on"))
    code = mailed()
    asked = visitor.post(address, details(visitor, address, consent="on", email="victim@example.net"))
    answer = visitor.post(address, form(asked) | {"code": code})
    assert answer.status_code == 422
    assert not Booking.objects.exists()


def test_too_many_codes_are_refused_with_a_wait_and_lose_nothing(service: Service, visitor: Client) -> None:
    address = f"{path_of(service)}?{SLOT}"
    for number in range(6):
        visitor.post(address, details(visitor, address, consent="on", notes=f"No {number}"))
    answer = visitor.post(address, details(visitor, address, consent="on", notes="Number seven"))
    assert answer.status_code == 429
    assert "Number seven" in answer.content.decode()


def test_a_page_that_does_not_ask_books_at_once(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    assert visitor.post(address, details(visitor, address)).status_code == 303
    assert not Message.objects.filter(template="mailCode").exists()


def test_nobody_is_sent_digits_whose_booking_would_be_refused(service: Service, visitor: Client) -> None:
    address = f"{path_of(service)}?{SLOT}"
    senders.block(tenant=service.tenant, pattern="ana@example.net", now=NOW, actor=acting.SYSTEM)
    assert visitor.post(address, details(visitor, address, consent="on")).status_code == 403
    private = ServiceFactory(page=service.page, is_public=False)
    link = private_links.create(service=private, now=NOW, actor=acting.SYSTEM)
    by_link = f"/bookwithme/link/{link.token}?{SLOT}"
    sent = details(visitor, by_link, consent="on", email="ben@example.net")
    private_links.revoke(link=link, now=NOW, actor=acting.SYSTEM)
    assert visitor.post(by_link, sent).status_code == 410
    assert not Message.objects.filter(template="mailCode").exists()
