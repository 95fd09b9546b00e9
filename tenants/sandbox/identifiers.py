"""Ids in Graph's style (Graph: outlook-immutable-id): long, case sensitive, and good in one mailbox only.

An id carries its format, the mailbox, the item and, for an occurrence, the day of its original start; so an
occurrence keeps its id when it becomes an exception. The immutable and the ordinary id of one item differ;
either is understood.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import struct
import uuid
from datetime import date
from typing import NamedTuple

IMMUTABLE_MARK = bytes.fromhex("000800000000001d8403111aa66611cdbc800000")
ORDINARY_MARK = bytes.fromhex("000032343664653539342d646633632d34366532")
GLOBAL_OBJECT_MARK = "040000008200E00074C5B7101A82E008"


class ItemId(NamedTuple):
    """What an id says: whose mailbox, which item, which day of a series."""

    mailbox: uuid.UUID
    item: uuid.UUID
    occurrence_on: date | None


def encode(item_id: ItemId, *, immutable: bool) -> str:
    """The id as Graph would spell it."""
    day = item_id.occurrence_on
    tail = struct.pack(">HBB", day.year, day.month, day.day) if day else bytes(4)
    mark = IMMUTABLE_MARK if immutable else ORDINARY_MARK
    return base64.urlsafe_b64encode(mark + item_id.mailbox.bytes + item_id.item.bytes + tail).decode()


def decode(text: str) -> ItemId | None:
    """The parts of an id; None when it is none of ours, letter by letter."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii"))
    except (binascii.Error, ValueError):
        return None
    marks = (IMMUTABLE_MARK, ORDINARY_MARK)
    if len(raw) != 56 or raw[:20] not in marks or base64.urlsafe_b64encode(raw).decode() != text:
        return None
    year, month, day = struct.unpack(">HBB", raw[52:])
    try:
        occurrence_on = date(year, month, day) if year else None
    except ValueError:
        return None
    return ItemId(uuid.UUID(bytes=raw[20:36]), uuid.UUID(bytes=raw[36:52]), occurrence_on)


def ical_uid(uid: str, occurrence_on: date | None) -> str:
    """The iCalUId: shared by all copies of a meeting, another for each occurrence of a series."""
    day = f"{occurrence_on.year:04X}{occurrence_on.month:02X}{occurrence_on.day:02X}" if occurrence_on else "0" * 8
    return f"{GLOBAL_OBJECT_MARK}{day}{'0' * 32}{uid.upper()}"


def parse_ical_uid(text: str) -> tuple[str, date | None] | None:
    """Undo `ical_uid`; None for an uid that the sandbox did not make."""
    if len(text) != 104 or not text.upper().startswith(GLOBAL_OBJECT_MARK):
        return None
    year, month, day = int(text[32:36], 16), int(text[36:38], 16), int(text[38:40], 16)
    return text[72:].lower(), date(year, month, day) if year else None


def change_key() -> str:
    """A value that no earlier version of any item had."""
    return base64.b64encode(secrets.token_bytes(15)).decode() + "AAAA"


def join_url(uid: str, directory_id: uuid.UUID, organizer: uuid.UUID) -> str:
    """An address in the style of a Teams meeting."""
    thread = base64.urlsafe_b64encode(f"meeting{uid}".encode()).decode().rstrip("=")
    context = f"%7b%22Tid%22%3a%22{directory_id}%22%2c%22Oid%22%3a%22{organizer}%22%7d"
    return f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{thread}%40thread.v2/0?context={context}"
