"""Reminders and follow-ups come once each, when they make sense, and follow every change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_scopes import scope

from bookings.models import Booking, Reminder
from bookings.services import cancellation, decisions, outcomes, reassignment, reminders, rescheduling
from tenants import acting
from tenants.errors import InvalidInput
from tenants.models import Job, Message, Tenant
from tests import factories
from tests.factories import ANA, NOW, at

Run = Callable[..., None]
START = at("2026-11-30 08:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def reminder(booking: Booking, **changes: Any) -> Reminder:
    arguments = {"when": "before", "distance": DAY, "reader": "customer"} | changes
    found = reminders.add(service=booking.service, now=NOW, actor=acting.SYSTEM, **arguments)
    walk()
    return found


def walk(now: datetime = NOW) -> None:
    while jobs := list(Job.objects.filter(kind="reminders.walk", state=Job.State.PENDING)):
        for job in jobs:
            reminders.walk_on(job, now)
            Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)


@pytest.fixture
def pass_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def go(now: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: now)
        run(now=now, kind="mail.reminder")

    return go


def sent(template: str = "reminder") -> list[str]:
    return sorted(Message.objects.filter(template=template).values_list("to", flat=True))


def test_each_goes_once_at_its_time_to_its_readers(booking: Booking, pass_time: Any) -> None:
    reminder(booking, reader="both")
    reminder(booking, distance=HOUR)
    pass_time(START - DAY - timedelta(minutes=1))
    assert sent() == []
    pass_time(START - DAY)
    assert sent() == sorted([ANA.email, booking.staff_member.email])
    pass_time(START - HOUR)
    pass_time(START - HOUR)
    assert sent().count(ANA.email) == 2


def test_it_says_its_own_words_with_the_values_filled_in(booking: Booking, pass_time: Any) -> None:
    reminder(booking, text="Dear {customer}, bring your card.\n{staff} looks forward to {title}.")
    pass_time(START - DAY)
    text = Message.objects.get(template="reminder").text
    assert "Dear Ana Pérez, bring your card." in text and "looks forward to Consultation." in text
    assert "Monday 30 November 2026, 03:00" in text and booking.manage_url in text


def test_a_crash_between_writing_and_sending_does_not_send_it_twice(booking: Booking, pass_time: Any) -> None:
    reminder(booking)
    pass_time(START - DAY)
    Job.objects.filter(kind="mail.reminder").update(state=Job.State.PENDING)
    pass_time(START - DAY)
    assert sent() == [ANA.email]


def test_a_moved_booking_is_reminded_of_its_new_time_only(booking: Booking, pass_time: Any) -> None:
    reminder(booking)
    rescheduling.reschedule(booking=booking, starts_at=START + DAY, now=NOW, actor=acting.SYSTEM)
    pass_time(START - DAY)
    assert sent() == []
    pass_time(START)
    assert sent() == [ANA.email]


def test_who_takes_over_is_reminded(contoso: Tenant, pass_time: Any) -> None:
    page, service, members = factories.clinic(contoso, staff=2)
    booking = factories.book(page, service, START, staff_id=members[0].pk)
    reminder(booking, reader="staff")
    reassignment.reassign(booking=booking, to=members[1], now=NOW, actor=acting.SYSTEM, how="reassigned")
    pass_time(START - DAY)
    assert sent() == [members[1].email]


def test_of_a_cancelled_booking_nobody_is_reminded(booking: Booking, pass_time: Any) -> None:
    reminder(booking)
    cancellation.cancel(booking=booking, now=NOW, actor=acting.SYSTEM)
    pass_time(START - DAY)
    assert sent() == []


def test_a_request_is_reminded_of_once_it_is_approved(contoso: Tenant, pass_time: Any) -> None:
    page, service, _members = factories.clinic(contoso, approval="host")
    booking = factories.book(page, service, START)
    reminder(booking)
    assert not Job.objects.filter(kind="mail.reminder").exists()
    decisions.approve(approval=booking.approvals.get(), now=NOW, actor=acting.SYSTEM, by="Bea")
    pass_time(START - DAY)
    assert sent() == [ANA.email]


def test_booked_too_late_for_a_reminder_there_is_none(booking: Booking, pass_time: Any) -> None:
    Reminder.objects.create(tenant=booking.tenant, service=booking.service, distance=timedelta(days=30))
    late = factories.book(booking.page, booking.service, START + HOUR)
    assert not Job.objects.filter(kind="mail.reminder", payload__booking=str(late.pk)).exists()


def test_a_reminder_that_was_held_up_until_the_meeting_began_does_not_go(booking: Booking, pass_time: Any) -> None:
    reminder(booking)
    pass_time(START)
    assert sent() == []


@pytest.mark.parametrize(
    ("status", "expected"), [("completed", [ANA.email]), ("noShow", []), ("confirmed", [ANA.email])]
)
def test_a_follow_up_goes_to_those_who_came(booking: Booking, pass_time: Any, status: str, expected: list[str]) -> None:
    reminder(booking, when="after", distance=HOUR, text="How was it?")
    if status != "confirmed":
        outcomes.mark(booking=booking, status=status, now=START + HOUR, actor=acting.SYSTEM)
    pass_time(START + timedelta(minutes=90))
    assert sent("followUp") == expected


def test_one_added_later_holds_for_bookings_to_come_in_batches(
    booking: Booking, monkeypatch: Any, pass_time: Any
) -> None:
    monkeypatch.setattr(reminders, "BATCH", 2)
    for hour in range(9, 14):
        factories.book(booking.page, booking.service, at(f"2026-11-30 {hour:02}:00"))
    reminder(booking)
    assert Job.objects.filter(kind="mail.reminder").count() == 6
    pass_time(at("2026-11-29 13:00"))
    assert sent() == [ANA.email] * 6


def test_one_that_is_changed_goes_at_its_new_time_and_not_again(booking: Booking, pass_time: Any) -> None:
    row = reminder(booking)
    reminders.change(reminder=row, now=NOW, actor=acting.SYSTEM, distance=HOUR)
    walk()
    pass_time(START - DAY)
    assert sent() == []
    pass_time(START - HOUR)
    assert sent() == [ANA.email]
    reminders.change(reminder=row, now=START - HOUR, actor=acting.SYSTEM, distance=timedelta(minutes=30))
    walk(START - HOUR)
    pass_time(START - timedelta(minutes=30))
    assert sent() == [ANA.email]


def test_one_that_is_removed_does_not_go(booking: Booking, pass_time: Any) -> None:
    reminders.remove(reminder=reminder(booking), now=NOW, actor=acting.SYSTEM)
    pass_time(START - DAY)
    assert sent() == []


def test_a_service_has_ten_at_most_and_no_distance_that_makes_no_sense(booking: Booking) -> None:
    with pytest.raises(InvalidInput):
        reminder(booking, distance=timedelta(minutes=1))
    for minutes in range(10):
        reminder(booking, distance=timedelta(minutes=10 + minutes))
    with pytest.raises(InvalidInput):
        reminder(booking)


def test_the_bookings_of_another_organisation_are_left_alone(booking: Booking) -> None:
    stranger = factories.stranger()
    with scope(tenant=stranger):
        page, service, _members = factories.clinic(stranger)
        theirs = factories.book(page, service, START)
    reminder(booking)
    with scope(tenant=stranger):
        assert not Job.objects.filter(kind="mail.reminder").exists() and theirs.pk
