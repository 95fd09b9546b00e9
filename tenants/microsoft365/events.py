"""One event of a mailbox: create, change, cancel, find (Graph: user-post-events, event-update, event-cancel).

Every function raises what `errors` lists. After Unreachable or Unavailable the effect may have happened: creating
again with the same draft gives the first event, or DuplicateTransaction, after which `find` knows it.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tenants.microsoft365 import mapping
from tenants.microsoft365.http import GraphClient
from tenants.microsoft365.types import EventDraft, RemoteEvent
from tenants.models import Mailbox


def path(mailbox: Mailbox, event_id: str = "", action: str = "") -> str:
    """The address of a mailbox's events, of one of them, or of an action on it."""
    parts = ["", "users", quote(mailbox.graph_id, safe="@"), "events", quote(event_id, safe=""), action]
    return "/".join(parts).rstrip("/")


def create(client: GraphClient, mailbox: Mailbox, draft: EventDraft) -> RemoteEvent:
    """The event that now stands for `draft`: a new one, or the one an earlier try made."""
    return _read(client.request("POST", path(mailbox), json=mapping.write(draft)), mailbox)


def move(client: GraphClient, mailbox: Mailbox, event_id: str, starts_at: datetime, ends_at: datetime) -> RemoteEvent:
    """The event at its new time. Nothing else is sent, so that the body keeps the lines about the online meeting."""
    return _read(client.request("PATCH", path(mailbox, event_id), json=mapping.times(starts_at, ends_at)), mailbox)


def rewrite(client: GraphClient, mailbox: Mailbox, event_id: str, draft: EventDraft) -> RemoteEvent:
    """The event with the subject, the place, the time and, unless it is empty, the text of `draft`.

    The text of an online meeting has to keep the lines that Outlook put into it (event-update): see `body`.
    """
    return _read(client.request("PATCH", path(mailbox, event_id), json=mapping.rewrite(draft)), mailbox)


def body(client: GraphClient, mailbox: Mailbox, event_id: str) -> str:
    """The text of an event as it is now, as HTML."""
    item = client.get(path(mailbox, event_id), params={"$select": "body"})
    return str((item.get("body") or {}).get("content") or "")


def cancel(client: GraphClient, mailbox: Mailbox, event_id: str, comment: str) -> None:
    """Cancels as organizer, with a word to the attendees."""
    client.request("POST", path(mailbox, event_id, "cancel"), json={"comment": comment})


def delete(client: GraphClient, mailbox: Mailbox, event_id: str) -> None:
    """Takes an event without attendees out of the calendar."""
    client.request("DELETE", path(mailbox, event_id))


def get(client: GraphClient, mailbox: Mailbox, event_id: str) -> RemoteEvent:
    """The event as it is now."""
    return _read(client.get(path(mailbox, event_id)), mailbox)


def find(client: GraphClient, mailbox: Mailbox, marker: uuid.UUID) -> RemoteEvent | None:
    """Our event with this marker, None where there is none."""
    condition = (
        f"singleValueExtendedProperties/Any(ep: ep/id eq '{mapping.MARKER}' and ep/value eq '{marker}')"
    )  # fmt: skip
    found = client.get(path(mailbox), params={"$filter": condition, "$top": "1"})["value"]
    return _read(found[0], mailbox) if found else None


def _read(item: dict[str, Any], mailbox: Mailbox) -> RemoteEvent:
    return mapping.read(item, ZoneInfo(mailbox.time_zone))
