"""Shares bookings out among colleagues, and keeps the ledger that says why each of them got what they got."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from bookings.availability import assign
from bookings.models import Assignment, Booking, StaffMember

_KEPT = gettext_noop("Was next when the customer chose the time, which was then kept for them.")
#: How far back bookings count.
WINDOW = timedelta(days=7)
#: What counts: all that take place or may yet.
_COUNTED = [status for status in Booking.Status.values if status not in Booking.GONE]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets a booking, and the sentence that says why. `candidates` as the ledger keeps them."""

    member: StaffMember
    reason: str = ""
    how: str = Assignment.How.FAIR
    candidates: list[dict[str, Any]] = field(default_factory=list)


def choose(free: Sequence[StaffMember], *, now: datetime, kept_for: uuid.UUID | None = None) -> Choice:
    """Who of `free` (at least one) is next. `kept_for`: the one whose time was held for the customer, if free."""
    counts = loads(free, now=now)
    # The trail is in English whatever the customer reads; `why` says it in the reader's language.
    with translation.override("en"):
        chosen, reason = assign.choose([str(member.pk) for member in free], counts, weights(free))
    kept = next((member for member in free if member.pk == kept_for), None)
    if kept is not None and str(kept.pk) != chosen:
        chosen, reason = str(kept.pk), _KEPT
    candidates = [
        {"id": pk, "name": m.display_name, "count": counts[pk][0], "weight": m.weight, "last": counts[pk][1] or 0}
        for m in free
        for pk in [str(m.pk)]
    ]
    return Choice(next(m for m in free if str(m.pk) == chosen), reason=reason, candidates=candidates)


def why(line: Assignment) -> str:
    """The sentence of a line of the ledger in the active language, worked out again from what it keeps.

    Lines written before they kept `last` say what they said then.
    """
    free = {row["id"]: row for row in line.candidates}
    if line.how != Assignment.How.FAIR or not free or any("last" not in row for row in line.candidates):
        return line.reason
    counts: dict[str, assign.Load] = {pk: (row["count"], row["last"]) for pk, row in free.items()}
    chosen, reason = assign.choose(list(free), counts, {pk: row["weight"] for pk, row in free.items()})
    return reason if chosen == str(line.staff_member_id) else gettext(_KEPT)


def ledger(lines: Iterable[Assignment]) -> list[tuple[Assignment, str]]:
    """Lines with their sentences in the active language."""
    return [(line, why(line)) for line in lines]


def ranked(members: Sequence[StaffMember], *, now: datetime) -> list[StaffMember]:
    """All of `members`, who is to get the next booking first."""
    if len(members) < 2:
        return list(members)
    by_id = {str(member.pk): member for member in members}
    return [by_id[pk] for pk in assign.rank(list(by_id), loads(members, now=now), weights(members))]


def what_if(members: Sequence[StaffMember], *, now: datetime, bookings: int) -> list[StaffMember]:
    """Who would get the next `bookings` bookings, were everybody free each time."""
    by_id = {str(member.pk): member for member in members}
    order = assign.what_if(list(by_id), loads(members, now=now), weights(members), bookings=bookings)
    return [by_id[pk] for pk in order]


def loads(members: Collection[StaffMember], *, now: datetime) -> dict[str, assign.Load]:
    """How many bookings of the last `WINDOW` each has, and when the last one was made (epoch seconds; 0: never)."""
    rows = (
        Booking.objects.filter(staff_member__in=members, created_at__gt=now - WINDOW, status__in=_COUNTED)
        .values_list("staff_member_id")
        .annotate(count=Count("*"), latest=Max("created_at"))
    )
    found = {str(pk): (count, int(last.timestamp())) for pk, count, last in rows}
    return {str(member.pk): found.get(str(member.pk), (0, 0)) for member in members}


def weights(members: Collection[StaffMember]) -> dict[str, int]:
    """Everybody's weight, by id."""
    return {str(member.pk): member.weight for member in members}


def record(booking: Booking, choice: Choice, *, now: datetime) -> Assignment:
    """Writes the line of the ledger, in the transaction of the booking or its handing over."""
    return Assignment.objects.create(
        tenant=booking.tenant, page=booking.page, booking=booking, staff_member=choice.member, how=choice.how,
        candidates=choice.candidates, reason=choice.reason[:500], at=now,
    )  # fmt: skip
