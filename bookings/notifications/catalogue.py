"""Every mail there is: its name, its readers, and what an organisation may say in its own words."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_BOOKING = ("customer", "staff", "title", "when", "page", "place", "price", "reason")
_LABELS: dict[str, Promise] = {
    "confirmed": _("Confirmation"),
    "requested": _("Request received"),
    "rescheduled": _("New time"),
    "reassigned": _("Another colleague"),
    "cancelled": _("Cancellation"),
    "declined": _("Request declined"),
    "expired": _("Request not answered"),
    "joinLink": _("Teams link"),
    "clash": _("Clash with Outlook"),
    "reminder": _("Reminder"),
    "followUp": _("Follow-up"),
    "approvalAsked": _("Please confirm"),
    "approvalReminded": _("Please confirm, reminder"),
    "approvalEscalated": _("Please decide instead"),
    "membershipAsked": _("Added to a page, to approve"),
    "memberAdded": _("Added to a page"),
    "memberAnswered": _("Answer of a staff member"),
    "waitingJoined": _("On the waiting list"),
    "timeOffered": _("A time is free"),
    "mailCode": _("Code for a mail address"),
    "pageCreated": _("Page created"),
    "calendarsUnread": _("Calendars not read"),
    "digest": _("Summary"),
    "monthlySummary": _("Summary of the month"),
    "secretExpires": _("Secret of Microsoft 365 ends"),
    "connectionBroken": _("Connection to Microsoft 365 broken"),
}
READERS: dict[str, Promise] = {
    "customer": _("To customers"),
    "guest": _("To guests"),
    "staff": _("To staff"),
    "former": _("To staff who had the booking"),
    "owner": _("To who looks after the page"),
}


class Kind(NamedTuple):
    """One mail to one kind of reader, and the placeholders it knows."""

    template: str
    reader: str
    placeholders: tuple[str, ...]

    @property
    def label(self) -> str | Promise:
        """Its name."""
        return label(self.template)

    @property
    def key(self) -> str:
        """How its address names it."""
        return f"{self.template}-{self.reader}"


def label(template: str) -> str | Promise:
    """The name of a mail; its own word where it has none."""
    return _LABELS.get(template, template)


_ASKED = ("person", "customer", "staff", "title", "when", "page", "until")
_MEMBER = ("person", "page", "organisation")
_WAITING = ("customer", "title", "page")
#: What may be said in other words, by reader.
KINDS: tuple[Kind, ...] = (
    *(
        Kind(template, "customer", _BOOKING)
        for template in ("confirmed", "requested", "rescheduled", "cancelled", "declined", "expired")
    ),
    Kind("reassigned", "customer", (*_BOOKING, "before")),
    *(Kind(template, "customer", _BOOKING) for template in ("joinLink", "reminder", "followUp")),
    Kind("waitingJoined", "customer", _WAITING),
    Kind("timeOffered", "customer", (*_WAITING, "staff", "when", "until")),
    Kind("mailCode", "customer", ("customer", "page", "code")),
    *(
        Kind(template, "guest", _BOOKING)
        for template in ("confirmed", "requested", "rescheduled", "cancelled", "declined", "expired", "joinLink")
    ),
    Kind("reassigned", "guest", (*_BOOKING, "before")),
    *(Kind(template, "staff", _BOOKING) for template in ("confirmed", "rescheduled", "cancelled", "expired")),
    Kind("reassigned", "staff", (*_BOOKING, "before")),
    *(Kind(template, "staff", _BOOKING) for template in ("joinLink", "reminder", "followUp")),
    Kind("clash", "staff", _BOOKING),
    Kind("approvalAsked", "staff", _ASKED),
    Kind("approvalReminded", "staff", _ASKED),
    Kind("membershipAsked", "staff", _MEMBER),
    Kind("memberAdded", "staff", _MEMBER),
    Kind("reassigned", "former", (*_BOOKING, "before")),
    Kind("approvalEscalated", "owner", _ASKED),
    Kind("memberAnswered", "owner", _MEMBER),
)


def find(key: str) -> Kind | None:
    """The kind that an address names."""
    return next((kind for kind in KINDS if kind.key == key), None)
