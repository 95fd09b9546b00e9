"""Exchange's own policy, as an administrator pastes or types it: read, looked at beforehand, and kept.

Nothing here changes anything in Microsoft 365: that is what the PowerShell lines of `tenants.exchange_policy` are for.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants import exchange_output
from tenants.acting import Actor
from tenants.entitlements import Decision
from tenants.errors import DomainError
from tenants.exchange_policy import Exchange
from tenants.models import AccessPolicy, Mailbox, Tenant
from tenants.services import policies

#: Exchange's values by whose they are: a mailbox's id, or None for the organisation.
Values = Mapping[uuid.UUID | None, Exchange]
#: Rows that one statement inserts or changes.
_BATCH = 500


class NotReadable(DomainError):
    """What was pasted is not what PowerShell prints."""

    code = "notReadable"
    detail = _("This is not what PowerShell prints.")


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a paste told, and the names in it that no mailbox here has."""

    values: dict[uuid.UUID | None, Exchange]
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody whom a change lets in or keeps out."""

    mailbox: Mailbox
    before: Decision
    after: Decision


def known() -> dict[uuid.UUID | None, Exchange]:
    """What was taken over so far. One query."""
    rows = AccessPolicy.objects.filter(read_at__isnull=False)
    return {row.mailbox_id: policies.exchange_of(row) or Exchange() for row in rows}


def read(text: str, *, mailbox: Mailbox | None = None) -> Pasted:
    """What PowerShell's output says, over what is known.

    A block without a name is about `mailbox`, or the organisation. Raises NotReadable.
    """
    try:
        found = exchange_output.read(text)
    except exchange_output.Unreadable as wrong:
        raise NotReadable(str(wrong)) from wrong
    ids, before, unknown = _ids(), known(), []
    values: dict[uuid.UUID | None, Exchange] = {}
    for one in found:
        key = ids.get(one.name.lower()) if one.name else (mailbox.pk if mailbox else None)
        if one.name and key is None:
            unknown.append(one.name)
        elif mailbox is not None and key != mailbox.pk:
            raise NotReadable(_("This is about somebody else: %(name)s.") % {"name": one.name})
        else:
            values[key] = one.over(before.get(key, Exchange()))
    return Pasted(values, unknown)


def _ids() -> dict[str, uuid.UUID]:
    """Everybody by what Exchange may call them; a name that two people have means nobody."""
    rows = Mailbox.objects.filter(kind=Mailbox.Kind.USER)
    found: dict[str, uuid.UUID] = {}
    shared = set()
    people = list(rows.values_list("pk", "display_name", "principal_name", "address"))
    for pk, display_name, _principal, _address in people:
        shared |= {display_name.lower()} & found.keys()
        found[display_name.lower()] = pk
    found = {name: pk for name, pk in found.items() if name not in shared}
    return found | {name.lower(): pk for pk, _display, *names in people for name in names if name}


def simulate(tenant: Tenant, values: Values) -> list[Change]:
    """Whom the values would let in or keep out of personal pages, by name. Two queries; nothing is written."""
    people = list(Mailbox.objects.filter(kind=Mailbox.Kind.USER))
    rows = {row.mailbox_id: row for row in AccessPolicy.objects.all()}
    with_values = rows | {pk: _filled(rows.get(pk), tenant, pk, one) for pk, one in values.items()}
    found = []
    for mailbox in people:
        mailbox.tenant = tenant
        before, after = (
            policies.judge(mailbox, by.get(None), by.get(mailbox.pk), kind="personal") for by in (rows, with_values)
        )
        if before.allowed != after.allowed:
            found.append(Change(mailbox, before, after))
    return sorted(found, key=lambda change: change.mailbox.display_name.lower())


def _filled(row: AccessPolicy | None, tenant: Tenant, mailbox_id: uuid.UUID | None, values: Exchange) -> AccessPolicy:
    """A copy of the row, not saved, with these values as if they had been taken over."""
    copy = AccessPolicy(tenant=tenant, mailbox_id=mailbox_id)
    if row is not None:
        copy.personal_bookings, copy.shared_bookings = row.personal_bookings, row.shared_bookings
    copy.read_at = tenant.created_at
    _set(copy, values)
    return copy


def keep(*, tenant: Tenant, values: Values, now: datetime, actor: Actor) -> None:
    """Keeps Exchange's values as taken over now; what differs stands in the trail, for each of them."""
    people = [pk for pk in values if pk is not None]
    with transaction.atomic():
        rows: dict[uuid.UUID | None, AccessPolicy] = {}
        if None in values:
            rows[None] = policies.locked(tenant, None)
        found = AccessPolicy.objects.filter(mailbox__in=people).select_for_update(of=("self",))
        rows |= {row.mailbox_id: row for row in found.select_related("mailbox", "tenant")}
        missing = Mailbox.objects.in_bulk([pk for pk in people if pk not in rows])
        new = {pk: AccessPolicy(tenant=tenant, mailbox=mailbox) for pk, mailbox in missing.items()}
        for pk, row in (rows | new).items():
            _keep_one(row, values[pk], now=now, actor=actor)
        AccessPolicy.objects.bulk_create(new.values(), batch_size=_BATCH)
        AccessPolicy.objects.bulk_update(rows.values(), [*_FIELDS, "read_at"], batch_size=_BATCH)


#: Our fields for Exchange's values, in the order of `Exchange`.
_FIELDS = ("ews_enabled", "ews_application_policy", "ews_allow_list", "ews_block_list")


def _set(row: AccessPolicy, values: Exchange) -> None:
    row.ews_enabled, row.ews_application_policy = values.enabled, values.policy
    row.ews_allow_list, row.ews_block_list = list(values.allow_list), list(values.block_list)


def _keep_one(row: AccessPolicy, values: Exchange, *, now: datetime, actor: Actor) -> None:
    before = _plain(row)
    _set(row, values)
    row.read_at = now
    after = _plain(row)
    if before != after:
        policies.record(row, before=before, after=after, now=now, actor=actor)


def _plain(row: AccessPolicy) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS}
