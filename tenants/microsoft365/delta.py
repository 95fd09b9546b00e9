"""Rounds of changes of a mailbox's calendar view (Graph: event-delta): all pages, or an error and nothing.

| round                    | asks                               | answers                                            |
|--------------------------|------------------------------------|----------------------------------------------------|
| full                     | the window                         | everything in it; what is not named is not there   |
| following                | the delta link of the last round   | what changed since                                 |
| following, state lost    | … and gets 410: the window again   | as a full one                                      |

An item may come several times in a round: the last one counts. Occurrences may come in short form beside their
master; a master that the round does not bring is fetched. Masters themselves take no time: they are not told on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tenants.microsoft365 import errors, events, mapping
from tenants.microsoft365.http import GraphClient
from tenants.microsoft365.types import DeltaResult, RemoteEvent
from tenants.models import Mailbox

PAGE_SIZE = 200
#: No calendar has more in two years; a service that never ends its round must not keep a worker for ever.
MOST_PAGES = 500
Items = dict[str, dict[str, Any]]


def read(
    client: GraphClient, mailbox: Mailbox, *, starts_at: datetime, ends_at: datetime, delta_link: str = ""
) -> DeltaResult:
    """One round over `[starts_at, ends_at)`: full without `delta_link`, or when Microsoft has lost its state.

    The window must be the one that `delta_link` came from. Raises what `errors` lists, except Gone.
    """
    try:
        items, next_link = _pages(client, delta_link) if delta_link else _full(client, mailbox, starts_at, ends_at)
        complete = not delta_link
    except errors.Gone:
        items, next_link = _full(client, mailbox, starts_at, ends_at)
        complete = True
    removed = {key for key, item in items.items() if "@removed" in item}
    told = {key: item for key, item in items.items() if key not in removed}
    return DeltaResult(_events(client, mailbox, told), removed, next_link, complete)


def _full(client: GraphClient, mailbox: Mailbox, starts_at: datetime, ends_at: datetime) -> tuple[Items, str]:
    path = f"/users/{quote(mailbox.graph_id, safe='@')}/calendarView/delta"
    return _pages(client, path, {"startDateTime": _stamp(starts_at), "endDateTime": _stamp(ends_at)})


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _pages(client: GraphClient, url: str, params: dict[str, str] | None = None) -> tuple[Items, str]:
    """The last word on every item, and the link to the next round."""
    items: Items = {}
    for _number in range(MOST_PAGES):
        page = client.get(url, params=params, prefer=(f"odata.maxpagesize={PAGE_SIZE}",))
        items |= {item["id"]: item for item in page["value"]}
        if "@odata.deltaLink" in page:
            return items, page["@odata.deltaLink"]
        url, params = page["@odata.nextLink"], None
    raise errors.Unavailable(f"The round did not end after {MOST_PAGES} pages.")


def _events(client: GraphClient, mailbox: Mailbox, told: Items) -> list[RemoteEvent]:
    masters: dict[str, dict[str, Any] | None] = {
        key: item for key, item in told.items() if item.get("type") == "seriesMaster"
    }
    zone = ZoneInfo(mailbox.time_zone)
    found = []
    for item in told.values():
        master_id = item.get("seriesMasterId")
        if master_id and "showAs" not in item:
            if master_id not in masters:
                masters[master_id] = _master(client, mailbox, master_id)
            item = mapping.with_master(item, masters[master_id])
        if item["id"] not in masters:
            found.append(mapping.read(item, zone))
    return found


def _master(client: GraphClient, mailbox: Mailbox, master_id: str) -> dict[str, Any] | None:
    try:
        return client.get(events.path(mailbox, master_id))
    except errors.NotThere:  # deleted meanwhile: the next round removes its occurrences
        return None
