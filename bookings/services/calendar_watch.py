"""Calendars that cannot be read: whose, since when, and who is to know (once a day).

| the copy of a mailbox's calendar            | is                                              |
|---------------------------------------------|-------------------------------------------------|
| was read within `LATE`                      | good                                            |
| was read longer ago                         | late: its free times may be wrong               |
| was never read, and a try failed            | late                                            |
| was never read, and nobody tried            | not yet anybody's worry                         |

Only calendars that somebody is booked by count, in organisations that are connected to Microsoft 365. Told are the
person whose calendar it is, and who looks after each business page on which the person takes bookings: one mail a day
with all of theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet
from django_scopes import scope, scopes_disabled

from bookings.models import BookingPage, StaffMember
from bookings.notifications import other_mails
from bookings.services import outage
from tenants import outbox
from tenants.models import BusyRead, Connection, Job, Mailbox, Tenant, User
from tenants.outbox import Wish

#: Older copies are worth a mail.
LATE = outage.LATE
KIND = "mail.calendarsUnread"


def late(now: datetime, mailboxes: QuerySet[Mailbox] | Iterable[Mailbox] | None = None) -> list[BusyRead]:
    """The copies that are late at `now`, of `mailboxes` or of everybody who takes bookings. One query, in scope."""
    booked = StaffMember.objects.filter(
        removed_at=None, status=StaffMember.Status.ACTIVE, calendar_counts=True, page__deleted_at=None
    )
    rows = BusyRead.objects.filter(_suspect(now), mailbox__syncs_calendar=True, mailbox__in=booked.values("mailbox"))
    if mailboxes is not None:
        rows = rows.filter(mailbox__in=mailboxes)
    return list(rows.select_related("mailbox__user", "mailbox__tenant").order_by("mailbox__display_name"))


def warn(now: datetime) -> int:
    """Wishes for today's mails in all organisations. Returns how many; called again on the same day, none."""
    with scopes_disabled():
        suspects = BusyRead.objects.filter(_suspect(now))
        tenants = list(
            Tenant.objects.filter(pk__in=suspects.values("tenant")).filter(
                pk__in=Connection.objects.filter(is_active=True).values("tenant")
            )
        )
    written = 0
    for tenant in tenants:
        with scope(tenant=tenant):
            written += sum(_wish(tenant, user, rows, now) for user, rows in readers(late(now)).items())
    return written


def readers(rows: Iterable[BusyRead]) -> dict[User, list[BusyRead]]:
    """Who is to know of which."""
    found: dict[User, list[BusyRead]] = defaultdict(list)
    rows = list(rows)
    pages = _pages([row.mailbox for row in rows])
    heads = {page: other_mails.head_of(page) for page in {page for some in pages.values() for page in some}}
    for row in rows:
        told = [row.mailbox.user, *(heads[page] for page in pages[row.mailbox_id])]
        for user in dict.fromkeys(user for user in told if user is not None):
            found[user].append(row)
    return found


def _suspect(now: datetime) -> Q:
    return Q(read_at__lt=now - LATE) | Q(read_at=None, failed_at__isnull=False)


def _pages(mailboxes: list[Mailbox]) -> dict[object, list[BookingPage]]:
    """The business pages on which each of them takes bookings."""
    found: dict[object, list[BookingPage]] = defaultdict(list)
    members = StaffMember.objects.filter(
        mailbox__in=mailboxes, removed_at=None, status=StaffMember.Status.ACTIVE, page__kind=BookingPage.Kind.BUSINESS,
        page__deleted_at=None,
    )  # fmt: skip
    for member in members.select_related("page"):
        found[member.mailbox_id].append(member.page)
    return found


def _wish(tenant: Tenant, user: User, rows: list[BusyRead], now: datetime) -> bool:
    """Writes today's wish for one reader; False where it was written before."""
    key = f"calendars:{user.pk}:{tenant.pk}:{now.date().isoformat()}"
    wish = Wish(
        kind=KIND, dedupe_key=key, payload={"user": str(user.pk), "mailboxes": [str(row.mailbox_id) for row in rows]}
    )
    if Job.objects.filter(dedupe_key=key).exists():
        return False
    outbox.ensure(tenant=tenant, wish=wish, now=now)
    return True
