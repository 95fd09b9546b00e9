"""What the booking itself refuses is said in the form, and everything typed stays."""

from __future__ import annotations

import pytest
from django.test import Client

from bookings.models import Booking, Service
from bookings.services import senders
from tenants import acting
from tenants.models import Tenant
from tests.factories import NOW, at, book, clinic
from tests.pages.reading import alternatives, details, form, text, times
from tests.visitor.asking import SLOT, path_of

START = at("2026-11-24 09:00")


def test_a_customer_with_as_many_bookings_as_allowed_is_told_so(contoso: Tenant, visitor: Client) -> None:
    page, service, _members = clinic(contoso, staff=2, booker_limit=1)
    book(page, service, at("2026-11-25 09:00"))
    address = f"{path_of(service)}?{SLOT}"
    answer = visitor.post(address, details(visitor, address, notes="Bring papers"))
    assert answer.status_code == 409
    assert "as many bookings here as one person may have" in text(answer)
    assert "Bring papers" in answer.content.decode()
    assert Booking.objects.count() == 1


def test_a_blocked_sender_learns_only_that_it_is_not_possible(contoso: Tenant, visitor: Client) -> None:
    _page, service, _members = clinic(contoso)
    senders.block(tenant=contoso, pattern="@example.net", now=NOW, actor=acting.SYSTEM)
    address = f"{path_of(service)}?{SLOT}"
    answer = visitor.post(address, details(visitor, address))
    assert answer.status_code == 403
    assert "not possible here" in text(answer)
    assert "block" not in text(answer).lower()
    assert form(answer)["name"] == "Ana Pérez"
    assert not Booking.objects.exists()


def test_a_day_that_reached_its_limit_is_not_offered_and_its_form_leads_to_another_day(
    contoso: Tenant, visitor: Client
) -> None:
    page, service, _members = clinic(contoso, daily_limit=1)
    address = f"{path_of(service)}?{SLOT}"
    sent = details(visitor, address)
    book(page, service, at("2026-11-24 12:00"))
    assert not times(visitor.get(f"{path_of(service)}?date=2026-11-24"))
    answer = visitor.post(address, sent)
    assert answer.status_code == 409
    assert alternatives(answer)
    assert not [time for time in alternatives(answer) if time.startswith("2026-11-24")]


def test_alone_in_a_shared_time_its_neighbours_are_free_to_move_to(contoso: Tenant, visitor: Client) -> None:
    page, service, _members = clinic(contoso, seats=3, duration=at("2026-11-24 10:00") - START)
    booking = book(page, service, START)
    own = f"/manage/{booking.manage_token}/reschedule"
    assert "2026-11-24T09:30Z" in times(visitor.get(f"{own}?date=2026-11-24&tz=UTC"))
    assert visitor.post(f"{own}?time=2026-11-24T09:30Z", {"time": "2026-11-24T09:30Z"}).status_code == 303
    assert Booking.objects.get().starts_at == at("2026-11-24 09:30")


def test_with_others_in_a_shared_time_only_the_own_place_moves(contoso: Tenant, visitor: Client) -> None:
    page, service, _members = clinic(contoso, seats=3, duration=at("2026-11-24 10:00") - START)
    mine, theirs = book(page, service, START), book(page, service, START)
    own = f"/manage/{mine.manage_token}/reschedule"
    assert "2026-11-24T09:30Z" not in times(visitor.get(f"{own}?date=2026-11-24&tz=UTC"))
    assert visitor.post(f"{own}?time=2026-11-24T12:00Z", {"time": "2026-11-24T12:00Z"}).status_code == 303
    theirs.refresh_from_db()
    assert theirs.starts_at == START


@pytest.mark.parametrize("busy", [False, True])
def test_a_team_moves_together_or_not_at_all(contoso: Tenant, visitor: Client, busy: bool) -> None:
    page, service, members = clinic(contoso, staff=2, staffing=Service.Staffing.ALL)
    booking = book(page, service, START)
    if busy:
        other = Service.objects.create(tenant=contoso, page=page, title="Alone", minimum_lead=START - START)
        other.staff.set(members[1:])
        book(page, other, at("2026-11-25 09:00"))
    own = f"/manage/{booking.manage_token}/reschedule"
    answer = visitor.post(f"{own}?time=2026-11-25T09:00Z", {"time": "2026-11-25T09:00Z"})
    assert answer.status_code == (409 if busy else 303)
    booking.refresh_from_db()
    assert (booking.starts_at == START) is busy
