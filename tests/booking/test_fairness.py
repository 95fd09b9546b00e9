"""“Anyone” is shared out by weight, and a ledger says why each colleague got what they got."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from bookings.models import Assignment, Booking
from bookings.services import fairness
from tenants.models import AuditEvent, Tenant
from tests.factories import EVERY_DAY, NOW, ServiceFactory, at, book, clinic

NINE = at("2026-11-23 08:00")


def test_the_ledger_names_who_was_free_what_they_had_and_why(contoso: Tenant) -> None:
    page, service, [first, second, third] = clinic(contoso, staff=3)
    book(page, service, NINE, staff_id=first.pk)
    booking = book(page, service, NINE, now=NOW + timedelta(seconds=1))
    line = Assignment.objects.get(booking=booking)
    free = {(one["id"], one["name"], one["count"], one["weight"]) for one in line.candidates}
    assert free == {(str(member.pk), member.display_name, 0, 1) for member in (second, third)}
    assert (line.how, line.staff_member, line.page) == ("fair", booking.staff_member, page)
    assert line.reason.startswith("Has 0 recent bookings")
    assert fairness.why(line) == line.reason
    assert AuditEvent.objects.get(target_id=booking.pk, action="booking.created").reason == line.reason


def test_a_line_that_kept_less_says_what_it_said_then(contoso: Tenant) -> None:
    page, service, _members = clinic(contoso, staff=2)
    book(page, service, NINE)
    line = Assignment.objects.get()
    line.reason = "Has 0 recent bookings, as have others who were free."
    line.candidates = [{name: row[name] for name in ("id", "name", "count", "weight")} for row in line.candidates]
    assert fairness.ledger([line]) == [(line, line.reason)]


def test_a_choice_of_the_customer_is_a_line_of_its_own_kind(contoso: Tenant) -> None:
    page, service, [_, second] = clinic(contoso, staff=2)
    book(page, service, NINE, staff_id=second.pk)
    assert Assignment.objects.get().how == "chosen"


def test_the_last_one_free_is_said_to_be_that(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso, staff=2)
    book(page, service, NINE)
    booking = book(page, service, NINE)
    assert Assignment.objects.get(booking=booking).reason == "Nobody else was free at this time."


def test_where_there_is_only_one_there_is_nothing_to_explain(contoso: Tenant) -> None:
    page, service, [doctor] = clinic(contoso)
    book(page, service, NINE, staff_id=doctor.pk)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize(("status", "counts"), [("declined", 0), ("noShow", 1), ("pendingApproval", 1)])
def test_what_takes_place_or_may_yet_counts(contoso: Tenant, status: str, counts: int) -> None:
    page, service, [first, _] = clinic(contoso, staff=2)
    booking = book(page, service, NINE, staff_id=first.pk)
    Booking.objects.update(status=status)
    assert fairness.loads([first], now=NOW) == {
        str(first.pk): (counts, int(booking.created_at.timestamp()) if counts else 0)
    }


def test_weights_share_bookings_out(contoso: Tenant) -> None:
    page, service, [full, half] = clinic(contoso, staff=2)
    full.weight = 3
    full.save()
    half_hours = [NINE + timedelta(minutes=30 * number) for number in range(12)]
    got = Counter(
        book(page, service, start, now=NOW + timedelta(seconds=number)).staff_member_id
        for number, start in enumerate(half_hours)
    )
    assert got == {full.pk: 9, half.pk: 3}
    assert "weight of 3 in 4" in Assignment.objects.filter(staff_member=full).first().reason


def test_what_would_happen_next_is_what_happens(contoso: Tenant) -> None:
    page, service, members = clinic(contoso, staff=3)
    members[1].weight = 2
    members[1].save()
    foreseen = fairness.what_if(members, now=NOW, bookings=8)
    happened = [
        book(page, service, NINE + timedelta(minutes=30 * number), now=NOW + timedelta(seconds=number)).staff_member
        for number in range(8)
    ]
    assert foreseen == happened


@pytest.mark.slow
def test_ten_colleagues_and_two_hundred_bookings_are_never_more_than_one_apart(contoso: Tenant) -> None:
    page, _, members = clinic(contoso, staff=10)
    page.weekly_hours = {day: [["00:00", "24:00"]] for day in EVERY_DAY}
    page.save()
    service = ServiceFactory(page=page, duration=timedelta(minutes=5), slot_interval=timedelta(minutes=5))
    got: Counter[object] = Counter({member.pk: 0 for member in members})
    for number in range(200):
        booking = book(page, service, NINE + timedelta(minutes=5 * number), now=NOW + timedelta(seconds=number))
        got[booking.staff_member_id] += 1
        assert max(got.values()) - min(got.values()) <= 1
    assert set(got.values()) == {20}
    lines = Assignment.objects.filter(booking__service=service)
    assert lines.count() == 200 and not lines.filter(reason="").exists()
