"""What the address of a picker says: every state of it has one, and what it cannot mean is left out.

| parameter | means                                    | without it                                |
|-----------|------------------------------------------|-------------------------------------------|
| `tz`      | the visitor's time zone                  | the page's, until the browser tells       |
| `month`   | the month shown, `2026-12`               | the one of `date`, else the running one   |
| `date`    | the day whose times are shown            | the first day of the month that has times |
| `staff`   | with whom                                | anyone                                    |
| `time`    | the instant chosen, `2026-12-01T08:00Z`  | none yet: the picker                      |

What else an address may bring is carried from step to step: `embed` (shown inside another site), `ref` (a campaign,
kept with the booking), and what fills in the form: `name`, `email`, `phone`, `notes`, `guests`, `q_<question id>`.
"""

from __future__ import annotations

import uuid
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django.http import QueryDict

from bookings.models import StaffMember
from bookings.views import zones

_DAY = timedelta(days=1)
_CARRIED = ("embed", "ref", "name", "email", "phone", "notes", "guests")
#: The most characters carried: every link of the picker repeats them.
_MOST_CARRIED = 1_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen so far."""

    zone: zoneinfo.ZoneInfo
    zone_given: bool
    month: date
    day: date | None
    time: datetime | None
    staff_id: uuid.UUID | None
    #: Names and values that the address brought for later steps; a name may come twice.
    carried: tuple[tuple[str, str], ...] = ()

    def query(self, **changes: str) -> str:
        """`?tz=…&staff=…` of this choice with what is carried and more, without the day and the time."""
        kept = [("tz", self.zone.key)] if self.zone_given else []
        if self.staff_id:
            kept.append(("staff", str(self.staff_id)))
        pairs = [*self.carried, *(pair for pair in kept if pair[0] not in changes), *changes.items()]
        return f"?{urlencode(pairs)}" if pairs else ""

    def brought(self, name: str) -> str:
        """What the address brought under that name; empty where it brought nothing."""
        return next((value for known, value in self.carried if known == name), "")


def read(query: QueryDict, *, zone: str, now: datetime, latest: datetime) -> Choice:
    """The choice in an address; `zone` is the host's, the month lies between `now` and `latest`."""
    given = zones.known(query.get("tz", ""))
    chosen = given or zones.known(zone) or zoneinfo.ZoneInfo("UTC")
    day = _date(query.get("date", ""))
    month = _date(f"{query.get('month', '')}-01") or day
    first, last = now.astimezone(chosen).date(), latest.astimezone(chosen).date()
    return Choice(
        zone=chosen,
        zone_given=given is not None,
        month=min(max(month or first, first), last).replace(day=1),
        day=day,
        time=instant(query.get("time", "")),
        staff_id=_uuid(query.get("staff", "")),
        carried=carried(query),
    )


def carried(query: QueryDict) -> tuple[tuple[str, str], ...]:
    """What an address brings for later steps, as far as it is not too much."""
    found, length = [], 0
    for name, values in query.lists():
        for value in values if name in _CARRIED or name.startswith("q_") else ():
            length += len(name) + len(value)
            if length <= _MOST_CARRIED and "\x00" not in value:
                found.append((name, value))
    return tuple(found)


def allowed(choice: Choice, members: list[StaffMember]) -> list[StaffMember]:
    """The one who was chosen, else everybody."""
    return [member for member in members if member.pk == choice.staff_id] or members


def instant(text: str) -> datetime | None:
    """An instant as addresses carry it, None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo and _sensible(at) else None


def as_text(at: datetime) -> str:
    """`2026-12-01T08:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def next_month(month: date) -> date:
    """The first of the following month."""
    return (month.replace(day=28) + 4 * _DAY).replace(day=1)


def previous_month(month: date) -> date:
    """The first of the month before."""
    return (month - _DAY).replace(day=1)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _sensible(found) else None


def _sensible(day: date) -> bool:
    # Near the ends of the calendar arithmetic overflows.
    return 1971 < day.year < 9000


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
