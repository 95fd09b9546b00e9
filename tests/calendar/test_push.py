"""A booking and its event in Outlook: one of each, whatever happens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings import calendar_push
from bookings.models import Booking, EventLink
from bookings.services.booking import Customer
from tenants.models import BusyPeriod, Job, Mailbox
from tenants.sandbox import control
from tests.calendar.clinic import ELEVEN, NINE, TEN, Clinic, cancel, push_again, reschedule
from tests.factories import NOW, book
from tests.microsoft365.organisation import Microsoft365, copy_of, push_jobs, run_due

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinic(microsoft365: Microsoft365) -> Clinic:
    return Clinic(microsoft365)


@pytest.mark.row("S4.1")
@pytest.mark.row("S2.23")
def test_a_booking_becomes_one_event_in_the_staff_members_calendar(clinic: Clinic) -> None:
    booking = clinic.book()
    run_due()
    push_again(booking)
    assert clinic.events() == [("Consultation: Ana Pérez", NINE, NINE + timedelta(minutes=30))]
    link = EventLink.objects.get()
    assert (link.booking, link.mailbox, link.pushed_sequence) == (booking, clinic.bea, 0)
    assert (link.starts_at, link.ends_at) == (booking.starts_at, booking.ends_at)
    assert link.event_id and link.change_key and link.ical_uid and link.web_link
    assert len(control.requests(path="*/events", method="POST")) == 1
    assert [event.response_requested for event in control.events("bea@contoso.com")] == [True]


def test_the_event_tells_who_comes_and_where_to_change_it_but_not_the_customers_own_link(clinic: Clinic) -> None:
    ana = Customer(name="Ana <b>", email="ana@example.net", time_zone="Asia/Tokyo", phone="+41 1", notes="A\n<i>")
    booking = book(clinic.page, clinic.service, NINE, customer=ana)
    run_due()
    event = clinic.microsoft365.events(clinic.bea)[0]
    assert event.subject == "Consultation: Ana <b>"
    for text in (
        "Ana &lt;b&gt;",
        "ana@example.net",
        "Asia/Tokyo",
        "+41 1",
        "A<br>&lt;i&gt;",
        f"/staff/bookings/{booking.pk}",
    ):
        assert text in event.body
    assert booking.manage_token not in event.body
    assert (event.show_as, event.allow_new_time_proposals, event.response_requested) == ("busy", False, True)
    assert event.locations[0]["displayName"] == "Room 1, Main Street"


def test_a_moved_booking_moves_the_same_event(clinic: Clinic) -> None:
    booking = clinic.book()
    run_due()
    before = EventLink.objects.get()
    reschedule(booking, TEN)
    run_due()
    after = EventLink.objects.get()
    assert clinic.events() == [("Consultation: Ana Pérez", TEN, TEN + timedelta(minutes=30))]
    assert (after.event_id, after.pushed_sequence, after.starts_at) == (before.event_id, 1, TEN)
    assert after.change_key != before.change_key


def test_moving_sends_nothing_but_the_time(clinic: Clinic) -> None:
    booking = clinic.book()
    run_due()
    body = clinic.microsoft365.events(clinic.bea)[0].body
    clinic.microsoft365.organisation.users.get(mail="bea@contoso.com").events.update(body=body + "added in Outlook")
    reschedule(booking, TEN)
    run_due()
    assert clinic.microsoft365.events(clinic.bea)[0].body == body + "added in Outlook"


def test_a_cancelled_booking_takes_its_event_away_once(clinic: Clinic) -> None:
    booking = clinic.book()
    run_due()
    cancel(booking)
    run_due()
    push_again(booking)
    assert clinic.events() == []
    assert EventLink.objects.get().deleted_at is not None
    assert len(control.requests(method="DELETE")) == 1
    assert control.invitations() == []


def test_a_booking_cancelled_before_it_was_pushed_never_reaches_outlook(clinic: Clinic) -> None:
    cancel(clinic.book())
    run_due()
    assert clinic.events() == []
    assert control.requests(path="/v1.0/*") == []
    assert {job.state for job in push_jobs()} == {Job.State.DONE}


def test_changes_made_before_the_first_push_arrive_as_one_event(clinic: Clinic) -> None:
    reschedule(reschedule(clinic.book(), TEN), ELEVEN)
    run_due()
    assert [start for _, start, _ in clinic.events()] == [ELEVEN]
    assert EventLink.objects.get().pushed_sequence == 2


def test_an_event_somebody_deleted_in_outlook_comes_back_when_the_booking_moves(clinic: Clinic) -> None:
    booking = clinic.book()
    run_due()
    first = EventLink.objects.get()
    clinic.microsoft365.organisation.users.get(mail="bea@contoso.com").events.all().delete()
    reschedule(booking, TEN)
    run_due()
    second = EventLink.objects.get()
    assert [start for _, start, _ in clinic.events()] == [TEN]
    assert second.event_id != first.event_id and second.transaction_id != first.transaction_id


def test_cancelling_an_event_somebody_deleted_in_outlook_is_fine(clinic: Clinic) -> None:
    booking = clinic.book()
    run_due()
    clinic.microsoft365.organisation.users.get(mail="bea@contoso.com").events.all().delete()
    cancel(booking)
    run_due()
    assert {job.state for job in push_jobs()} == {Job.State.DONE}


def test_an_event_follows_the_person_to_another_mailbox(clinic: Clinic) -> None:
    booking = clinic.book()
    run_due()
    clinic.member.mailbox = clinic.microsoft365.mailbox("bea.berger@contoso.com", "Bea Berger")
    clinic.member.save()
    push_again(booking)
    push_again(booking)
    assert clinic.events() == []
    assert [start for _, start, _ in clinic.events(clinic.member.mailbox)] == [NINE]
    assert EventLink.objects.get(deleted_at=None).mailbox == clinic.member.mailbox
    assert copy_of(clinic.bea) == []


def test_a_mailbox_that_is_no_longer_kept_in_step_gets_nothing(clinic: Clinic) -> None:
    booking = clinic.book()
    Mailbox.objects.update(syncs_calendar=False)
    push_again(booking)
    assert control.requests(path="/v1.0/*") == []


@pytest.mark.row("S4.7")
def test_the_teams_link_comes_back_into_the_booking_and_hastens_the_mails(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365, is_online=True)
    booking = clinic.book()
    calendar_push.push(booking, now=NOW)
    booking.refresh_from_db()
    assert booking.join_url.startswith("https://teams.microsoft.com/l/meetup-join/")
    mails = Job.objects.filter(kind="mail.booking", payload__template="confirmed")
    assert mails and all(job.due_at == NOW for job in mails)


def test_a_teams_link_that_comes_late_is_looked_up(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365, is_online=True)
    booking = clinic.book()
    run_due()
    url = Booking.objects.get().join_url
    Booking.objects.update(join_url="")
    clinic.microsoft365.organisation.users.get(mail="bea@contoso.com").events.update(join_url="")
    Job.objects.filter(kind="outlook.push").update(state=Job.State.PENDING, due_at=NOW - timedelta(days=30), attempts=0)
    run_due()
    waiting = push_jobs()[0]
    assert (waiting.state, "join link" in waiting.last_error) == (Job.State.PENDING, True)
    clinic.microsoft365.organisation.users.get(mail="bea@contoso.com").events.update(join_url=url)
    push_again(booking)
    assert Booking.objects.get().join_url == url


def test_looking_up_the_teams_link_does_not_confirm_a_move_made_in_outlook(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365, is_online=True)
    booking = clinic.book()
    run_due()
    Booking.objects.update(join_url="")
    clinic.microsoft365.organisation.users.get(mail="bea@contoso.com").events.update(start_at=TEN, end_at=ELEVEN)
    push_again(booking)
    assert EventLink.objects.get().starts_at == NINE
    assert BusyPeriod.objects.get().starts_at == NINE
