"""Programs that fill in forms: too quick, made up, too often; people lose nothing by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings.models import Booking
from bookings.views import stamps
from tenants.models import Tenant
from tests.factories import NOW, personal_page
from tests.pages.reading import details, form, text
from tests.visitor.asking import SLOT, path_of


@pytest.fixture(autouse=True)
def watchful(settings: Any) -> None:
    settings.VISITOR_FILL_TIME = timedelta(seconds=2)


def test_a_form_filled_in_within_a_second_is_asked_for_again_and_then_books(contoso: Tenant, visitor: Client) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    sent = details(visitor, address, notes="Bring papers")
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        quick = visitor.post(address, sent)
    assert quick.status_code == 422
    assert "nothing is lost" in text(quick)
    assert "Bring papers" in quick.content.decode()
    assert not Booking.objects.exists()
    with time_machine.travel(NOW + timedelta(seconds=3), tick=False):
        assert visitor.post(address, form(quick)).status_code == 303
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("key", ["", "made-up", "made-up.1700000000", "made-up.1700000000:c2lnbmF0dXJl"])
def test_a_form_with_a_key_of_its_own_making_books_nothing(contoso: Tenant, visitor: Client, key: str) -> None:
    _page, service, _owner = personal_page(contoso)
    address = f"{path_of(service)}?{SLOT}"
    sent = details(visitor, address) | {"request_key": key}
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        answer = visitor.post(address, sent)
        assert answer.status_code == 422
        assert not Booking.objects.exists()
        again = form(answer) | {"name": "Ana", "email": "ana@example.net"}
        if key:
            assert stamps.age(again["request_key"], now=NOW + timedelta(minutes=1)) == timedelta(0)


def test_a_key_keeps_its_age_when_the_form_gets_another(contoso: Tenant) -> None:
    first = stamps.issue(now=NOW)
    second = stamps.issue(now=NOW + timedelta(minutes=5), like=first)
    assert first != second
    assert stamps.age(second, now=NOW + timedelta(minutes=5)) == timedelta(minutes=5)
    assert stamps.age(f"{first}x", now=NOW) is None


def test_too_many_bookings_of_one_address_wait_and_lose_nothing(
    contoso: Tenant, visitor: Client, settings: Any
) -> None:
    settings.VISITOR_FILL_TIME = timedelta(0)
    settings.VISITOR_ADDRESS_TRIES = 1
    _page, service, _owner = personal_page(contoso)
    first, second = (f"{path_of(service)}?time=2026-11-24T{hour}:00Z" for hour in ("09", "10"))
    assert visitor.post(first, details(visitor, first)).status_code == 303
    answer = visitor.post(second, details(visitor, second, notes="Bring papers"))
    assert answer.status_code == 429
    assert "Please try again in" in text(answer)
    assert "Bring papers" in answer.content.decode()
    assert Booking.objects.count() == 1
