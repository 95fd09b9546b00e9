"""What the mails about bookings say, put into the active language.

| template    | customer                              | staff                      | guest              | former host  |
|-------------|---------------------------------------|----------------------------|--------------------|--------------|
| confirmed   | what, when, where, with; change it    | who comes, when, answers   | what, when, where  | –            |
| requested   | not booked until it is confirmed      | –                          | it may move        | –            |
| rescheduled | the same, at the new time             | the same, at the new time  | the new time       | –            |
| reassigned  | who will be there instead             | a booking taken over       | who will be there  | handed over  |
| cancelled   | what no longer takes place, by whom   | the same                   | the same           | –            |
| declined    | why, and other times                  | –                          | the same           | –            |
| expired     | nobody answered, and other times      | the same                   | the same           | –            |
| joinLink    | the Teams link, with what and when    | the same                   | the same           | –            |
| reminder    | what is coming up                     | the same                   | –                  | –            |
| followUp    | what the organisation says afterwards | the same                   | –                  | –            |

The one clear action is joining where the meeting is online and its link is known, else changing the booking. Only the
customer's mail holds the link that changes it. Times are on the reader's clock, with the zone's name and offset; the
host's time stands beside the customer's where it differs. What became of a booking that is gone carries the nearest
free times as one-time links: `Context.instead`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.models import Booking, BookingPage, TimeOffer
from bookings.notifications import ics, openings, readers, rows, when
from bookings.notifications.openings import Template
from bookings.notifications.readers import Reader
from tenants.letters import Action, Letter, Row, plain


@dataclass(frozen=True, slots=True)
class Context:
    """What a mail needs to know beyond the booking."""

    #: Who had it before, by name.
    before: str = ""
    #: One-time links to the nearest free times.
    instead: Sequence[TimeOffer] = ()
    #: What a reminder says in its own words.
    text: str = ""
    #: The method of the calendar file that goes with it.
    method: ics.Method | None = None


def facts(booking: Booking, reader: Reader, context: Context | None = None) -> dict[str, str]:
    """The values of the placeholders."""
    return {
        "customer": booking.customer_name,
        "staff": with_whom(booking, reader),
        "title": booking.title,
        "when": when.short(booking.starts_at, reader.time_zone),
        "page": booking.page.display_name,
        "place": booking.location or booking.join_url,
        "price": booking.price_text,
        "reason": booking.cancel_reason,
        "before": booking.page.display_name if _is_hidden(booking, reader) else context.before if context else "",
    }


def with_whom(booking: Booking, reader: Reader) -> str:
    """Everybody of the staff who takes part: `Ana, Ben and Cem`; the page, where customers do not read who that is."""
    if _is_hidden(booking, reader):
        return booking.page.display_name
    *others, last = [member.display_name for member in booking.hosts]
    return _("%(others)s and %(last)s") % {"others": ", ".join(others), "last": last} if others else last


def _is_hidden(booking: Booking, reader: Reader) -> bool:
    return reader.comes and booking.page.hides_staff


def booking_letter(
    booking: Booking, *, template: Template, reader: Reader | str = "customer", context: Context | None = None
) -> Letter:
    """The mail of one kind to one reader, from the booking as it is now."""
    to = readers.of(booking, reader) if isinstance(reader, str) else reader  # type: ignore[arg-type]
    if to is None:
        raise ValueError("Only a guest of this booking gets mails about it.")
    context = context or Context()
    opening = openings.opening(template, to.kind, facts(booking, to, context), _circumstances(booking))
    action, second = _actions(booking, template, to)
    if context.instead:
        action, second = None, action
    return Letter(
        subject=opening.subject,
        heading=opening.heading,
        sender=booking.page.display_name,
        preview=str(when.period(booking.starts_at, booking.ends_at, to.time_zone)),
        paragraphs=[plain(context.text)] if context.text else [opening.paragraph],
        rows=[*_rows(booking, template, to), *_instead(context, to)],
        action=action,
        second=second,
        notes=_notes(booking, template, to, context),
        footer=_footer(to),
    )


def _circumstances(booking: Booking) -> openings.Circumstances:
    """What changes the words."""
    pending = booking.is_pending
    again = pending and booking.sequence > 0 and ics.was_confirmed(booking)
    return openings.Circumstances(
        by_customer=booking.cancelled_by == "visitor", again=again, pending=pending,
        hides_staff=booking.page.hides_staff,
    )  # fmt: skip


def _rows(booking: Booking, template: Template, reader: Reader) -> list[Row]:
    gone = booking.is_cancelled or reader.kind == "former"
    local = when.period(booking.starts_at, booking.ends_at, reader.time_zone)
    rows_ = [
        Row(pgettext("row of a mail", "What"), booking.title, strong=True),
        Row(pgettext("row of a mail", "When"), local.text, local.zone, struck=gone, strong=True),
        *_host_time(booking, reader),
        *([] if gone or template == "followUp" else rows.where(booking)),
    ]
    if reader.comes:
        names = booking.page.display_name if booking.is_in_turn else with_whom(booking, reader)
        page = "" if booking.page.display_name == names else booking.page.display_name
        rows_.append(Row(pgettext("row of a mail", "With"), names, page))
    if reader.kind == "guest":
        rows_.append(Row(_("Booked by"), booking.customer_name))
    elif reader.kind != "former":
        rows_ += _for_parties(booking, reader, gone=gone)
    if gone and booking.cancel_reason:
        rows_.append(Row(pgettext("row of a mail", "Reason"), plain(booking.cancel_reason)))
    return rows_


def _for_parties(booking: Booking, reader: Reader, *, gone: bool) -> list[Row]:
    """What customer and staff know of each other; where nothing takes place, only who it would have been."""
    if reader.is_customer:
        return [] if gone else [*rows.price(booking), *rows.told(booking)]
    if gone:
        return [*rows.customer(booking), *rows.seats(booking)]
    colleagues = [Row(_("Together with"), _others(booking, reader))] if booking.is_collective else []
    return [*colleagues, *rows.customer(booking), *rows.price(booking), *rows.told(booking), *rows.seats(booking)]


def _others(booking: Booking, reader: Reader) -> str:
    return ", ".join(host.display_name for host in booking.hosts if host != reader.member)


def _host_time(booking: Booking, reader: Reader) -> list[Row]:
    host = booking.staff_member.time_zone
    if not reader.comes or when.same_clock(host, reader.time_zone, booking.starts_at, booking.ends_at):
        return []
    local = when.period(booking.starts_at, booking.ends_at, host)
    return [Row(_("Host's time"), local.text, local.zone, struck=booking.is_cancelled)]


def _instead(context: Context, reader: Reader) -> list[Row]:
    """The nearest free times; each opens a page that shows it and asks once more."""
    zone = reader.time_zone
    found: list[Row] = []
    named = ""
    for offer in context.instead:
        local = when.period(offer.starts_at, offer.starts_at + offer.service.duration, zone)
        label = "" if found else _("Free instead")
        found.append(Row(label, local.text, "" if local.zone == named else local.zone, url=offer.url))
        named = local.zone
    return found


def _actions(booking: Booking, template: Template, reader: Reader) -> tuple[Action | None, Action | None]:
    """The one clear action, and the second."""
    if reader.kind == "former":
        return Action(_("Open your bookings"), f"{settings.SITE_URL}/staff/"), None
    if booking.is_cancelled or (template == "followUp" and reader.comes):
        return _afterwards(booking, reader), None
    own = None if reader.kind == "guest" else Action(_own_label(booking, reader), ics.own_url(booking, reader.kind))
    return (Action(_("Join the Teams meeting"), booking.join_url), own) if booking.join_url else (own, None)


def _own_label(booking: Booking, reader: Reader) -> str:
    if not reader.is_customer:
        return _("Open the booking")
    if booking.is_final:
        return _("See your booking")
    if booking.customer_may_move and booking.customer_may_cancel:
        return _("Reschedule or cancel")
    if booking.customer_may_move:
        return _("Reschedule")
    return _("Cancel this booking") if booking.customer_may_cancel else _("See your booking")


def _afterwards(booking: Booking, reader: Reader) -> Action | None:
    if not reader.comes:
        return Action(_("Open the booking"), ics.own_url(booking, "staff"))
    # Who came over a private link finds another meeting type on the page, or none.
    open_to_all = reader.is_customer and booking.link_id is None and booking.page.deleted_at is None
    return Action(_("Book another time"), booking.page.url) if open_to_all else None


def _notes(booking: Booking, template: Template, reader: Reader, context: Context) -> list[str]:
    method = ics.method_for(booking, reader.kind, member=reader.member) if context.method is None else context.method
    found = [_("You can book one of these times by its link.")] if context.instead else []
    found += _relied_on(booking, reader)
    if template in ("reminder", "followUp"):
        return found
    if method == "REQUEST" and booking.is_pending:
        return [*found, _("The attached file moves the meeting in your calendar and marks it as not confirmed yet.")]
    if method == "REQUEST":
        return [
            *found,
            _("The attached invitation puts the meeting into your calendar, and keeps it up to date there."),
        ]
    if method == "CANCEL":
        return [*found, _("The attached file takes the meeting out of your calendar.")]
    if method == "PUBLISH":
        return [
            *found,
            _("The meeting is in your Outlook calendar already. The attached file is a copy for other calendars."),
        ]
    by_outlook = reader.comes and ics.by_outlook(booking) and not booking.is_pending and template != "requested"
    return [*found, _("Your calendar hears of it by a separate mail from Outlook.")] if by_outlook else found


def _relied_on(booking: Booking, reader: Reader) -> list[str]:
    """Of a time that nobody could compare with Outlook yet."""
    if booking.recheck != Booking.Recheck.WAITS or booking.is_cancelled or reader.kind == "former":
        return []
    if reader.comes:
        return [
            _("Your host’s calendar could not be read just now. We look again as soon as it can, and write to you only "
              "if the time has to change.")
        ]  # fmt: skip
    return [_("Outlook could not be read just now. The time is checked as soon as it can; you hear of a clash.")]


def _footer(reader: Reader) -> str:
    if reader.kind == "customer":
        return _("You get this mail because a meeting was booked with your address.")
    if reader.kind == "guest":
        return _("You get this mail because somebody who booked a meeting brings you along.")
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
