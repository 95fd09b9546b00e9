"""Bookings that several people share, hand over, or wait for: each calendar shows one event that is true."""

from __future__ import annotations

from typing import Any

import pytest

from bookings.models import Booking, EventLink, GroupSession
from bookings.services import cancellation, decisions, reassignment, rescheduling
from bookings.services.booking import Customer
from tenants import acting
from tenants.models import Mailbox, Message, Tenant
from tenants.sandbox import control
from tests.calendar.clinic import NINE, TEN, Clinic, cancel, reschedule
from tests.factories import ANA, NOW, StaffMemberFactory, book
from tests.microsoft365.organisation import Microsoft365, run_due

pytestmark = pytest.mark.django_db(transaction=True)
BEN = Customer(name="Ben Okri", email="ben@example.org", time_zone="Europe/London")


def colleague(clinic: Clinic, address: str = "cem@contoso.com", name: str = "Cem Can") -> Mailbox:
    mailbox = clinic.microsoft365.mailbox(address, name)
    member = StaffMemberFactory(page=clinic.page, mailbox=mailbox, position=1)
    clinic.service.staff.add(member)
    return mailbox


def by_outlook(clinic: Clinic) -> None:
    clinic.microsoft365.tenant.invitation_sender = Tenant.InvitationSender.OUTLOOK
    clinic.microsoft365.tenant.save()
    clinic.page.refresh_from_db()


def calendar(clinic: Clinic, mailbox: Mailbox | None = None) -> list[tuple[str, Any]]:
    return [(subject, start) for subject, start, _end in clinic.events(mailbox)]


class TestSession:
    def clinic(self, microsoft365: Microsoft365, **service: Any) -> Clinic:
        return Clinic(microsoft365, seats=3, **service)

    def test_is_one_event_whose_subject_and_text_say_who_comes(self, microsoft365: Microsoft365) -> None:
        clinic = self.clinic(microsoft365)
        clinic.book()
        run_due()
        second = book(clinic.page, clinic.service, NINE, customer=BEN)
        run_due()
        assert calendar(clinic) == [("Consultation (2 of 3 seats)", NINE)]
        body = microsoft365.events(clinic.bea)[0].body
        assert "ana@example.net" in body and "ben@example.org" in body
        assert EventLink.objects.get().session == second.session
        cancel(second)
        run_due()
        assert calendar(clinic) == [("Consultation (1 of 3 seats)", NINE)]
        assert "ben@example.org" not in microsoft365.events(clinic.bea)[0].body

    def test_has_no_attendees_whoever_sends_invitations_and_each_customer_has_an_own_file(
        self, microsoft365: Microsoft365
    ) -> None:
        clinic = self.clinic(microsoft365)
        by_outlook(clinic)
        clinic.book()
        book(clinic.page, clinic.service, NINE, customer=BEN)
        run_due()
        assert microsoft365.events(clinic.bea)[0].attendees == [] and control.invitations() == []
        files = {mail.to: mail.calendar for mail in Message.objects.filter(calendar_method="REQUEST")}
        assert set(files) == {"ana@example.net", "ben@example.org"}
        assert "ben@" not in files["ana@example.net"] and "ana@" not in files["ben@example.org"]

    def test_goes_with_the_last_customer_and_appears_where_one_moves_to(self, microsoft365: Microsoft365) -> None:
        clinic = self.clinic(microsoft365)
        booking = clinic.book()
        run_due()
        reschedule(booking, TEN)
        run_due()
        assert calendar(clinic) == [("Consultation (1 of 3 seats)", TEN)]
        cancel(booking)
        run_due()
        assert calendar(clinic) == []

    @pytest.mark.row("S4.7")
    def test_online_has_one_link_for_everybody_that_survives_who_comes_later(self, microsoft365: Microsoft365) -> None:
        clinic = self.clinic(microsoft365, is_online=True)
        first = clinic.book()
        run_due()
        first.refresh_from_db()
        assert first.join_url
        second = book(clinic.page, clinic.service, NINE, customer=BEN)
        assert second.join_url == first.join_url
        run_due()
        event = microsoft365.events(clinic.bea)[0]
        assert event.body.count("Join the meeting now") == 1 and "ben@example.org" in event.body
        assert event.join_url == first.join_url == GroupSession.objects.get().join_url


class TestTeam:
    def test_each_host_has_an_event_and_only_the_leads_invites(self, microsoft365: Microsoft365) -> None:
        clinic = Clinic(microsoft365, staffing="all", is_online=True)
        cem = colleague(clinic)
        by_outlook(clinic)
        booking = clinic.book()
        run_due()
        assert calendar(clinic) == calendar(clinic, cem) == [("Consultation: Ana Pérez", NINE)]
        lead, other = microsoft365.events(clinic.bea)[0], microsoft365.events(cem)[0]
        assert [one["emailAddress"]["address"] for one in lead.attendees] == ["ana@example.net"]
        assert other.attendees == [] and not other.join_url
        booking.refresh_from_db()
        assert booking.join_url == lead.join_url
        assert booking.join_url.partition("?")[0] in other.body
        assert len(control.invitations()) == 1

    def test_all_events_move_and_go_together(self, microsoft365: Microsoft365) -> None:
        clinic = Clinic(microsoft365, staffing="all")
        cem = colleague(clinic)
        booking = clinic.book()
        run_due()
        reschedule(booking, TEN)
        run_due()
        assert [start for _, start in calendar(clinic) + calendar(clinic, cem)] == [TEN, TEN]
        cancel(booking)
        run_due()
        assert calendar(clinic) == calendar(clinic, cem) == []


def test_a_booking_that_is_handed_over_changes_calendars_and_gets_another_link(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365, is_online=True)
    booking = clinic.book()
    run_due()
    cem = colleague(clinic)
    before = Booking.objects.get().join_url
    to = clinic.page.staff_members.get(mailbox=cem)
    reassignment.reassign(booking=booking, to=to, now=NOW, actor=acting.SYSTEM, how="reassigned")
    run_due()
    run_due()  # the mails waited for the link
    assert calendar(clinic) == [] and calendar(clinic, cem) == [("Consultation: Ana Pérez", NINE)]
    after = Booking.objects.get().join_url
    assert after and after != before
    assert after in Message.objects.get(to="ana@example.net", template="reassigned").text


@pytest.mark.row("S0.12")
def test_a_request_is_in_no_calendar_until_it_is_approved_and_leaves_it_when_it_waits_again(
    microsoft365: Microsoft365,
) -> None:
    clinic = Clinic(microsoft365, approval="host")
    booking = clinic.book()
    run_due()
    assert calendar(clinic) == []
    decisions.approve(approval=booking.approvals.get(), now=NOW, actor=acting.SYSTEM, by="Bea")
    run_due()
    assert calendar(clinic) == [("Consultation: Ana Pérez", NINE)]
    booking.refresh_from_db()
    visitor = acting.visitor(ANA.email)
    rescheduling.reschedule(booking=booking, starts_at=TEN, now=NOW, actor=visitor)
    run_due()
    assert calendar(clinic) == []
    decisions.approve(approval=booking.approvals.get(state="waiting"), now=NOW, actor=acting.SYSTEM, by="Bea")
    run_due()
    assert calendar(clinic) == [("Consultation: Ana Pérez", TEN)]


def test_a_quiet_cancellation_takes_the_event_away_and_writes_no_mail(microsoft365: Microsoft365) -> None:
    clinic = Clinic(microsoft365)
    booking = clinic.book()
    run_due()
    Message.objects.all().delete()
    cancellation.cancel(booking=booking, now=NOW, actor=acting.SYSTEM, quiet=True)
    run_due()
    assert calendar(clinic) == [] and not Message.objects.exists()
