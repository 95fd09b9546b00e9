"""Calendar files of bookings (RFC 5545), and who gets which (RFC 5546).

One booking has one UID for life and a SEQUENCE that rises with every change, so that calendars move or remove the
entry they have and never add a second one. Times are UTC (`Z`): Outlook misreads the zone definitions that libraries
generate. A customer gets **exactly one** invitation; who sends it was decided when the booking was made:

| reader          | mailbox in step | sender  | our mail carries                                              |
|-----------------|-----------------|---------|---------------------------------------------------------------|
| customer, guest | yes or no       | daybook | REQUEST when booked or moved, CANCEL when it is gone          |
| customer, guest | yes             | outlook | nothing: Outlook's own invitation, update and cancellation do |
| staff           | no              | daybook | REQUEST or CANCEL, the staff member being an attendee too     |
| staff           | yes             | either  | PUBLISH to keep; nothing when it is gone, or for a session    |
| former host     | no              | daybook | CANCEL                                                        |

A request that was never confirmed stands in no calendar, so its mails carry no file. One that was confirmed, moved by
its customer and waits again is a REQUEST with STATUS:TENTATIVE at the new time: the entry moves along.

What is only published is never added by itself: the event stands in that Outlook calendar already.
The organizer is the leading staff member, so that answers reach a person; the page, where the organisation hides its
staff from customers. A published file names no attendees
(RFC 5546 3.2.1). Customers of a shared session never see each other: each has a file of their own, with one attendee.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText, vUri

from bookings.models import Approval, Booking, StaffMember
from bookings.services.wishes import ReaderKind
from tenants.letters import one_line, plain
from tenants.models import Tenant

Method = Literal["REQUEST", "CANCEL", "PUBLISH", ""]
PRODID = "-//Daybook//Bookings//EN"


def method_for(booking: Booking, reader: ReaderKind, *, member: StaffMember | None = None) -> Method:
    """The method of the calendar file in a mail to this reader, `""` for a mail without one. See the table above.

    `member`: which of the staff; the leading one where none is said.
    """
    if reader in ("customer", "guest"):
        if by_outlook(booking):
            return ""
        if booking.is_pending or booking.is_cancelled:
            known = was_confirmed(booking)
            return ("CANCEL" if booking.is_cancelled else "REQUEST") if known else ""
        return "REQUEST"
    mailbox = (member or booking.staff_member).mailbox
    in_step = mailbox is not None and mailbox.syncs_calendar
    if in_step:
        return (
            "" if booking.is_cancelled or booking.is_pending or booking.session_id or reader == "former" else "PUBLISH"
        )
    if booking.is_cancelled or reader == "former":
        return "CANCEL" if was_confirmed(booking) else ""
    return "" if booking.is_pending else "REQUEST"


def by_outlook(booking: Booking) -> bool:
    """Whether Outlook sends the one invitation."""
    return booking.invitation_sender == Tenant.InvitationSender.OUTLOOK


def was_confirmed(booking: Booking) -> bool:
    """Whether it ever counted, so that calendars know of it. Asks the approvals only where that is in doubt."""
    if booking.status in (Booking.Status.CONFIRMED, Booking.Status.COMPLETED, Booking.Status.NO_SHOW):
        return True
    answers = list(Approval.objects.filter(booking=booking).values_list("sequence", "state"))
    asked_from_the_start = any(sequence == 0 for sequence, _state in answers)
    return not asked_from_the_start or any(state == Approval.State.APPROVED for _sequence, state in answers)


def calendar_file(
    booking: Booking, *, reader: ReaderKind, method: Method, now: datetime, member: StaffMember | None = None,
    guest: str = "",
) -> str:  # fmt: skip
    """The file, CRLF and folded, in the active language. `now` becomes DTSTAMP.

    Only the customer's copy holds the link that changes the booking. `member` is which of the staff it is for, `guest`
    the mail address of who comes along.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method or "PUBLISH")
    event = _event(booking, reader, method, now)
    if method in ("REQUEST", "CANCEL"):
        _add_attendees(event, booking, reader, member or booking.staff_member, guest)
    calendar.add_component(event)
    return calendar.to_ical().decode()


def _event(booking: Booking, reader: ReaderKind, method: Method, now: datetime) -> Event:
    """RFC 5545 3.6.1, with the properties that RFC 5546 3.2 asks of each method."""
    event = Event()
    event.add("uid", booking.ical_uid)
    event.add("sequence", booking.sequence)
    for name, instant in (
        ("dtstamp", now), ("dtstart", booking.starts_at), ("dtend", booking.ends_at),
        ("created", booking.created_at), ("last-modified", booking.updated_at),
    ):  # fmt: skip
        event.add(name, instant.astimezone(UTC).replace(microsecond=0))
    event.add("summary", _summary(booking, reader))
    event.add("description", _description(booking, reader))
    if place := booking.location or booking.join_url:
        event.add("location", one_line(place))
    event.add("url", vUri(booking.join_url or own_url(booking, reader)))
    gone = booking.is_cancelled or method == "CANCEL"
    event.add("status", "CANCELLED" if gone else "TENTATIVE" if booking.is_pending else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("organizer", _organizer(booking, reader))
    return event


def _organizer(booking: Booking, reader: ReaderKind) -> vCalAddress:
    """The leading staff member; for who comes, the page where its staff is hidden."""
    if _is_hidden(booking, reader):
        return _address(booking.page.display_name, booking.page.public_email)
    return _address(booking.staff_member.display_name, booking.staff_member.email)


def _is_hidden(booking: Booking, reader: ReaderKind) -> bool:
    return reader in ("customer", "guest") and booking.page.hides_staff


def _add_attendees(event: Event, booking: Booking, reader: ReaderKind, member: StaffMember, guest: str) -> None:
    """Who is invited, as far as this reader is to know: a guest sees the customer and no other guest."""
    event.add("attendee", _attendee(booking.customer_name, booking.customer_email, "NEEDS-ACTION", rsvp=True))
    if guest:
        event.add("attendee", _attendee(guest, guest, "NEEDS-ACTION", rsvp=True))
    if reader in ("staff", "former"):
        event.add("attendee", _attendee(member.display_name, member.email, "ACCEPTED", rsvp=False))


def _attendee(name: str, email: str, partstat: str, *, rsvp: bool) -> vCalAddress:
    address = _address(name, email)
    address.params["CUTYPE"] = vText("INDIVIDUAL")
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    address.params["PARTSTAT"] = vText(partstat)
    address.params["RSVP"] = vText("TRUE" if rsvp else "FALSE")
    return address


def _address(name: str, email: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    # A parameter cannot hold a double quote (RFC 5545 3.2).
    address.params["CN"] = vText(one_line(name).replace('"', "'"))
    return address


def own_url(booking: Booking, reader: ReaderKind) -> str:
    """Where this reader changes the booking; a guest finds the page, and may change nothing."""
    if reader == "customer":
        return booking.manage_url
    return booking.page.url if reader == "guest" else f"{settings.SITE_URL}/staff/bookings/{booking.pk}/"


def _summary(booking: Booking, reader: ReaderKind) -> str:
    coming = reader in ("customer", "guest")
    hosts = ", ".join(host.display_name for host in booking.hosts)
    hosts = booking.page.display_name if _is_hidden(booking, reader) else hosts
    with_whom = hosts if coming else booking.customer_name
    return one_line(_("%(title)s with %(name)s") % {"title": booking.title, "name": with_whom})


def _description(booking: Booking, reader: ReaderKind) -> str:
    parts = []
    if booking.join_url:
        parts.append(_("Join the Teams meeting: %(url)s") % {"url": booking.join_url})
    if reader == "customer" and not booking.is_cancelled:
        parts.append(_("Change or cancel: %(url)s") % {"url": booking.manage_url})
    if reader in ("staff", "former"):
        parts.append(" · ".join(filter(None, (booking.customer_name, booking.customer_email, booking.customer_phone))))
    if reader != "guest":
        parts += [_answered(item.get("label", ""), item.get("answer")) for item in booking.answers]
        parts.append(booking.customer_notes)
    return plain("\n\n".join(filter(None, parts)))


def _answered(label: str, answer: object) -> str:
    """A question with its answer; a colon only where the question has no mark of its own."""
    given = ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer or "")
    return f"{label}{'' if label.endswith('?') else ':'} {given}"
