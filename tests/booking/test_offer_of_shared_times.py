"""Shared times, whole teams and kept times among what is offered, and what they cost."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from bookings.models import Booking, BookingPage, GroupSession, Hold, Service, StaffMember, TimeOff, TimeOffer
from bookings.services import offers
from tenants.models import BusyPeriod, Tenant
from tenants.services import claims
from tenants.services.claims import Wanted
from tests.booking.asking import HOUR, HOURLY, MONDAY, TUESDAY, ZURICH, fresh, hours, why
from tests.factories import NOW, StaffMemberFactory, at, book, clinic
from tests.factories import ServiceFactory as NewService


def shared(service: Service, member: StaffMember, text: str, *, capacity: int = 3, taken: int = 1) -> GroupSession:
    """A running session, which occupies its staff member."""
    start = at(text)
    session = GroupSession.objects.create(
        tenant=service.tenant, service=service, staff_member=member, starts_at=start,
        ends_at=start + service.duration, buffer_before=timedelta(0), buffer_after=timedelta(0), capacity=capacity,
        seats_taken=taken,
    )  # fmt: skip
    keep(session.pk, service, member, text)
    return session


def keep(owner: uuid.UUID, service: Service, member: StaffMember, text: str, **more: Any) -> None:
    wanted = [Wanted(member.claim_key, at(text), at(text) + service.duration)]
    with claims.ledger():
        claims.take(tenant=service.tenant, owner_id=owner, wanted=wanted, now=NOW, **more)


def test_a_running_session_is_offered_with_the_seats_left_although_it_makes_busy(contoso: Tenant) -> None:
    page, service, [member] = clinic(contoso, seats=3, **HOURLY)
    shared(service, member, "2026-11-24 09:00", taken=1)
    BusyPeriod.objects.create(
        tenant=contoso, mailbox=member.mailbox, event_id="x", starts_at=at("2026-11-24 09:00"),
        ends_at=at("2026-11-24 10:00"), show_as="busy",
    )  # fmt: skip
    offer = offers.offer(
        page=page, service=service, first_date=TUESDAY, last_date=TUESDAY, zone=ZURICH, now=NOW
    )  # fmt: skip
    seats = {slot.start // 3600 % 24 + 1: slot.seats_left for slot in offer.slots}
    assert seats[10] == 2 and seats[11] == 3 and len(seats) == 8
    assert why(page, service, "2026-11-24 09:00")[0] == ["offered"]


def test_seats_of_several_colleagues_at_one_time_add_up(contoso: Tenant) -> None:
    page, service, [ada, bo] = clinic(contoso, staff=2, seats=3, **HOURLY)
    shared(service, ada, "2026-11-24 09:00", taken=2)
    shared(service, bo, "2026-11-24 10:00", taken=3)
    offer = offers.offer(page=page, service=service, first_date=TUESDAY, last_date=TUESDAY, zone=ZURICH, now=NOW)
    seats = {slot.start // 3600 % 24 + 1: slot.seats_left for slot in offer.slots}
    assert (seats[10], seats[11], seats[12]) == (4, 3, 6)


def test_a_full_session_is_not_offered_and_says_so(contoso: Tenant) -> None:
    page, service, [member] = clinic(contoso, seats=3, **HOURLY)
    shared(service, member, "2026-11-24 09:00", taken=3)
    assert 10 not in hours(page, service, TUESDAY)
    codes, text = why(page, service, "2026-11-24 09:00")
    assert codes == ["sessionFull"] and "all seats are taken" in text
    other = NewService(page=page, **HOURLY)
    codes, text = why(page, other, "2026-11-24 09:00")
    assert codes == ["busyBooking"] and "“Consultation, 3 of 3 seats taken”" in text


def test_nobody_joins_a_session_while_its_host_is_away_or_its_service_has_another_length(contoso: Tenant) -> None:
    page, service, [member] = clinic(contoso, seats=3, **HOURLY)
    shared(service, member, "2026-11-24 09:00")
    away = TimeOff.objects.create(
        tenant=contoso, page=page, staff_member=member, starts_at=at("2026-11-24 09:30"),
        ends_at=at("2026-11-24 09:45"),
    )  # fmt: skip
    assert 10 not in hours(page, service, TUESDAY)
    assert "timeOff" in why(page, service, "2026-11-24 09:00")[0]
    away.delete()
    assert 10 in hours(page, service, TUESDAY)
    service.duration = 2 * HOUR
    service.save()
    assert 10 not in hours(page, service, TUESDAY)


def test_a_session_that_is_over_or_ignored_or_of_another_service_is_no_reason_to_offer(contoso: Tenant) -> None:
    page, service, [member] = clinic(contoso, seats=3, **HOURLY)
    BookingPage.objects.update(weekly_hours={})
    session = shared(service, member, "2026-11-24 09:00")
    assert hours(page, service, TUESDAY) == [10]
    assert hours(page, service, TUESDAY, ignoring=[session.pk]) == []
    assert hours(page, NewService(page=page, seats=3, **HOURLY), TUESDAY) == []
    GroupSession.objects.update(ended_at=NOW)
    assert hours(page, service, TUESDAY) == []


def test_where_all_are_needed_one_busy_colleague_takes_the_time_away(contoso: Tenant) -> None:
    page, service, [ada, bo] = clinic(contoso, staff=2, staffing=Service.Staffing.ALL, **HOURLY)
    keep(uuid.uuid4(), service, bo, "2026-11-24 09:00")
    assert 10 not in hours(page, service, TUESDAY) and 11 in hours(page, service, TUESDAY)
    codes, text = why(page, service, "2026-11-24 09:00")
    assert sorted(codes) == ["busyBooking", "colleagueBusy"]
    assert f"not offered with {ada.display_name}: everybody is needed, and {bo.display_name} cannot" in text
    ask = {"page": page, "service": service, "staff": offers.staff_for(service), "now": NOW}
    assert offers.free_staff(starts_at=at("2026-11-24 09:00"), **ask) == []
    assert offers.free_staff(starts_at=at("2026-11-24 10:00"), **ask) == [ada, bo]
    assert offers.staff_for(service, only=bo.pk) == [ada, bo]
    assert offers.staff_for(service, only=uuid.uuid4()) == []


@pytest.mark.parametrize("status", [StaffMember.Status.PENDING, StaffMember.Status.REJECTED])
@pytest.mark.row("S0.12", "S0.13")
def test_who_has_not_agreed_is_neither_offered_nor_needed(contoso: Tenant, status: str) -> None:
    page, service, [ada, bo] = clinic(contoso, staff=2, **HOURLY)
    StaffMember.objects.filter(pk=bo.pk).update(status=status)
    offer = offers.offer(page=page, service=service, first_date=TUESDAY, last_date=TUESDAY, zone=ZURICH, now=NOW)
    assert {slot.host_ids for slot in offer.slots} == {(str(ada.pk),)}


def test_a_kept_time_is_told_for_what_it_is_and_free_for_whom_it_is_kept(contoso: Tenant) -> None:
    page, service, [member] = clinic(contoso, **HOURLY)
    until = NOW + timedelta(minutes=10)
    common = {"tenant": contoso, "service": service, "staff_member": member, "expires_at": until, "created_at": NOW}
    hold = Hold.objects.create(starts_at=at("2026-11-24 09:00"), key_hash="k", **common)
    origin = book(page, service, at("2026-11-26 09:00"))
    offer = TimeOffer.objects.create(starts_at=at("2026-11-24 11:00"), origin=origin, token_hash="t", **common)
    keep(hold.pk, service, member, "2026-11-24 09:00", expires_at=until)
    keep(offer.pk, service, member, "2026-11-24 11:00", expires_at=until)
    assert "kept for somebody who is booking it now" in why(page, service, "2026-11-24 09:00")[1]
    assert "offered to somebody on the waiting list" in why(page, service, "2026-11-24 11:00")[1]
    assert {10, 12}.isdisjoint(hours(page, service, TUESDAY))
    assert {10, 12} <= set(hours(page, service, TUESDAY, ignoring=[hold.pk, offer.pk]))


def test_a_request_that_waits_is_told_as_one(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, **HOURLY)
    booking = book(page, service, at("2026-11-24 09:00"))
    Booking.objects.filter(pk=booking.pk).update(status=Booking.Status.PENDING)
    codes, text = why(page, service, "2026-11-24 09:00")
    assert codes == ["busyBooking"] and "a request here that waits for approval" in text and "Ana Pérez" in text


def test_what_is_kept_on_another_page_stays_unnamed(contoso: Tenant) -> None:
    page, service, [member] = clinic(contoso, **HOURLY)
    elsewhere, theirs, _ = clinic(contoso, title="Secret yoga", seats=3, **HOURLY)
    twin = StaffMemberFactory(page=elsewhere, mailbox=member.mailbox)
    shared(theirs, twin, "2026-11-24 09:00")
    codes, text = why(page, service, "2026-11-24 09:00")
    assert codes == ["busyBooking"] and "yoga" not in text


def test_a_plain_service_asks_four_questions_and_one_with_everything_seven(
    contoso: Tenant, django_assert_num_queries: Any
) -> None:
    page, service, members = clinic(contoso, staff=3, **HOURLY)
    page = fresh(page)
    everything = NewService(
        page=page, daily_limit=5, weekly_limit=9, monthly_limit=9, seats=4, calendar_age_limit=HOUR, **HOURLY
    )
    members[0].mailbox.syncs_calendar = True
    members[0].mailbox.save()
    for one, count in ((service, 4), (everything, 7)):
        staff = offers.staff_for(one)
        with django_assert_num_queries(count):
            offers.offer(
                page=page, service=one, first_date=MONDAY, last_date=date(2027, 1, 20), zone=ZURICH, now=NOW,
                staff=staff,
            )  # fmt: skip
        with django_assert_num_queries(count):
            offers.free_staff(page=page, service=one, staff=staff, starts_at=at("2026-11-24 09:00"), now=NOW)
