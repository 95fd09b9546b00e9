"""Change tracking of a calendar view (Graph: event-delta, delta-query-overview).

A first round tells every item of the window, later ones what changed since. Tokens are opaque, bound to the
mailbox and the window, and worthless once the mailbox's sync state was forgotten.

| What happened | What a later round tells |
|---|---|
| item created or changed, in the window | the whole item |
| item changed, now outside the window | `@removed`, also for one that never was inside |
| series changed | its master whole, its occurrences in short form, `@removed` for those that are no more |
| item deleted | `@removed` |

A page never shows an occurrence without its master: each page that goes on with a series begins with it again.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.core import signing

from . import identifiers, recurrence, representation, window
from .errors import GraphError
from .models import Change, DirectoryUser, Event
from .representation import Preferences

SALT = "sandbox.delta"
PAGE = 10


@dataclass(frozen=True)
class State:
    """What a token knows. `since` is None in the first round; a page starts at item `index` of unit `unit`."""

    starts_at: datetime
    ends_at: datetime
    until: int
    since: int | None = None
    unit: int = 0
    index: int = 0

    def pack(self, mailbox: DirectoryUser) -> str:
        times = [self.starts_at.isoformat(), self.ends_at.isoformat()]
        data = [str(mailbox.pk), mailbox.sync_generation, *times, self.until, self.since, self.unit, self.index]
        return base64.urlsafe_b64encode(signing.dumps(data, salt=SALT, compress=True).encode()).decode().rstrip("=")


def gone() -> GraphError:
    """The token is not, or no longer, known: start again without one."""
    return GraphError(
        410, "syncStateNotFound", "The sync state generation is not found; a full synchronization is required."
    )


def unpack(mailbox: DirectoryUser, token: str) -> State:
    """The state of a token; 410 for one that is none, or of another mailbox, or lost."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        key, generation, starts, ends, *rest = signing.loads(raw, salt=SALT)
    except (signing.BadSignature, binascii.Error, UnicodeError, ValueError):
        raise gone() from None
    if key != str(mailbox.pk) or generation != mailbox.sync_generation:
        raise gone()
    return State(datetime.fromisoformat(starts), datetime.fromisoformat(ends), *rest)


def first(mailbox: DirectoryUser, starts_at: datetime, ends_at: datetime) -> State:
    """The start of a first round."""
    return State(starts_at, ends_at, until=_newest(mailbox))


def following(mailbox: DirectoryUser, state: State) -> State:
    """The next round after a delta link."""
    return State(state.starts_at, state.ends_at, until=_newest(mailbox), since=state.until)


def _newest(mailbox: DirectoryUser) -> int:
    return Change.objects.filter(mailbox=mailbox).order_by("-id").values_list("id", flat=True).first() or 0


def page(mailbox: DirectoryUser, state: State, preferences: Preferences) -> tuple[list[dict[str, Any]], State | None]:
    """The items of this page, and where the next one starts; None after the last."""
    size = preferences.page_size or PAGE
    units = _all_units(mailbox, state) if state.since is None else _changed_units(mailbox, state)
    items: list[dict[str, Any]] = []
    for unit, entries in units:
        answers = [_answer(mailbox, entry, preferences) for entry in entries]
        for index, answer in enumerate(answers):
            if unit == state.unit and index < state.index:
                continue
            if len(items) >= size:
                return items, replace(state, unit=unit, index=index)
            if answer.get("type") == "occurrence" and all(one["id"] != answer["seriesMasterId"] for one in items):
                items.append(answers[0])
            items.append(answer)
    return items, None


Entry = Event | tuple[uuid.UUID, date | None]


def _answer(mailbox: DirectoryUser, entry: Entry, preferences: Preferences) -> dict[str, Any]:
    if isinstance(entry, tuple):
        key = identifiers.encode(identifiers.ItemId(mailbox.pk, *entry), immutable=preferences.immutable)
        return {"@odata.type": "#microsoft.graph.event", "id": key, "@removed": {"reason": "deleted"}}
    if entry.kind == "occurrence":
        return representation.occurrence_json(entry, preferences)
    return {"@odata.type": "#microsoft.graph.event", **representation.event_json(entry, preferences)}


def _all_units(mailbox: DirectoryUser, state: State) -> Iterator[tuple[int, list[Entry]]]:
    rows = Event.objects.filter(mailbox=mailbox, pk__gte=state.unit).select_related("master").order_by("pk")
    inside = rows.overlapping(state.starts_at, state.ends_at)
    for event in (inside | rows.masters_until(state.starts_at, state.ends_at)).iterator(chunk_size=200):
        entries: list[Entry] = [event]
        if event.recurrence is not None:
            entries += window.occurrences(event, state.starts_at, state.ends_at)
        if event.recurrence is None or len(entries) > 1:
            yield event.pk, entries


def _changed_units(mailbox: DirectoryUser, state: State) -> Iterator[tuple[int, list[Entry]]]:
    rows = Change.objects.filter(mailbox=mailbox, pk__gt=state.since or 0, pk__lte=state.until)
    changes: dict[tuple[uuid.UUID, date | None], list[Change]] = {}
    for change in rows:
        changes.setdefault(change.key, []).append(change)
    for key, group in sorted(changes.items(), key=lambda one: one[1][-1].pk):
        if group[-1].pk >= state.unit:
            yield group[-1].pk, _changed(mailbox, key, group, state)


def _changed(
    mailbox: DirectoryUser, key: tuple[uuid.UUID, date | None], group: list[Change], state: State
) -> list[Entry]:
    item, day = key
    event = Event.objects.filter(mailbox=mailbox, item=item, occurrence_on=day).select_related("master").first()
    before = _days_before(group, state)
    if event is None:
        return [key, *((item, one) for one in sorted(before))]
    if event.recurrence is None:
        touches = Event.objects.filter(pk=event.pk).overlapping(state.starts_at, state.ends_at).exists()
        return [event if touches else key, *((item, one) for one in sorted(before))]
    inside = window.occurrences(event, state.starts_at, state.ends_at)
    exceptions = event.exceptions.overlapping(state.starts_at, state.ends_at).select_related("master")
    lost = before - {one.occurrence_on for one in [*inside, *exceptions]}
    whole: list[Entry] = [event, *inside, *exceptions] if inside or exceptions else [key]
    return [*whole, *((item, one) for one in sorted(lost))]


def _days_before(group: list[Change], state: State) -> set[date]:
    """Days in the window on which the series had occurrences before it changed."""
    days: set[date] = set()
    for previous in (change.previous for change in group if change.previous):
        start_at, end_at = (datetime.fromisoformat(previous[name]) for name in ("start", "end"))
        found = recurrence.occurrences(
            previous["recurrence"], start_at, end_at, (state.starts_at, state.ends_at), floating=previous["floating"]
        )
        days |= {day for day, _, _ in found}
    return days
