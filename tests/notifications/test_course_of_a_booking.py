"""Who hears what in the whole course of a booking, and what each calendar is told (RFC 5546)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bookings.models import Booking
from bookings.services import cancellation, decisions, reassignment, rescheduling
from bookings.services.intake import Details
from tenants import acting
from tenants.models import Message, Tenant
from tests import factories
from tests.factories import ANA, NOW, at
from tests.notifications import mini_ics

Run = Callable[..., None]
VISITOR = acting.visitor(ANA.email)
NINE, TEN, ELEVEN = at("2026-11-30 09:00"), at("2026-11-30 10:00"), at("2026-11-30 11:00")
KIM = "kim@example.org"


def book(tenant: Tenant, *, guests: list[str] | None = None, staff: int = 1, **service: Any) -> Booking:
    page, found, _members = factories.clinic(tenant, staff=staff, guests_allowed=bool(guests), **service)
    return factories.book(page, found, NINE, details=Details(guests=guests or []))


def move(booking: Booking, to: Any, actor: acting.Actor = VISITOR) -> None:
    rescheduling.reschedule(booking=booking, starts_at=to, now=NOW, actor=actor)


def approve(booking: Booking) -> None:
    approval = booking.approvals.get(state="waiting")
    decisions.approve(approval=approval, now=NOW, actor=acting.SYSTEM, by="Bea")


def heard(run: Run) -> set[tuple[str, str]]:
    """What everybody heard since the last time: template and address."""
    known = set(Message.objects.values_list("pk", flat=True))
    run()
    return {(message.template, message.to) for message in Message.objects.exclude(pk__in=known)}


def files(address: str = ANA.email) -> list[tuple[str, str, int, str, str]]:
    """Method, UID, SEQUENCE, STATUS and start of every calendar file an address got, in order."""
    found = []
    for message in Message.objects.filter(to=address).exclude(calendar_method="").order_by("created_at"):
        event = mini_ics.read(message.calendar.encode())["VEVENT"]
        found.append((
            message.calendar_method, mini_ics.one(event, "UID"), int(mini_ics.one(event, "SEQUENCE")),
            mini_ics.one(event, "STATUS"), mini_ics.one(event, "DTSTART"),
        ))  # fmt: skip
    return found


def test_one_entry_is_made_moved_moved_and_taken_away(contoso: Tenant, run: Run) -> None:
    booking = book(contoso)
    for step in (lambda: None, lambda: move(booking, TEN), lambda: move(booking, ELEVEN)):
        step()
        run()
    cancellation.cancel(booking=booking, now=NOW, actor=VISITOR)
    run()
    uid = f"{booking.pk}@daybook"
    assert files() == [
        ("REQUEST", uid, 0, "CONFIRMED", "20261130T090000Z"),
        ("REQUEST", uid, 1, "CONFIRMED", "20261130T100000Z"),
        ("REQUEST", uid, 2, "CONFIRMED", "20261130T110000Z"),
        ("CANCEL", uid, 3, "CANCELLED", "20261130T110000Z"),
    ]


class TestApproval:
    def test_a_request_is_in_no_calendar_until_it_counts_then_moves_along_as_tentative(
        self, contoso: Tenant, run: Run
    ) -> None:
        booking = book(contoso, approval="host")
        run()
        assert files() == []
        approve(booking)
        run()
        move(booking, TEN)
        run()
        approve(booking)
        run()
        sequences = [sequence for _method, _uid, sequence, _status, _start in files()]
        assert sequences == sorted(set(sequences))
        assert [(method, status, start[9:11]) for method, _uid, _sequence, status, start in files()] == [
            ("REQUEST", "CONFIRMED", "09"), ("REQUEST", "TENTATIVE", "10"), ("REQUEST", "CONFIRMED", "10")
        ]  # fmt: skip

    def test_declined_after_a_move_it_leaves_the_calendar(self, contoso: Tenant, run: Run) -> None:
        booking = book(contoso, approval="host")
        approve(booking)
        run()
        move(booking, TEN)
        run()
        approval = booking.approvals.get(state="waiting")
        decisions.reject(approval=approval, now=NOW, actor=acting.SYSTEM, by="Bea", reason="Away")
        run()
        assert [(method, status) for method, _uid, _sequence, status, _start in files()][-1] == ("CANCEL", "CANCELLED")
        told = Message.objects.get(template="declined", to=ANA.email)
        assert "Reason: Away" in told.text and told.text.count("/offer/") == 3

    def test_declined_at_once_it_never_was_in_one(self, contoso: Tenant, run: Run) -> None:
        booking = book(contoso, approval="host")
        assert heard(run) == {("requested", ANA.email)}
        approval = booking.approvals.get()
        decisions.reject(approval=approval, now=NOW, actor=acting.SYSTEM, by="Bea")
        assert heard(run) == {("declined", ANA.email)}
        assert files() == []

    def test_the_customer_reads_calmly_that_it_is_not_booked_yet(self, contoso: Tenant, run: Run) -> None:
        booking = book(contoso, approval="host")
        run()
        told = Message.objects.get(template="requested")
        assert "is not booked until it is confirmed; you get a mail either way." in told.text
        assert booking.manage_url in told.text and "Confirmed" not in told.subject

    def test_who_of_several_it_will_be_is_not_said_before_one_agrees(self, contoso: Tenant, run: Run) -> None:
        booking = book(contoso, approval="assignment", staff=2)
        run()
        told = Message.objects.get(template="requested")
        assert not any(member.display_name in told.text for member in booking.page.staff_members.all())
        assert f"With: {booking.page}" in told.text
        assert told.reply_to == booking.page.email

    def test_what_was_approved_before_its_mail_went_is_told_once(self, contoso: Tenant, run: Run) -> None:
        booking = book(contoso, approval="host")
        approve(booking)
        assert heard(run) == {("confirmed", ANA.email), ("confirmed", booking.staff_member.email)}


class TestGuests:
    def test_hear_of_everything_without_the_link_that_changes_it(self, contoso: Tenant, run: Run) -> None:
        booking = book(contoso, guests=[KIM])
        assert ("confirmed", KIM) in heard(run)
        move(booking, TEN)
        assert ("rescheduled", KIM) in heard(run)
        cancellation.cancel(booking=booking, now=NOW, actor=VISITOR)
        assert ("cancelled", KIM) in heard(run)
        for message in Message.objects.filter(to=KIM):
            everything = message.text + message.html + message.calendar
            assert booking.manage_token not in everything and "/manage/" not in everything
            assert "/offer/" not in everything and "First visit" not in everything
        assert [(method, sequence) for method, _uid, sequence, _status, _start in files(KIM)] == [
            ("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2)
        ]  # fmt: skip

    def test_see_the_customer_and_no_other_guest(self, contoso: Tenant, run: Run) -> None:
        book(contoso, guests=[KIM, "lee@example.org"])
        run()
        told = Message.objects.get(to=KIM)
        assert "lee@example.org" not in told.text + told.calendar
        assert told.calendar.count("ATTENDEE") == 2 and ANA.email in told.calendar.replace("\r\n ", "")

    def test_of_a_request_hear_nothing_until_it_is_approved(self, contoso: Tenant, run: Run) -> None:
        booking = book(contoso, guests=[KIM], approval="host")
        assert KIM not in {address for _template, address in heard(run)}
        approve(booking)
        assert ("confirmed", KIM) in heard(run)
        move(booking, TEN)
        assert ("requested", KIM) in heard(run)


class TestOneInvitation:
    def course(self, contoso: Tenant, run: Run, sender: str) -> None:
        contoso.invitation_sender = sender
        contoso.save()
        page, service, members = factories.clinic(contoso, guests_allowed=True)
        members[0].mailbox.syncs_calendar = True
        members[0].mailbox.save()
        booking = factories.book(page, service, NINE, details=Details(guests=[KIM]))
        run()
        move(booking, TEN)
        run()
        cancellation.cancel(booking=booking, now=NOW, actor=VISITOR)
        run()

    def test_from_outlook_means_none_from_us(self, contoso: Tenant, run: Run) -> None:
        self.course(contoso, run, Tenant.InvitationSender.OUTLOOK)
        assert files() == files(KIM) == []
        assert "a separate mail from Outlook" in Message.objects.get(to=ANA.email, template="confirmed").text

    def test_from_us_means_one_for_each(self, contoso: Tenant, run: Run) -> None:
        self.course(contoso, run, Tenant.InvitationSender.DAYBOOK)
        assert [one[0] for one in files()] == [one[0] for one in files(KIM)] == ["REQUEST", "REQUEST", "CANCEL"]


def test_who_takes_over_who_had_it_and_the_customer_hear_of_a_hand_over(contoso: Tenant, run: Run) -> None:
    page, service, (bea, cem) = factories.clinic(contoso, staff=2)
    booking = factories.book(page, service, NINE, staff_id=bea.pk)
    run()
    reassignment.reassign(booking=booking, to=cem, now=NOW, actor=acting.SYSTEM, how="reassigned")
    assert heard(run) == {("reassigned", address) for address in (ANA.email, bea.email, cem.email)}
    told = {message.to: message for message in Message.objects.filter(template="reassigned")}
    assert f"{cem} takes your meeting instead of {bea}. The time stays." in told[ANA.email].text
    assert f"{bea} had it before." in told[cem.email].text
    assert told[bea.email].calendar_method == "CANCEL" and told[cem.email].calendar_method == "REQUEST"
    assert told[ANA.email].calendar_method == "REQUEST" and files()[-1][2] == 1


def test_everybody_who_takes_part_is_told(contoso: Tenant, run: Run) -> None:
    booking = book(contoso, staff=3, staffing="all")
    hosts = {host.email for host in booking.hosts}
    assert len(hosts) == 3
    assert heard(run) == {("confirmed", address) for address in {ANA.email, *hosts}}
    text = Message.objects.get(to=ANA.email).text
    assert all(host.display_name in text for host in booking.hosts) and " and " in text
    cancellation.cancel(booking=booking, now=NOW, actor=VISITOR)
    assert heard(run) == {("cancelled", address) for address in {ANA.email, *hosts}}


def test_answers_guests_and_price_stand_in_both_mails(contoso: Tenant, run: Run) -> None:
    booking = book(contoso, guests=[KIM], price_text="CHF 120")
    answers = [{"question": "1", "label": "Which knee?", "answer": "Left"}, {"label": "Days", "answer": ["Mon", "Tue"]}]
    Booking.objects.filter(pk=booking.pk).update(answers=answers)
    run()
    for address in (ANA.email, booking.staff_member.email):
        lines = Message.objects.get(to=address).text.splitlines()
        assert {"Which knee? Left", "Days: Mon, Tue", f"Guests: {KIM}", "Price: CHF 120"} <= set(lines)


def test_the_mail_offers_only_what_the_customer_may_still_do(contoso: Tenant, run: Run) -> None:
    book(contoso, customers_may_cancel=False)
    run()
    text = Message.objects.get(to=ANA.email).text
    assert "Reschedule:" in text and "cancel" not in text.lower()


def test_the_mail_of_a_booking_made_too_late_to_change_only_shows_it(contoso: Tenant, run: Run) -> None:
    book(contoso, change_cutoff=timedelta(days=90))
    run()
    text = Message.objects.get(to=ANA.email).text
    assert "See your booking:" in text and "Reschedule" not in text
