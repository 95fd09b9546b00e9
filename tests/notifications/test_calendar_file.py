"""A booking's calendar file: one UID for life, a rising SEQUENCE, UTC times; read by two readers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from bookings.models import Booking, StaffMember
from bookings.notifications import ics
from bookings.notifications.ics import Method
from bookings.services import cancellation, rescheduling
from bookings.services.wishes import ReaderKind
from tenants import acting
from tenants.models import Mailbox, Message, Tenant
from tests import factories
from tests.factories import NOW, at
from tests.notifications import mini_ics

Run = Callable[..., None]


def file(booking: Booking, reader: ReaderKind = "customer", method: Method = "REQUEST") -> str:
    return ics.calendar_file(booking, reader=reader, method=method, now=NOW)


def event(text: str) -> list[mini_ics.Property]:
    return mini_ics.read(text.encode())["VEVENT"]


def test_it_holds_what_an_invitation_needs(booking: Booking) -> None:
    found = mini_ics.read(file(booking).encode())
    calendar, meeting = found["VCALENDAR"], found["VEVENT"]
    assert {prop.name: prop.value for prop in calendar} == {
        "VERSION": "2.0", "PRODID": ics.PRODID, "METHOD": "REQUEST"
    }  # fmt: skip
    values = {prop.name: prop.value for prop in meeting}
    assert values["UID"] == f"{booking.pk}@daybook"
    assert (values["DTSTART"], values["DTEND"], values["DTSTAMP"]) == (
        "20261130T080000Z", "20261130T083000Z", "20261123T060000Z"
    )  # fmt: skip
    assert (values["SEQUENCE"], values["STATUS"], values["TRANSP"]) == ("0", "CONFIRMED", "OPAQUE")
    assert values["SUMMARY"] == f"Consultation with {booking.staff_member.display_name}"
    assert values["URL"] == booking.manage_url
    assert booking.manage_url in values["DESCRIPTION"] and "First visit" in values["DESCRIPTION"]
    [organizer] = [prop for prop in meeting if prop.name == "ORGANIZER"]
    assert organizer.value == f"mailto:{booking.staff_member.email}"
    assert organizer.params == {"CN": booking.staff_member.display_name}
    [attendee] = [prop for prop in meeting if prop.name == "ATTENDEE"]
    assert attendee.value == "mailto:ana@example.net"
    assert attendee.params == {
        "CN": "Ana Pérez", "CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"
    }  # fmt: skip
    assert not any(name.startswith(("VTIMEZONE", "VALARM")) for name in found)


def test_a_library_reads_the_same(booking: Booking) -> None:
    [meeting] = icalendar.Calendar.from_ical(file(booking)).walk("VEVENT")
    assert meeting.decoded("dtstart") == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert meeting.decoded("dtend") - meeting.decoded("dtstart") == timedelta(minutes=30)
    assert str(meeting["uid"]) == booking.ical_uid


@pytest.mark.row("S4.4")
def test_moving_and_cancelling_keep_the_uid_and_raise_the_sequence(booking: Booking, run: Run) -> None:
    run()
    for moved_to in ("2026-12-01 09:00", "2026-12-02 09:00"):
        booking.refresh_from_db()
        rescheduling.reschedule(booking=booking, starts_at=at(moved_to), now=NOW, actor=acting.SYSTEM)
        run()
    booking.refresh_from_db()
    cancellation.cancel(booking=booking, now=NOW, actor=acting.SYSTEM)
    run()
    sent = Message.objects.filter(to="ana@example.net").order_by("created_at")
    told = []
    for message in sent:
        found = mini_ics.read(message.calendar.encode())
        told.append(
            [mini_ics.one(found["VCALENDAR"], "METHOD")]
            + [mini_ics.one(found["VEVENT"], name) for name in ("UID", "SEQUENCE", "STATUS", "DTSTART")]
        )
    uid = f"{booking.pk}@daybook"
    assert told == [
        ["REQUEST", uid, "0", "CONFIRMED", "20261130T080000Z"],
        ["REQUEST", uid, "1", "CONFIRMED", "20261201T090000Z"],
        ["REQUEST", uid, "2", "CONFIRMED", "20261202T090000Z"],
        ["CANCEL", uid, "3", "CANCELLED", "20261202T090000Z"],
    ]


def test_odd_characters_cannot_break_it(booking: Booking) -> None:
    booking.customer_name = 'Ana "The\r\nATTENDEE:mailto:evil@example.net; Ace", é' + "ü" * 60
    booking.customer_notes = "a;b,c\\d\r\nBEGIN:VEVENT\rend\x07" + "漢" * 80
    meeting = event(file(booking, "staff"))
    attendees = [prop for prop in meeting if prop.name == "ATTENDEE"]
    assert [prop.value for prop in attendees] == ["mailto:ana@example.net", f"mailto:{booking.staff_member.email}"]
    assert attendees[0].params["CN"].startswith("Ana 'The ATTENDEE:mailto:evil@example.net; Ace', é")
    assert mini_ics.one(meeting, "DESCRIPTION").endswith("a;b,c\\d\nBEGIN:VEVENT\nend" + "漢" * 80)


def test_the_link_that_changes_the_booking_is_only_in_the_customers_copy(booking: Booking) -> None:
    copies = {reader: str(event(file(booking, reader))) for reader in ("customer", "staff")}
    assert booking.manage_token in copies["customer"]
    assert booking.manage_token not in copies["staff"] + str(event(file(booking, "staff", "PUBLISH")))


def test_a_place_comes_before_the_join_link(booking: Booking) -> None:
    booking.join_url = "https://teams.microsoft.com/l/meetup-join/1"
    assert mini_ics.one(event(file(booking)), "LOCATION") == booking.join_url
    booking.location = "Bahnhofstrasse 1; Zürich"
    assert mini_ics.one(event(file(booking)), "LOCATION") == "Bahnhofstrasse 1; Zürich"
    assert mini_ics.one(event(file(booking)), "URL") == booking.join_url


def test_a_published_file_names_no_attendees(booking: Booking) -> None:
    assert not [prop for prop in event(file(booking, "staff", "PUBLISH")) if prop.name == "ATTENDEE"]


@pytest.mark.row("S4.3")
@pytest.mark.parametrize("in_step", [True, False])
@pytest.mark.parametrize("sender", ["daybook", "outlook"])
def test_the_customer_gets_exactly_one_invitation(contoso: Tenant, run: Run, sender: str, in_step: bool) -> None:
    contoso.invitation_sender = sender
    contoso.save()
    page, service, [member] = factories.clinic(contoso)
    Mailbox.objects.filter(pk=member.mailbox_id).update(syncs_calendar=in_step)
    booking = factories.book(page, service, at("2026-11-30 08:00"))
    run()
    rescheduling.reschedule(booking=booking, starts_at=at("2026-12-01 09:00"), now=NOW, actor=acting.SYSTEM)
    run()
    booking.refresh_from_db()
    cancellation.cancel(booking=booking, now=NOW, actor=acting.SYSTEM)
    run()
    by_outlook = sender == "outlook" and in_step
    ours = ["REQUEST", "REQUEST", "CANCEL"]
    assert methods(booking.customer_email) == ([""] * 3 if by_outlook else ours)
    assert methods(booking.staff_member.email) == (["PUBLISH", "PUBLISH", ""] if in_step else ours)


def test_somebody_without_a_mailbox_is_invited_by_mail(contoso: Tenant, run: Run) -> None:
    page, service, [member] = factories.clinic(contoso)
    StaffMember.objects.filter(pk=member.pk).update(mailbox=None)
    factories.book(page, service, at("2026-11-30 08:00"))
    run()
    assert methods(member.email) == methods("ana@example.net") == ["REQUEST"]


def methods(address: str) -> list[str]:
    """What the mails to this address did to a calendar, in the order they were written; `""` for nothing."""
    messages = list(Message.objects.filter(to=address).order_by("created_at"))
    assert all(bool(message.calendar) == bool(message.calendar_method) for message in messages)
    return [message.calendar_method for message in messages]
