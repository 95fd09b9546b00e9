"""Subject, heading and opening of each mail about a booking, in the active language.

`names` are the values of the placeholders; with `{customer}` for itself the page of templates shows our own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from django.utils.translation import gettext as _

from bookings.services.wishes import ReaderKind

Template = Literal[
    "confirmed", "requested", "rescheduled", "cancelled", "declined", "expired", "reassigned", "joinLink", "reminder",
    "followUp",
]  # fmt: skip


class Opening(NamedTuple):
    """What stands above the summary."""

    subject: str
    heading: str
    paragraph: str


class Circumstances(NamedTuple):
    """What changes the words."""

    by_customer: bool = False
    #: It waits for approval, having been confirmed before at another time or with somebody else.
    again: bool = False
    pending: bool = False
    #: Customers do not read who of the staff it is.
    hides_staff: bool = False


def opening(template: Template, reader: ReaderKind, names: Mapping[str, str], about: Circumstances) -> Opening:
    """The opening of one mail to one kind of reader."""
    heading, paragraph = _WORDS[template](reader, about)
    return Opening(_subject(template, reader, about) % names, heading % names, paragraph % names)


def _subject(template: Template, reader: ReaderKind, about: Circumstances) -> str:
    if template == "reassigned" and reader == "former":
        return _("Handed over: %(title)s, %(when)s")
    return {
        "confirmed": _("Confirmed: %(title)s, %(when)s"),
        "requested": _("Requested: %(title)s, %(when)s"),
        "rescheduled": _("New time: %(title)s, %(when)s"),
        "cancelled": _("Cancelled: %(title)s, %(when)s"),
        "declined": _("Not possible: %(title)s, %(when)s"),
        "expired": _("Not confirmed: %(title)s, %(when)s"),
        "reassigned": _("With %(staff)s: %(title)s, %(when)s"),
        "joinLink": _("Teams link: %(title)s, %(when)s"),
        "reminder": _("Reminder: %(title)s, %(when)s"),
        "followUp": _("After your meeting: %(title)s"),
    }[template]


def _confirmed(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    if reader == "customer":
        return _("Your meeting is booked"), _("Hello %(customer)s, your booking is confirmed.")
    if reader == "guest":
        return _("You are expected"), _("%(customer)s has booked this meeting and brings you along.")
    return _("New booking"), _("%(customer)s has booked a meeting with you.")


def _requested(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    heading = _("The change is not confirmed yet") if about.again else _("Your request has been sent")
    if reader == "guest":
        return heading, _("This meeting has changed. You get a mail as soon as the change is confirmed.")
    if about.again:
        return heading, _(
            "Hello %(customer)s, this meeting has changed. It is not booked until the change is confirmed; you get a "
            "mail either way."
        )
    return heading, _(
        "Hello %(customer)s, this meeting is not booked until it is confirmed; you get a mail either way."
    )


def _rescheduled(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    if reader in ("customer", "guest") and about.pending:
        return _("Your request has a new time"), _("It is not booked until it is confirmed; you get a mail either way.")
    if reader == "customer":
        return _("Your meeting has a new time"), _("Hello %(customer)s, you are expected at the new time.")
    if reader == "guest":
        return _("The meeting has a new time"), _("The meeting that %(customer)s booked has moved.")
    return _("A meeting has a new time"), _("The booking of %(customer)s has moved.")


def _cancelled(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    heading = _("This meeting is cancelled")
    if reader == "customer":
        return heading, _("Hello %(customer)s, you have cancelled this meeting.") if about.by_customer else _(
            "Hello %(customer)s, unfortunately this meeting had to be cancelled."
        )  # fmt: skip
    if reader == "guest":
        return heading, _("The meeting that %(customer)s booked does not take place.")
    return heading, _("%(customer)s has cancelled. Your time is free again.") if about.by_customer else _(
        "It was cancelled on your side. %(customer)s has been told."
    )  # fmt: skip


def _declined(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    if reader == "guest":
        return _cancelled(reader, about)
    return (
        _("This meeting is not possible"),
        _("Hello %(customer)s, unfortunately your request could not be confirmed."),
    )


def _expired(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    if reader == "guest":
        return _cancelled(reader, about)
    if reader == "customer":
        return (
            _("This meeting was not confirmed"),
            _("Hello %(customer)s, nobody could confirm your request in time. We are sorry."),
        )
    return _("A request has ended"), _(
        "Nobody confirmed the request of %(customer)s in time. %(customer)s has been told."
    )


def _reassigned(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    if reader == "former":
        return _("You no longer have this booking"), _("%(staff)s takes the booking of %(customer)s instead of you.")
    if reader == "staff":
        return _("You take over a booking"), _("The booking of %(customer)s is yours now. %(before)s had it before.")
    if about.hides_staff and reader == "guest":
        return _("Somebody else will be there"), _("A colleague takes the meeting. The time stays.")
    if about.hides_staff:
        words = _("Hello %(customer)s, a colleague takes your meeting. The time stays.")
        return _("Somebody else will be there for you"), words
    if reader == "guest":
        return _("Somebody else will be there"), _("%(staff)s takes the meeting instead of %(before)s. The time stays.")
    return (
        _("Somebody else will be there for you"),
        _("Hello %(customer)s, %(staff)s takes your meeting instead of %(before)s. The time stays."),
    )


def _join_link(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    return _("Your Teams link is here"), _("You can join the meeting with the button below.")


def _reminder(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    if reader == "customer":
        return _("Your meeting is coming up"), _("Hello %(customer)s, we look forward to seeing you.")
    return _("A meeting is coming up"), _("%(customer)s is expected.")


def _follow_up(reader: ReaderKind, about: Circumstances) -> tuple[str, str]:
    if reader == "customer":
        return _("Thank you for coming"), _("Hello %(customer)s, thank you for your time.")
    return _("After the meeting"), _("Your meeting with %(customer)s is over.")


_WORDS = {
    "confirmed": _confirmed, "requested": _requested, "rescheduled": _rescheduled, "cancelled": _cancelled,
    "declined": _declined, "expired": _expired, "reassigned": _reassigned, "joinLink": _join_link,
    "reminder": _reminder, "followUp": _follow_up,
}  # fmt: skip
