"""Keeps the local copy of Outlook's busy times, mailbox by mailbox, so that no page ever has to ask Microsoft.

| when                                        | what                                                            |
|---------------------------------------------|-----------------------------------------------------------------|
| the last read is SYNC_SWEEP_SECONDS old     | the sweep writes a pull; the oldest first, evenly over the time |
| the window began more than a week ago, or   | a full round over a new window, reconciled by set difference    |
| the mailbox's time zone changed, or nothing |                                                                 |
| was read yet, or Microsoft lost its state   |                                                                 |
| else                                        | a round of what changed                                         |
| a round fails on any page                   | nothing changes but `failed_at`: the last good copy stays       |
| nobody needs the mailbox's times            | it is not read: an app says who needs them, by `needed_where`   |

The window reaches from yesterday to two years ahead, the furthest that a service may be booked; Graph binds a delta
link to its window, so a new window means a full round.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django_scopes import scope, scopes_disabled

from tenants import outbox
from tenants.microsoft365 import deliver, delta, errors, http
from tenants.models import BusyRead, Connection, Job, Mailbox
from tenants.outbox import Wish
from tenants.services import busy_copy

DAY = timedelta(days=1)
#: A service is booked at most 730 days ahead, and a window serves for a week and a day.
AHEAD = timedelta(days=740)
WINDOW_SERVES = timedelta(days=8)
#: A sweep asks for so many at least, so that a small organisation never waits for the next one.
SMALLEST_SHARE = 50


#: Conditions on mailboxes, one from each app that looks at busy times.
_needs: list[Callable[[], Q]] = []


def needed_where(condition: Callable[[], Q]) -> Callable[[], Q]:
    """Registers which mailboxes an app needs the busy times of; the sweep reads those that any app needs."""
    _needs.append(condition)
    return condition


#: What apps do once a mailbox was read well, in the transaction of that read.
_listeners: list[Callable[[Mailbox, datetime], None]] = []


def once_read(listener: Callable[[Mailbox, datetime], None]) -> Callable[[Mailbox, datetime], None]:
    """Registers what is to be called with every mailbox whose copy has just become good, and when that was."""
    _listeners.append(listener)
    return listener


def request_pull(mailbox: Mailbox, *, now: datetime) -> None:
    """Wishes for a round over this mailbox; one that waits already is the same wish."""
    wish = Wish(
        kind="busy.pull", dedupe_key=f"busy:{mailbox.pk}", payload={"mailbox": str(mailbox.pk)},
        lane=f"mailbox:{mailbox.pk}",
    )  # fmt: skip
    outbox.ensure(tenant=mailbox.tenant, wish=wish, now=now)


def pull_due(now: datetime) -> int:
    """Wishes for the rounds that are due, in all organisations whose connection works. Returns how many."""
    with scopes_disabled():
        share = max(SMALLEST_SHARE, math.ceil(kept().count() * 90 / settings.SYNC_SWEEP_SECONDS))
        due = list(_due(now).select_related("tenant")[:share])
    for mailbox in due:
        with scope(tenant=mailbox.tenant):
            request_pull(mailbox, now=now)
    return len(due)


def kept() -> QuerySet[Mailbox]:
    """Those that are to be read: somebody needs them, and the connection works."""
    working = Connection.objects.filter(tenant=OuterRef("tenant"), is_active=True).exclude(
        state=Connection.State.BROKEN
    )
    return needed().filter(Exists(working))


def needed() -> QuerySet[Mailbox]:
    """Those whose times some app looks at, whether or not they can be read."""
    wanted = reduce(or_, (condition() for condition in _needs), Q(pk__in=[]))
    return Mailbox.objects.filter(wanted, syncs_calendar=True)


def _due(now: datetime) -> QuerySet[Mailbox]:
    """Those neither read nor tried lately, oldest first."""
    since = now - timedelta(seconds=settings.SYNC_SWEEP_SECONDS)
    lately = BusyRead.objects.filter(Q(read_at__gt=since) | Q(failed_at__gt=since), mailbox=OuterRef("pk"))
    return kept().exclude(Exists(lately)).order_by(F("busy_read__read_at").asc(nulls_first=True), "pk")


@outbox.handles("busy.pull")
def handle(job: Job, now: datetime) -> None:
    """The outbox's way in."""
    mailbox = Mailbox.objects.select_related("tenant").filter(pk=job.payload["mailbox"], syncs_calendar=True).first()
    if mailbox is not None:
        with deliver.decided(job.tenant):
            pull(mailbox, now=now)


def pull(mailbox: Mailbox, *, now: datetime) -> None:
    """One round over a mailbox: asks Microsoft outside of any transaction, then applies it in one.

    Raises MicrosoftError when the round could not be finished; the copy is then as it was.
    """
    state, _created = BusyRead.objects.get_or_create(tenant=mailbox.tenant, mailbox=mailbox)
    starts_at, ends_at, delta_link = _window(state, mailbox, now)
    try:
        client = http.client_for(mailbox.tenant)
        result = delta.read(client, mailbox, starts_at=starts_at, ends_at=ends_at, delta_link=delta_link)
    except errors.MicrosoftError as error:
        BusyRead.objects.filter(pk=state.pk).update(failed_at=now, last_error=str(error)[:500])
        raise
    with transaction.atomic():
        busy_copy.apply(mailbox, result)
        state.window_starts_at, state.window_ends_at, state.time_zone = starts_at, ends_at, mailbox.time_zone
        state.delta_link, state.read_at, state.failed_at, state.last_error = result.delta_link, now, None, ""
        state.save()
        for listener in _listeners:
            listener(mailbox, now)


def _window(state: BusyRead, mailbox: Mailbox, now: datetime) -> tuple[datetime, datetime, str]:
    """The window and the delta link that belongs to it; a new window has none."""
    starts_at, ends_at = state.window_starts_at, state.window_ends_at
    same_zone = state.time_zone == mailbox.time_zone  # else its all-day events were read as other days
    if starts_at is not None and ends_at is not None and now - starts_at <= WINDOW_SERVES and same_zone:
        return starts_at, ends_at, state.delta_link
    yesterday = datetime.combine(now.astimezone(UTC).date(), time.min, tzinfo=UTC) - DAY
    return yesterday, yesterday + AHEAD, ""
