"""Whatever the rules: every time that is offered can be booked, and no other one can be forced.

Through the service, through the page's form, and through the API; each try is undone, so that the next one finds the
same world.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django_scopes import scope
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from bookings.models import Booking
from bookings.services import booking as bookings
from bookings.services import explanations, offers
from bookings.services.booking import Customer
from bookings.views import stamps
from bookings.views.choice import as_text
from tenants import acting
from tenants.errors import DomainError
from tests.booking.worlds import MINUTE, World, worlds
from tests.factories import TenantFactory

Try = Callable[[World, datetime], bool]
TRIES = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


class _Undone(Exception):
    """Takes a try back."""


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written is taken back at the end."""
    try:
        with transaction.atomic():
            yield
            raise _Undone
    except _Undone:
        cache.clear()


def by_service(world: World, start: datetime) -> bool:
    """Whether the use case books it. A refusal names other times, and none that is not offered."""
    email = f"{uuid.uuid4().hex}@example.net"
    customer = Customer(name="Ana", email=email, time_zone=world.zone.key)
    try:
        bookings.book(
            page=world.page, service=world.service, starts_at=start, customer=customer, now=world.now,
            actor=acting.visitor(email),
        )  # fmt: skip
    except DomainError as refused:
        assert refused.code in ("slotTaken", "notOffered", "noStaff")
        assert all(_is_offered(world, other) for other in refused.extra.get("alternatives", ()))
        return False
    return True


def by_form(world: World, start: datetime) -> bool:
    """Whether the page's own form books it, sent without ever having been shown that time."""
    sent = {
        "name": "Ana", "email": f"{uuid.uuid4().hex}@example.net", "tz": world.zone.key, "time": as_text(start),
        "request_key": stamps.issue(now=world.now - MINUTE),
    }  # fmt: skip
    answer = Client().post(f"{world.page.path}service/{world.service.pk}", sent)
    assert answer.status_code in (303, 409), answer.content.decode()[:2000]
    return answer.status_code == 303


def by_api(world: World, start: datetime) -> bool:
    """Whether a program books it."""
    body = {
        "serviceId": str(world.service.pk), "start": start.isoformat(), "timeZone": world.zone.key,
        "customer": {"name": "Ana", "email": f"{uuid.uuid4().hex}@example.net"},
    }  # fmt: skip
    path = f"/api/v1/pages/{world.page.address}/bookings"
    answer = Client().post(path, json.dumps(body), content_type="application/json")
    assert answer.status_code in (201, 409), answer.content.decode()
    return answer.status_code == 201


def _is_offered(world: World, start: datetime) -> bool:
    found = offers.free_staff(
        page=world.page, service=world.service, staff=offers.staff_for(world.service), starts_at=start, now=world.now
    )
    return bool(found)


@pytest.mark.row("S0.1", "S1.36", "S4.1")
class OfferedBooks(TestCase):
    """Random worlds, each tried at some of its instants."""

    @TRIES
    @given(st.data())
    def test_every_offered_time_books_and_no_other_can_be_forced_by_the_service(self, data: st.DataObject) -> None:
        self.everywhere(data, by_service, count=8)

    @TRIES
    @given(st.data())
    def test_every_offered_time_books_and_no_other_can_be_forced_by_the_form(self, data: st.DataObject) -> None:
        self.everywhere(data, by_form, count=3)

    @TRIES
    @given(st.data())
    def test_every_offered_time_books_and_no_other_can_be_forced_by_the_api(self, data: st.DataObject) -> None:
        self.everywhere(data, by_api, count=3)

    def everywhere(self, data: st.DataObject, books: Try, count: int) -> None:
        """Tries `count` offered instants of a world, and as many others."""
        tenant = TenantFactory(domain="contoso.com")
        with scope(tenant=tenant):
            world = data.draw(worlds(tenant))
            some = {True: self.sample(data, world.offered, count), False: self.sample(data, world.others, count)}
            with time_machine.travel(world.now, tick=False):
                for expected, starts in some.items():
                    for start in starts:
                        self.one(world, start, books, expected=expected)

    def sample(self, data: st.DataObject, starts: list[datetime], count: int) -> list[datetime]:
        """So many of them, or all."""
        return data.draw(st.permutations(starts))[:count] if starts else []

    def one(self, world: World, start: datetime, books: Try, *, expected: bool) -> None:
        """The instant books exactly when it is offered; and the explanation says so too."""
        before = set(Booking.objects.values_list("pk", flat=True))
        explained = explanations.explain_instant(
            page=world.page, service=world.service, at=start, now=world.now, zone=ZoneInfo("UTC")
        )
        assert explained.offered is expected, explained
        with undone():
            assert books(world, start) is expected, (start, explained)
            made: list[Any] = list(Booking.objects.exclude(pk__in=before))
            assert [booking.starts_at for booking in made] == ([start] if expected else [])
        assert set(Booking.objects.values_list("pk", flat=True)) == before
