"""What a booking, or a session of several, looks like in a staff member's Outlook calendar."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bookings.models import Booking, GroupSession, StaffMember
from tenants.microsoft365.types import Attendee, EventDraft
from tenants.models import Tenant


def of_booking(booking: Booking, *, member: StaffMember, leads: bool) -> EventDraft:
    """The event in one host's calendar. Only the lead's has attendees, and only where Outlook sends the invitation."""
    invites = leads and booking.invitation_sender == Tenant.InvitationSender.OUTLOOK
    customer = Attendee(name=booking.customer_name, address=booking.customer_email)
    guests = tuple(Attendee(name=email, address=email) for email in booking.guests)
    with translation.override(member.language):
        return _draft(
            marker=booking.pk,
            subject=f"{booking.title}: {booking.customer_name}",
            html=_html(_details(booking, leads=leads), staff_url(booking)),
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            location=booking.location or ("" if leads else booking.join_url),
            is_online=booking.is_online and leads,
            attendees=(customer, *guests) if invites else (),
        )


def of_session(session: GroupSession, bookings: Sequence[Booking]) -> EventDraft:
    """One event for all who share the time, without attendees: customers do not see each other."""
    member, service = session.staff_member, session.service
    with translation.override(member.language):
        seats = _("%(taken)d of %(all)d seats") % {"taken": session.seats_taken, "all": session.capacity}
        return _draft(
            marker=session.pk,
            subject=f"{service.title} ({seats})",
            html=_html(_participants(bookings), f"{settings.SITE_URL}{reverse('staff:bookings')}"),
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            location=bookings[0].location if bookings else service.location,
            is_online=service.is_online,
        )


def _draft(
    *, marker: uuid.UUID, subject: str, html: SafeString, starts_at: datetime, ends_at: datetime, location: str,
    is_online: bool, attendees: tuple[Attendee, ...] = (),
) -> EventDraft:  # fmt: skip
    return EventDraft(
        transaction_id="", marker=marker, subject=subject[:255], html=html, starts_at=starts_at, ends_at=ends_at,
        location=location, is_online=is_online, attendees=attendees,
    )  # fmt: skip


def farewell(booking: Booking) -> str:
    """The word that Outlook sends along when the event goes, in the customer's language."""
    with translation.override(booking.customer_language):
        if booking.is_pending:
            return _("The new time of this booking has yet to be confirmed.")
        if not booking.is_cancelled:
            return _("Somebody else takes this meeting. The time stays, and a new invitation follows.")
        return booking.cancel_reason or _("This booking has been cancelled.")


def staff_url(booking: Booking) -> str:
    """Where the staff member finds the booking. It opens for who is signed in, and acts for nobody else."""
    return f"{settings.SITE_URL}{reverse('staff:booking', args=[booking.pk])}"


def with_tail(html: str, existing: str) -> str:
    """Our text in the place of our earlier one, before what Outlook put behind it.

    The lines about an online meeting must stay: an event whose text loses them loses the meeting. Our text ends with a
    link of ours; what follows it is not ours. Returns "" where that link is not found: then nothing can be replaced.
    """
    end = "</a></p>"
    begin = html.rpartition('<a href="')[2].partition('"')[0]
    _ours, found, rest = existing.partition(f'"{escape(begin)}"')
    tail = rest.partition("</a>")[2].removeprefix("</p>") if found else ""
    return html.removesuffix(end) + end + tail if found else ""


def _html(details: Iterator[tuple[str, str | SafeString]], url: str) -> SafeString:
    """Who comes, and where to change it; everything the customer typed is escaped."""
    rows = format_html_join("", "<tr><td>{}</td><td>{}</td></tr>", details)
    link = format_html('<a href="{}">{}</a>', url, _("Change or cancel this booking in Daybook"))
    return format_html("<table>{}</table><p>{}</p>", rows, link)


def _details(booking: Booking, *, leads: bool) -> Iterator[tuple[str, str | SafeString]]:
    yield _("Customer"), booking.customer_name
    yield _("Mail address"), booking.customer_email
    if booking.customer_phone:
        yield _("Telephone"), booking.customer_phone
    yield _("Time zone"), booking.customer_time_zone
    if booking.is_collective:
        yield _("Together"), ", ".join(host.display_name for host in booking.hosts)
    for item in booking.answers:
        answer = item.get("answer", "")
        yield str(item.get("label", "")), linebreaksbr(", ".join(answer) if isinstance(answer, list) else str(answer))
    if booking.guests:
        yield _("Guests"), ", ".join(booking.guests)
    if booking.customer_notes:
        yield _("Note"), linebreaksbr(booking.customer_notes)
    if booking.join_url and not leads:
        yield _("Microsoft Teams meeting"), format_html('<a href="{}">{}</a>', booking.join_url, booking.join_url)


def _participants(bookings: Sequence[Booking]) -> Iterator[tuple[str, str | SafeString]]:
    """Everybody who has a seat."""
    for number, booking in enumerate(bookings, start=1):
        state = f" ({booking.get_status_display()})" if booking.is_pending else ""
        yield f"{number}.", f"{booking.customer_name}, {booking.customer_email}{state}"
