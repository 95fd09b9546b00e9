"""What an organisation's administrator sees first: what waits, how things stand, and the first steps of a new one.

| waits             | counted                                                                   | leads to            |
|-------------------|---------------------------------------------------------------------------|---------------------|
| questions         | approvals that nobody has answered yet                                    | the questions       |
| clashes           | bookings made without Outlook that clash with an event there              | the bookings        |
| failed mails      | mails of the last 30 days that reached nobody                             | those mails         |
| unchecked people  | people whose licence could not be checked                                 | the people          |
| deleted calendars | calendars in the trash that are purged within `SOON`                      | the trash           |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.models import Approval, Booking, BookingPage
from bookings.services import deliveries
from tenants.models import Connection, Mailbox, Membership, Message

SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that somebody should look at, in words, and the name of the page where it stands."""

    key: str
    text: str
    page: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps of an organisation."""

    key: str
    title: str | Promise
    about: str | Promise
    page: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """How much there is, and how much of it waits for somebody."""

    #: Of the week to come, and of the day to come.
    bookings: int
    today: int
    clashes: int
    active_pages: int
    pages: int
    #: In the trash, and purged soon.
    ending: int
    people: int
    #: Those of the directory.
    imported: int
    #: Whose licence could not be checked.
    unchecked: int
    members: int
    questions: int
    failed_mails: int


def figures(now: datetime) -> Figures:
    """Everything in six queries, in scope."""
    standing = Q(status__in=(Booking.Status.CONFIRMED, Booking.Status.PENDING), starts_at__gte=now)
    clash = Q(recheck=Booking.Recheck.CLASH) & ~Q(status__in=Booking.GONE)
    booked = Booking.objects.filter(ends_at__gt=now).aggregate(
        bookings=Count("pk", filter=standing & Q(starts_at__lt=now + SOON)),
        today=Count("pk", filter=standing & Q(starts_at__lt=now + timedelta(days=1))),
        clashes=Count("pk", filter=clash),
    )  # fmt: skip
    kept = Q(deleted_at=None)
    active = kept & Q(activated_at__isnull=False, is_published=True, reachable_at__lte=now)
    pages = BookingPage.with_deleted.aggregate(
        pages=Count("pk", filter=kept), active_pages=Count("pk", filter=active),
        ending=Count("pk", filter=~kept & Q(purge_at__lt=now + SOON)),
    )  # fmt: skip
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER).aggregate(
        people=Count("pk", filter=Q(account_enabled=True)),
        imported=Count("pk", filter=~Q(directory_object_id="")),
        unchecked=Count("pk", filter=~Q(licence_error="")),
    )  # fmt: skip
    return Figures(
        **booked, **pages, **people, members=Membership.objects.count(),
        questions=Approval.objects.filter(state=Approval.State.WAITING).count(),
        failed_mails=Message.objects.filter(
            state=Message.State.FAILED, created_at__gt=now - deliveries.RECENT
        ).count(),
    )  # fmt: skip


def waiting(known: Figures) -> list[Waiting]:
    """What waits for somebody, in words."""
    asked, clashing, failed = known.questions, known.clashes, known.failed_mails
    unchecked, ending = known.unchecked, known.ending
    words = (
        ("questions", asked, "staff:approvals", "",
         ngettext("%(count)d question is not answered yet", "%(count)d questions are not answered yet", asked)),
        ("clashes", clashing, "staff:bookings", "when=all",
         ngettext("%(count)d booking clashes with an event in Outlook",
                  "%(count)d bookings clash with events in Outlook", clashing)),
        ("mails", failed, "staff:dashboard", "",
         ngettext("%(count)d mail did not arrive", "%(count)d mails did not arrive", failed)),
        ("people", unchecked, "organisation:people", "",
         ngettext("%(count)d person could not be checked for a licence",
                  "%(count)d people could not be checked for a licence", unchecked)),
        ("trash", ending, "organisation:trash", "",
         ngettext("%(count)d deleted calendar is purged within a week",
                  "%(count)d deleted calendars are purged within a week", ending)),
    )  # fmt: skip
    return [Waiting(key, text % {"count": count}, page, query) for key, count, page, query, text in words if count]


def steps(connection: Connection | None, known: Figures) -> list[Step]:
    """What a new organisation does first. Everything done: an empty list."""
    every: list[dict[str, Any]] = [
        {
            "key": "connect", "page": "organisation:connection", "is_done": connection is not None,
            "title": _("Connect Microsoft 365"),
            "about": _("Bookings then stand in Outlook, and what is busy there is not offered."),
        },
        {
            "key": "people", "page": "organisation:people", "is_done": known.imported > 0,
            "title": _("Bring in your people"),
            "about": _("They come from the directory with their licences. This happens by itself once a day."),
        },
        {
            "key": "members", "page": "organisation:members", "is_done": known.members > 1,
            "title": _("Give somebody else a role"),
            "about": _("A second administrator keeps you from being locked out."),
        },
        {
            "key": "page", "page": "staff:page_new", "is_done": known.active_pages > 0,
            "title": _("Make a booking page"),
            "about": _("A team has a business page; everybody with a licence has a personal one at a click."),
        },
    ]  # fmt: skip
    found = [Step(**one) for one in every]
    return [] if all(step.is_done for step in found) else found
