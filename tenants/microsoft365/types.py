"""Events as the rest of the product sees them. Instants are aware UTC, periods half-open."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """One event of one mailbox, as Graph told it. The title of a private event is not in here."""

    id: str
    type: str
    starts_at: datetime
    ends_at: datetime
    change_key: str = ""
    ical_uid: str = ""
    series_master_id: str = ""
    title: str = ""
    show_as: str = "busy"
    is_all_day: bool = False
    is_private: bool = False
    is_cancelled: bool = False
    is_declined: bool = False
    is_online: bool = False
    join_url: str = ""
    web_link: str = ""

    @property
    def can_block(self) -> bool:
        """Whether it takes time in the calendar under any setting."""
        gone = self.is_cancelled or self.is_declined
        return not gone and self.show_as != "free" and self.starts_at < self.ends_at and self.type != "seriesMaster"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody whom Outlook invites."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event to be created. The same `transaction_id` twice makes one event; `marker` finds it again."""

    transaction_id: str
    marker: uuid.UUID
    subject: str
    html: str
    starts_at: datetime
    ends_at: datetime
    location: str = ""
    is_online: bool = False
    attendees: tuple[Attendee, ...] = ()


@dataclass(frozen=True, slots=True)
class DeltaResult:
    """A finished round. `complete`: the events are all there are in the window, else only what changed since.

    `removed` may name events that were never in the window, and masters of series without their occurrences.
    """

    changed: list[RemoteEvent]
    removed: set[str]
    delta_link: str
    complete: bool
