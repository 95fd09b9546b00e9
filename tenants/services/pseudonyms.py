"""Takes a person out of the audit trail: the events stay, with a name nobody can be found by in the person's place.

The pseudonym is the same wherever the organisation's trail speaks of the same mail address, so that an auditor still
sees that one person did several things. It is made with the site's key: without that key, no list of addresses tells
whose it is.

| part of an event                     | the address | the names                                                    |
|--------------------------------------|-------------|--------------------------------------------------------------|
| actor, target, before, after, reason | replaced    | replaced in events that hold the address, and in those about |
|                                      |             | a row that the caller names: a namesake keeps theirs         |
| IP address                           | taken out where the person acted                                           |
| everything else                      | stays       | stays                                                        |
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.crypto import salted_hmac

from tenants.models import AuditEvent, Tenant

_BATCH = 200
_PARTS = ("actor", "target", "reason", "before", "after", "ip")


@dataclass(frozen=True, slots=True)
class _Person:
    """How a person is found in texts."""

    address: re.Pattern[str]
    names: list[re.Pattern[str]]


def pseudonym(*, tenant: Tenant, address: str) -> str:
    """What stands for the person with this mail address in the trail of `tenant`, such as `erased-3f9a2c41b07d`."""
    digest = salted_hmac("tenants.audit.pseudonym", f"{tenant.pk}:{address.strip().lower()}", algorithm="sha256")
    return f"erased-{digest.hexdigest()[:12]}"


def concerns(address: str, about: Collection[uuid.UUID] = ()) -> QuerySet[AuditEvent]:
    """Events that speak of a person: those that hold the address anywhere, and those about the rows `about`."""
    wanted = Q(target_id__in=about) if about else Q()
    for needle in spellings(address):
        for field in ("actor", "target", "reason", "old", "new"):
            wanted |= Q(**{f"{field}__icontains": needle, f"{field}__iregex": _whole(needle)})
    events: QuerySet[AuditEvent] = AuditEvent.objects.order_by("pk")
    return events.alias(old=Cast("before", TextField()), new=Cast("after", TextField())).filter(wanted)


def spellings(address: str) -> set[str]:
    """The address as it is, and as JSON has it where letters beyond ASCII are escaped (SQLite, bodies that go out)."""
    return {address, json.dumps(address)[1:-1]}


def holds(text: str, address: str) -> bool:
    """Whether a text, be it JSON, holds this very address in whatever case; not one that it is only a part of."""
    return any(
        one.lower() in text.lower() and re.search(_whole(one), text, re.IGNORECASE) for one in spellings(address)
    )


def replace(*, tenant: Tenant, address: str, names: Collection[str], about: Collection[uuid.UUID]) -> int:
    """See `audit.pseudonymise`."""
    label, count = pseudonym(tenant=tenant, address=address), 0
    person = _Person(_of_address(address), [_of_name(name) for name in sorted(names, key=len, reverse=True) if name])
    batch = []
    for event in concerns(address, about).iterator(chunk_size=_BATCH):
        if _erase(event, person, label, is_theirs=event.target_id in about):
            batch.append(event)
        if len(batch) == _BATCH:
            count, batch = count + AuditEvent.objects.store_pseudonyms(batch), []
    return count + AuditEvent.objects.store_pseudonyms(batch)


def _erase(event: AuditEvent, person: _Person, label: str, *, is_theirs: bool) -> bool:
    """Puts `label` in the person's place; whether anything differs."""
    if not is_theirs and not any(map(person.address.search, _texts(event))):
        return False
    patterns = [person.address, *person.names]
    before = [getattr(event, name) for name in _PARTS]
    if person.address.fullmatch(event.actor):
        event.ip = None
    event.actor, event.target, event.reason = (
        _replaced(text, patterns, label)[:length]
        for text, length in ((event.actor, 254), (event.target, 254), (event.reason, 500))
    )
    event.before = _replaced(event.before, patterns, label)
    event.after = _replaced(event.after, patterns, label)
    return before != [getattr(event, name) for name in _PARTS]


def _texts(event: AuditEvent) -> list[str]:
    values = [json.dumps(part, ensure_ascii=False) for part in (event.before, event.after)]
    return [event.actor, event.target, event.reason, *values]


def _replaced(value: Any, patterns: list[re.Pattern[str]], label: str) -> Any:
    """The same JSON value with `label` wherever a pattern is found."""
    if isinstance(value, dict):
        return {key: _replaced(inner, patterns, label) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, patterns, label) for inner in value]
    if isinstance(value, str):
        for pattern in patterns:
            value = pattern.sub(label, value)
    return value


def _of_address(address: str) -> re.Pattern[str]:
    return re.compile(_whole(address), re.IGNORECASE)


def _whole(address: str) -> str:
    r"""The address alone: neither diana@ nor d'ana@example.net for ana@example.net, nor ana@example.net.au.

    In JSON an escaped character, such as `\n`, ends with a letter and yet begins nothing.
    """
    before = r"(?:(?<![\w.+-])(?<!\w')|(?<=\\[bfnrt])|(?<=\\u[0-9a-f][0-9a-f][0-9a-f][0-9a-f]))"
    return rf"{before}{re.escape(address)}(?![\w-]|\.\w)"


def _of_name(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name.strip())}(?!\w)", re.IGNORECASE)
