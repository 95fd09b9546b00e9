"""Calendar files of bookings (RFC 5545), and who gets which (RFC 5546).

One booking has one UID for life and a SEQUENCE that rises with every change, so that calendars move or remove the
entry they have and never add a second one. Times are UTC (`Z`): Outlook misreads the zone definitions that libraries
generate. A customer gets **exactly one** invitation; who sends it was decided when the booking was made:

| reader   | mailbox in step | sender  | our mail carries                                              |
|----------|-----------------|---------|---------------------------------------------------------------|
| customer | yes or no       | daybook | REQUEST when booked or moved, CANCEL when cancelled           |
| customer | yes             | outlook | nothing: Outlook's own invitation, update and cancellation do |
| staff    | no              | daybook | REQUEST or CANCEL, the staff member being an attendee too     |
| staff    | yes             | either  | PUBLISH to keep, nothing when cancelled                       |

What is only published is never added by itself: the event stands in that Outlook calendar already.
The organizer is always the staff member, so that answers reach a person. A published file names no attendees
(RFC 5546 3.2.1).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress, vText, vUri

from bookings.models import Booking
from tenants.letters import one_line, plain
from tenants.models import Tenant

Reader = Literal["customer", "staff"]
Method = Literal["REQUEST", "CANCEL", "PUBLISH", ""]
PRODID = "-//Daybook//Bookings//EN"


def method_for(booking: Booking, reader: Reader) -> Method:
    """The method of the calendar file in a mail to this reader, `""` for a mail without one. See the table above."""
    mailbox = booking.staff_member.mailbox
    if reader == "customer" and booking.invitation_sender == Tenant.InvitationSender.OUTLOOK:
        return ""
    if reader == "staff" and mailbox is not None and mailbox.syncs_calendar:
        return "" if booking.is_cancelled else "PUBLISH"
    return "CANCEL" if booking.is_cancelled else "REQUEST"


def calendar_file(booking: Booking, *, reader: Reader, method: Method, now: datetime) -> str:
    """The file, CRLF and folded, in the active language. `now` becomes DTSTAMP.

    Only the customer's copy holds the link that changes the booking.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method or "PUBLISH")
    calendar.add_component(_event(booking, reader, method, now))
    return calendar.to_ical().decode()


def _event(booking: Booking, reader: Reader, method: Method, now: datetime) -> Event:
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
    event.add("status", "CANCELLED" if booking.is_cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("organizer", _address(booking.staff_member.display_name, booking.staff_member.email))
    if method in ("REQUEST", "CANCEL"):
        _add_attendees(event, booking, reader)
    return event


def _add_attendees(event: Event, booking: Booking, reader: Reader) -> None:
    event.add("attendee", _attendee(booking.customer_name, booking.customer_email, "NEEDS-ACTION", rsvp=True))
    if reader == "staff":
        member = booking.staff_member
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


def own_url(booking: Booking, reader: Reader) -> str:
    """Where this reader changes the booking."""
    return booking.manage_url if reader == "customer" else f"{settings.SITE_URL}/staff/"


def _summary(booking: Booking, reader: Reader) -> str:
    with_whom = booking.staff_member.display_name if reader == "customer" else booking.customer_name
    return one_line(_("%(title)s with %(name)s") % {"title": booking.title, "name": with_whom})


def _description(booking: Booking, reader: Reader) -> str:
    parts = []
    if booking.join_url:
        parts.append(_("Join the Teams meeting: %(url)s") % {"url": booking.join_url})
    if reader == "customer" and not booking.is_cancelled:
        parts.append(_("Change or cancel: %(url)s") % {"url": booking.manage_url})
    if reader == "staff":
        parts.append(" · ".join(filter(None, (booking.customer_name, booking.customer_email, booking.customer_phone))))
    return plain("\n\n".join(filter(None, (*parts, booking.customer_notes))))
