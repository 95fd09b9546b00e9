"""Several customers share one time: one claim, one seat each, and nobody touches another's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.models import Booking, GroupSession
from bookings.services import cancellation, reassignment, rescheduling
from bookings.services.booking import SlotTaken
from tenants import acting
from tenants.models import Claim, Tenant
from tests.factories import ANA, NOW, at, book, clinic

NINE, TEN = at("2026-11-23 08:00"), at("2026-11-23 09:00")
HER = acting.visitor(ANA.email)


def seats() -> list[int]:
    """Seats taken in the sessions that run."""
    return list(GroupSession.objects.filter(ended_at=None).order_by("starts_at").values_list("seats_taken", flat=True))


def test_as_many_as_there_are_seats_share_one_claim_and_the_next_is_refused(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso, seats=3, buffer_after=timedelta(minutes=10))
    made = [book(page, service, NINE) for _ in range(3)]
    claim = Claim.objects.get()
    assert claim.owner_id == made[0].session_id == made[2].session_id
    assert (claim.key_id, claim.ends_at) == (doctor.mailbox_id, NINE + timedelta(minutes=40))
    with pytest.raises(SlotTaken) as refused:
        book(page, service, NINE)
    assert NINE not in refused.value.extra["alternatives"]
    assert seats() == [3] and Booking.objects.count() == 3


def test_customers_who_share_are_never_invited_by_outlook_where_they_would_see_each_other(contoso: Tenant) -> None:
    contoso.invitation_sender = Tenant.InvitationSender.OUTLOOK
    contoso.save()
    page, service, [doctor] = clinic(contoso, seats=2)
    doctor.mailbox.syncs_calendar = True
    doctor.mailbox.save()
    assert book(page, service, NINE).invitation_sender == "daybook"


def test_a_seat_that_is_given_back_is_free_again_and_the_last_one_ends_the_session(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, seats=2)
    first, second = book(page, service, NINE), book(page, service, NINE)
    cancellation.cancel(booking=first, now=NOW, actor=HER)
    assert seats() == [1] and Claim.objects.count() == 1
    third = book(page, service, NINE)
    assert third.session_id == second.session_id and seats() == [2]
    for booking in (second, third):
        cancellation.cancel(booking=booking, now=NOW, actor=HER)
    assert seats() == [] and not Claim.objects.exists()
    assert book(page, service, NINE).session_id != second.session_id


def test_moving_leaves_one_session_and_joins_another(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, seats=2)
    staying, moving, there = book(page, service, NINE), book(page, service, NINE), book(page, service, TEN)
    moved = rescheduling.reschedule(booking=moving, starts_at=TEN, now=NOW, actor=HER)
    assert moved.session_id == there.session_id and seats() == [1, 2]
    with pytest.raises(SlotTaken):
        rescheduling.reschedule(booking=staying, starts_at=TEN, now=NOW, actor=HER)
    assert seats() == [1, 2]
    staying.refresh_from_db()
    assert staying.starts_at == NINE


def test_who_is_alone_in_a_session_may_move_it_over_its_own_time(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, seats=2, duration=timedelta(hours=1))
    alone = book(page, service, NINE)
    moved = rescheduling.reschedule(booking=alone, starts_at=NINE + timedelta(minutes=30), now=NOW, actor=HER)
    assert seats() == [1] and Claim.objects.get().owner_id == moved.session_id != alone.session_id


def test_anyone_means_the_session_that_has_begun_before_a_second_one(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=3, seats=2)
    chosen = [book(page, service, NINE, now=NOW + timedelta(seconds=n)).staff_member_id for n in range(4)]
    assert chosen[0] == chosen[1] != chosen[2] == chosen[3]
    assert book(page, service, NINE, staff_id=members[0].pk if members[0].pk not in chosen else None)
    assert sorted(seats()) == [1, 2, 2]


def test_a_session_keeps_the_seats_that_were_agreed_when_it_began(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, seats=2)
    book(page, service, NINE)
    service.seats = 5
    service.save()
    book(page, service, NINE)
    with pytest.raises(SlotTaken):
        book(page, service, NINE)


def test_a_request_that_does_not_hold_its_time_takes_no_seat(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, seats=1, approval="host")
    service.seats, service.pending_holds = 2, False
    service.save()
    booking = book(page, service, NINE)
    assert (booking.status, booking.session_id, seats()) == ("pendingApproval", None, [])


def test_one_party_can_be_handed_over_without_the_others(contoso: Tenant) -> None:
    page, service, [first, second] = clinic(contoso, staff=2, seats=3)
    mine, other = (book(page, service, NINE, staff_id=first.pk) for _ in range(2))
    handed = reassignment.reassign(booking=mine, to=second, now=NOW, actor=acting.SYSTEM)
    other.refresh_from_db()
    assert (handed.staff_member, other.staff_member) == (second, first) and seats() == [1, 1]
