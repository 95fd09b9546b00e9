"""Services that need all of their staff: everybody is booked together, or nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.models import Assignment, Booking
from bookings.services import cancellation, reassignment, rescheduling
from bookings.services.booking import NoStaff, SlotTaken
from tenants import acting
from tenants.models import Claim, Tenant
from tests.factories import ANA, NOW, ServiceFactory, at, book, clinic

NINE, TEN = at("2026-11-23 08:00"), at("2026-11-23 09:00")
HER = acting.visitor(ANA.email)


def test_everybody_is_claimed_and_stands_in_the_booking(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=3, staffing="all")
    booking = Booking.objects.get(pk=book(page, service, NINE).pk)
    assert booking.is_collective and booking.hosts == members
    assert set(Claim.objects.values_list("key_id", flat=True)) == {member.mailbox_id for member in members}
    assert not Assignment.objects.exists()


def test_one_who_is_busy_is_enough_to_refuse_it(contoso: Tenant) -> None:
    page, service, [_, second] = clinic(contoso, staff=2, staffing="all")
    alone = ServiceFactory(page=page, members=[second])
    book(page, alone, NINE)
    with pytest.raises(SlotTaken) as refused:
        book(page, service, NINE)
    assert refused.value.extra["alternatives"][0] == NINE + timedelta(minutes=30)
    assert Claim.objects.count() == 1


def test_the_one_who_is_asked_for_leads_and_the_others_come_along(contoso: Tenant) -> None:
    page, service, [first, second] = clinic(contoso, staff=2, staffing="all")
    assert book(page, service, NINE, staff_id=second.pk).hosts == [second, first]
    _, _, [outsider] = clinic(contoso)
    with pytest.raises(NoStaff):
        book(page, service, TEN, staff_id=outsider.pk)


def test_a_team_of_one_is_no_team(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso, staffing="all")
    booking = book(page, service, NINE)
    assert not booking.is_collective and booking.hosts == [doctor]


def test_moving_and_cancelling_move_and_free_everybody(contoso: Tenant) -> None:
    page, service, [_, second] = clinic(contoso, staff=2, staffing="all")
    alone = ServiceFactory(page=page, members=[second])
    booking = book(page, service, NINE)
    book(page, alone, TEN)
    with pytest.raises(SlotTaken):
        rescheduling.reschedule(booking=booking, starts_at=TEN, now=NOW, actor=HER)
    later = TEN + timedelta(hours=1)
    rescheduling.reschedule(booking=booking, starts_at=later, now=NOW, actor=HER)
    assert list(Claim.objects.filter(owner_id=booking.pk).values_list("starts_at", flat=True)) == [later, later]
    cancellation.cancel(booking=booking, now=NOW, actor=HER)
    assert not Claim.objects.filter(owner_id=booking.pk).exists()


def test_there_is_nobody_to_hand_it_over_to(contoso: Tenant) -> None:
    page, service, [_, second] = clinic(contoso, staff=2, staffing="all")
    booking = book(page, service, NINE)
    assert reassignment.candidates(booking, NOW) == []
    with pytest.raises(reassignment.NeedsEverybody):
        reassignment.reassign(booking=booking, to=second, now=NOW, actor=acting.SYSTEM)


def test_who_joined_the_service_later_does_not_take_part_in_what_was_booked(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=2, staffing="all")
    booking = book(page, service, NINE)
    service.staff.remove(members[1])
    booking.refresh_from_db()
    assert booking.hosts == members
    with pytest.raises(NoStaff):
        rescheduling.reschedule(booking=booking, starts_at=TEN, now=NOW, actor=HER)
