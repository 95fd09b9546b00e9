"""Our copy of what Outlook says is busy: the only writer of BusyPeriod. Everything happens in the caller's transaction.

| told                                             | the copy                                  |
|--------------------------------------------------|-------------------------------------------|
| an event that can block                          | written; untouched when nothing differs   |
| free, cancelled, declined, or without length     | removed                                   |
| removed                                          | removed, with its occurrences if a series |
| not told in a complete round                     | removed                                   |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Q

from tenants.microsoft365.types import DeltaResult, RemoteEvent
from tenants.models import BusyPeriod, Mailbox

CHUNK = 500
#: What differs when an event differs, in the order of `_values`.
FIELDS = [
    "series_master_id", "ical_uid", "change_key", "starts_at", "ends_at", "show_as", "is_all_day", "is_private",
    "title",
]  # fmt: skip


def apply(mailbox: Mailbox, result: DeltaResult) -> None:
    """Makes the copy what a finished round says."""
    told = {event.id for event in result.changed}
    put(mailbox, result.changed)
    if result.complete:
        kept = BusyPeriod.objects.filter(mailbox=mailbox).values_list("event_id", flat=True)
        remove(mailbox, set(kept) - told)
    else:
        remove(mailbox, result.removed, but_not=told)


def put(mailbox: Mailbox, events: Sequence[RemoteEvent]) -> None:
    """Makes the copy of these events what they are now."""
    known = _known(mailbox, [event.id for event in events])
    blocking = [event for event in events if event.can_block]
    rows = [_row(mailbox, event) for event in blocking if known.get(event.id) != _values(event)]
    BusyPeriod.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["mailbox", "event_id"], update_fields=FIELDS, batch_size=CHUNK
    )
    remove(mailbox, {event.id for event in events if not event.can_block} & known.keys())


def remove(mailbox: Mailbox, event_ids: Iterable[str], *, but_not: Iterable[str] = ()) -> None:
    """Removes these events, and the occurrences of those that are series, except `but_not`."""
    spared = set(but_not)
    for chunk in _chunks(filter(None, event_ids)):  # "" is the series of every event that has none
        gone = BusyPeriod.objects.filter(Q(event_id__in=chunk) | Q(series_master_id__in=chunk), mailbox=mailbox)
        ids = set(gone.values_list("event_id", flat=True)) - spared
        for part in _chunks(ids):
            BusyPeriod.objects.filter(mailbox=mailbox, event_id__in=part).delete()


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """The ids in lists that fit a query."""
    ordered = sorted(ids)
    return (ordered[at : at + CHUNK] for at in range(0, len(ordered), CHUNK))


def _known(mailbox: Mailbox, ids: Sequence[str]) -> dict[str, list[object]]:
    known: dict[str, list[object]] = {}
    for chunk in _chunks(ids):
        rows = BusyPeriod.objects.filter(mailbox=mailbox, event_id__in=chunk)
        known |= {event_id: values for event_id, *values in rows.values_list("event_id", *FIELDS)}
    return known


def _row(mailbox: Mailbox, event: RemoteEvent) -> BusyPeriod:
    values = dict(zip(FIELDS, _values(event), strict=True))
    return BusyPeriod(tenant_id=mailbox.tenant_id, mailbox=mailbox, event_id=event.id, **values)


def _values(event: RemoteEvent) -> list[object]:
    return [
        event.series_master_id, event.ical_uid, event.change_key, event.starts_at, event.ends_at, event.show_as,
        event.is_all_day, event.is_private, event.title,
    ]  # fmt: skip
