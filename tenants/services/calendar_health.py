"""How old the local copy of each calendar is, and whether Microsoft tells us of its changes.

| a calendar | when                                                                             |
|------------|----------------------------------------------------------------------------------|
| waits      | it was never read and no try failed: it is new                                    |
| good       | it was read within `LATE`                                                         |
| late       | it was read longer ago, or never, although it was tried                           |
| failing    | the last try failed, however old the copy is                                      |

Only calendars that somebody is booked by are read at all (`busy_times.needed`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Max, Min, Q, QuerySet

from tenants.models import Job, Mailbox, Subscription
from tenants.services import busy_times

#: Older copies may offer times that are taken.
LATE = timedelta(hours=2)
#: What a list can be narrowed to.
FILTERS = ("late", "failing", "untold")


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of an organisation in numbers."""

    kept: int
    late: int
    failing: int
    waiting: int
    #: When the copy that is oldest was read.
    oldest_at: datetime | None
    #: Those of which Microsoft tells us.
    told: int
    untold: int
    #: The last notification of all.
    notified_at: datetime | None

    @property
    def good(self) -> int:
        """Those whose copy is neither late nor still to come."""
        return self.kept - self.late - self.waiting


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One calendar: last successes, and what is wrong with what to do (S2.84)."""

    mailbox: Mailbox
    state: str
    read_at: datetime | None
    written_at: datetime | None
    failed_at: datetime | None
    subscription: Subscription | None
    error: str
    remedy: str


def summary(now: datetime) -> Calendars:
    """All of them in one query, in scope."""
    kinds = {name: Count("pk", filter=condition) for name, condition in _conditions(now).items()}
    told = Count("pk", filter=_told())
    row = busy_times.needed().aggregate(
        kept=Count("pk"), told=told, oldest_at=Min("busy_read__read_at"),
        notified_at=Max("subscription__notified_at"), **kinds,
    )  # fmt: skip
    return Calendars(**row)


def rows_of(now: datetime, *, only: str = "", search: str = "") -> QuerySet[Mailbox]:
    """Calendars, those first that are longest unread. `only`: one of `FILTERS`."""
    found = busy_times.needed().select_related("busy_read", "subscription")
    if only in FILTERS:
        found = found.filter(_conditions(now)[only])
    if search:
        found = found.filter(Q(display_name__icontains=search) | Q(address__icontains=search))
    return found.order_by(F("busy_read__read_at").asc(nulls_first=True), "display_name", "pk")


def described(mailboxes: Sequence[Mailbox], now: datetime) -> list[CalendarRow]:
    """What is known of each, in two queries for all."""
    lanes = {f"mailbox:{one.pk}": one.pk for one in mailboxes}
    written = Job.objects.filter(kind="outlook.push", state=Job.State.DONE, lane__in=lanes).values("lane")
    last = {lanes[row["lane"]]: row["at"] for row in written.annotate(at=Max("done_at")).order_by()}
    parked = Job.objects.filter(lane__in=lanes, state=Job.State.PARKED).order_by("due_at")
    stuck = {lanes[job.lane]: job for job in parked}
    return [_row(one, last.get(one.pk), stuck.get(one.pk), now) for one in mailboxes]


def _row(mailbox: Mailbox, written_at: datetime | None, stuck: Job | None, now: datetime) -> CalendarRow:
    read = getattr(mailbox, "busy_read", None)
    told = getattr(mailbox, "subscription", None)
    read_at, failed_at = (read.read_at, read.failed_at) if read else (None, None)
    failed = bool(failed_at and (read_at is None or failed_at > read_at))
    if read_at is None:
        state = "failing" if failed else "waiting"
    else:
        state = "late" if read_at < now - LATE else "failing" if failed else "good"
    error = stuck.last_error if stuck else read.last_error if read and failed else ""
    remedy = stuck.remedy if stuck else ""
    if told and told.state == Subscription.State.FAILED and not error:
        error, remedy = told.last_error, told.remedy
    return CalendarRow(mailbox, state, read_at, written_at, failed_at, told, error, remedy)


def _conditions(now: datetime) -> dict[str, Q]:
    read_at, failed_at = F("busy_read__read_at"), "busy_read__failed_at"
    failing = Q(**{f"{failed_at}__isnull": False}) & (
        Q(busy_read__read_at=None) | Q(**{f"{failed_at}__gt": read_at})
    )  # fmt: skip
    return {
        "late": Q(busy_read__read_at__lt=now - LATE) | (Q(busy_read__read_at=None) & failing),
        "failing": failing,
        "waiting": Q(busy_read__read_at=None) & ~failing,
        "untold": ~_told(),
    }


def _told() -> Q:
    return Q(subscription__state=Subscription.State.ACTIVE)
