"""What the mails about bookings say, put into the active language.

| template    | customer                                  | staff member                              |
|-------------|-------------------------------------------|-------------------------------------------|
| confirmed   | what, when, where, with whom; change it   | who comes, when, how to reach them        |
| rescheduled | the same, at the new time                 | the same, at the new time                 |
| cancelled   | what no longer takes place, by whom       | the same                                  |
| joinLink    | the Teams link, with what and when        | the same                                  |

The one clear action is joining where the meeting is online and its link is known, else changing the booking. Only the
customer's mail holds the link that changes it. Times are on the reader's clock, with the zone's name and offset; the
host's time stands beside the customer's where it differs.
"""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.models import Booking, BookingPage
from bookings.notifications import ics, when
from bookings.notifications.ics import Reader
from tenants.letters import Action, Letter, Row, plain

Template = Literal["confirmed", "rescheduled", "cancelled", "joinLink"]


def zone_of(booking: Booking, reader: Reader) -> str:
    """The IANA zone of this reader's clock."""
    return booking.customer_time_zone if reader == "customer" else booking.staff_member.time_zone


def language_of(booking: Booking, reader: Reader) -> str:
    """The language of this reader."""
    return booking.customer_language if reader == "customer" else booking.staff_member.language


def booking_letter(booking: Booking, *, template: Template, reader: Reader) -> Letter:
    """The mail of one kind to one reader, from the booking as it is now."""
    names = {"title": booking.title, "when": when.short(booking.starts_at, zone_of(booking, reader))}
    heading, paragraph = _opening(booking, template, reader)
    action, second = _actions(booking, reader)
    return Letter(
        subject=_subject(template) % names,
        heading=heading,
        sender=booking.page.display_name,
        preview=str(when.period(booking.starts_at, booking.ends_at, zone_of(booking, reader))),
        paragraphs=[paragraph] if paragraph else [],
        rows=_rows(booking, reader),
        action=action,
        second=second,
        notes=_notes(booking, reader),
        footer=_footer(reader),
    )


def _subject(template: Template) -> str:
    return {
        "confirmed": _("Confirmed: %(title)s, %(when)s"),
        "rescheduled": _("New time: %(title)s, %(when)s"),
        "cancelled": _("Cancelled: %(title)s, %(when)s"),
        "joinLink": _("Teams link: %(title)s, %(when)s"),
    }[template]


def _opening(booking: Booking, template: Template, reader: Reader) -> tuple[str, str]:
    """Heading and first paragraph."""
    names = {"customer": booking.customer_name, "staff": booking.staff_member.display_name}
    if template == "cancelled":
        return _("This meeting is cancelled"), _who_cancelled(booking, reader) % names
    if template == "joinLink":
        return _("Your Teams link is here"), _("You can join the meeting with the button below.")
    moved = template == "rescheduled"
    if reader == "customer":
        greeting = _("Hello %(customer)s, you are expected at the new time.") if moved else _(
            "Hello %(customer)s, your booking is confirmed."
        )  # fmt: skip
        return _("Your meeting has a new time") if moved else _("Your meeting is booked"), greeting % names
    told = _("The booking of %(customer)s has moved.") if moved else _("%(customer)s has booked a meeting with you.")
    return _("A meeting has a new time") if moved else _("New booking"), told % names


def _who_cancelled(booking: Booking, reader: Reader) -> str:
    by_customer = booking.cancelled_by == "visitor"
    if reader == "customer":
        return (
            _("Hello %(customer)s, you have cancelled this meeting.")
            if by_customer
            else _("Hello %(customer)s, unfortunately this meeting had to be cancelled.")
        )
    return _("%(customer)s has cancelled. Your time is free again.") if by_customer else _(
        "It was cancelled on your side. %(customer)s has been told."
    )  # fmt: skip


def _rows(booking: Booking, reader: Reader) -> list[Row]:
    gone = booking.is_cancelled
    local = when.period(booking.starts_at, booking.ends_at, zone_of(booking, reader))
    rows = [
        Row(pgettext("row of a mail", "What"), booking.title, strong=True),
        Row(pgettext("row of a mail", "When"), local.text, local.zone, struck=gone, strong=True),
        *_host_time(booking, reader),
        *([] if gone else _where(booking)),
    ]
    if reader == "customer":
        page = "" if booking.page.display_name == booking.staff_member.display_name else booking.page.display_name
        rows.append(Row(pgettext("row of a mail", "With"), booking.staff_member.display_name, page))
    else:
        rows += _customer(booking)
    if booking.customer_notes:
        rows.append(Row(pgettext("row of a mail", "Note"), plain(booking.customer_notes)))
    if gone and booking.cancel_reason:
        rows.append(Row(pgettext("row of a mail", "Reason"), plain(booking.cancel_reason)))
    return rows


def _host_time(booking: Booking, reader: Reader) -> list[Row]:
    host = booking.staff_member.time_zone
    if reader == "staff" or when.same_clock(host, booking.customer_time_zone, booking.starts_at, booking.ends_at):
        return []
    local = when.period(booking.starts_at, booking.ends_at, host)
    return [Row(_("Host's time"), local.text, local.zone, struck=booking.is_cancelled)]


def _where(booking: Booking) -> list[Row]:
    rows = [Row(pgettext("row of a mail", "Where"), booking.location)] if booking.location else []
    if booking.join_url:
        rows.append(Row(_("Online"), _("Microsoft Teams meeting"), url=booking.join_url))
    elif booking.is_online:
        rows.append(Row(_("Online"), _("Microsoft Teams meeting"), _("The Teams link follows in a second mail.")))
    return rows


def _customer(booking: Booking) -> list[Row]:
    rows = [
        Row(_("Customer"), booking.customer_name),
        Row(_("Mail"), booking.customer_email, url=f"mailto:{booking.customer_email}"),
    ]
    if booking.customer_phone:
        rows.append(Row(_("Telephone"), booking.customer_phone))
    return rows


def _actions(booking: Booking, reader: Reader) -> tuple[Action | None, Action | None]:
    """The one clear action, and the second."""
    if booking.is_cancelled:
        return _after_cancellation(booking, reader), None
    own = Action(
        _("Reschedule or cancel") if reader == "customer" else _("Open your bookings"), ics.own_url(booking, reader)
    )
    return (Action(_("Join the Teams meeting"), booking.join_url), own) if booking.join_url else (own, None)


def _after_cancellation(booking: Booking, reader: Reader) -> Action | None:
    if reader == "staff":
        return Action(_("Open your bookings"), ics.own_url(booking, reader))
    # Who came over a private link finds another meeting type on the page, or none.
    return Action(_("Book another time"), booking.page.url) if booking.link_id is None else None


def _notes(booking: Booking, reader: Reader) -> list[str]:
    method = ics.method_for(booking, reader)
    if method == "REQUEST":
        return [_("The attached invitation puts the meeting into your calendar, and keeps it up to date there.")]
    if method == "CANCEL":
        return [_("The attached file takes the meeting out of your calendar.")]
    if method == "PUBLISH":
        return [_("The meeting is in your Outlook calendar already. The attached file is a copy for other calendars.")]
    return [_("Your calendar hears of it by a separate mail from Outlook.")] if reader == "customer" else []


def _footer(reader: Reader) -> str:
    if reader == "customer":
        return _("You get this mail because a meeting was booked with your address.")
    return _("You get this mail because you take bookings on this page.")


def page_letter(page: BookingPage, *, creator: str) -> Letter:
    """To who made a booking page: what was made, and where an administrator sees it (S0.11, S0.16)."""
    names = {"page": page.display_name, "creator": creator}
    return Letter(
        subject=_("Your booking page is ready: %(page)s") % names,
        heading=_("Your booking page is ready"),
        sender=page.tenant.name,
        preview=page.url,
        paragraphs=[_("Hello %(creator)s, “%(page)s” can be reached from now on.") % names],
        rows=[
            Row(_("Page"), page.url, url=page.url, strong=True),
            Row(_("Scheduling mailbox"), page.mailbox.address, _("Made for this page; it is nobody's own mailbox.")),
            Row(_("Time zone"), page.time_zone),
        ],
        action=Action(_("Set up services and staff"), f"{settings.SITE_URL}/staff/"),
        notes=[_("Administrators find it in the audit log: New-SchedulingMailbox, created by %(creator)s.") % names],
        footer=_("You get this mail because you made this page."),
    )  # fmt: skip
