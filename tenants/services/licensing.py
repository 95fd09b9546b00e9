"""What Exchange tells of people's mailboxes: the GUID in a page's address, and the capabilities (S1.10, S1.11).

| in Exchange's list                        | what happens                                                            |
|-------------------------------------------|-------------------------------------------------------------------------|
| a mailbox of a person here                | its GUID and capabilities are taken over, and when                      |
| Bookings is not among its capabilities    | the person may have no page, whatever the directory says of the plan    |
| an address that nobody has here           | left out, and counted                                                   |
| a GUID that another mailbox has           | left out, and counted: addresses of pages must lead to one page         |

Nothing is taken over unseen: `compare` says what would change, `apply` does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django_scopes import scopes_disabled

from tenants.acting import Actor
from tenants.exchange_mailboxes import Row
from tenants.models import BOOKINGS_CAPABILITY, Mailbox, Tenant
from tenants.services import audit

_FIELDS = ("exchange_guid", "capabilities", "capabilities_read_at")
BATCH = 500


@dataclass(slots=True)
class Comparison:
    """What Exchange's list says against what is known here; the mailboxes carry the new values, unsaved."""

    #: Everybody in the list, and values before by mailbox.
    found: list[Mailbox] = field(default_factory=list)
    before: dict[Any, dict[str, Any]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    collisions: list[str] = field(default_factory=list)

    @property
    def changed(self) -> list[Mailbox]:
        """Those of whom something differs but the moment."""
        return [mailbox for mailbox in self.found if _plain(mailbox) != self.before[mailbox.pk]]

    @property
    def readdressed(self) -> list[Mailbox]:
        """Those whose page gets another address."""
        return [one for one in self.found if str(one.exchange_guid) != self.before[one.pk]["exchange_guid"]]

    @property
    def gaining(self) -> list[Mailbox]:
        """Those who may have a page from now on."""
        return [one for one in self.found if one.has_bookings and not self._had(one)]

    @property
    def losing(self) -> list[Mailbox]:
        """Those who may have none any more."""
        return [one for one in self.found if not one.has_bookings and self._had(one)]

    def _had(self, mailbox: Mailbox) -> bool:
        return BOOKINGS_CAPABILITY in self.before[mailbox.pk]["capabilities"]


def compare(rows: Sequence[Row], *, now: datetime) -> Comparison:
    """What would change; nothing is written. Queries: one, and one for each 500 GUIDs."""
    people = list(Mailbox.objects.filter(kind=Mailbox.Kind.USER))
    by_address = {mailbox.principal_name.lower(): mailbox for mailbox in people}
    by_address |= {mailbox.address.lower(): mailbox for mailbox in people}
    taken, result = _owners(rows), Comparison()
    for row in rows:
        mailbox: Mailbox | None = by_address.get(row.address)
        if mailbox is None:
            result.unknown.append(row.address)
            continue
        if mailbox.pk in result.before:
            continue
        result.before[mailbox.pk] = _plain(mailbox)
        result.found.append(mailbox)
        if row.exchange_guid is not None and taken.setdefault(row.exchange_guid, mailbox.pk) != mailbox.pk:
            result.collisions.append(row.address)
        elif row.exchange_guid is not None:
            mailbox.exchange_guid = row.exchange_guid
        if row.capabilities is not None:
            mailbox.capabilities, mailbox.capabilities_read_at = list(row.capabilities), now
    return result


def _owners(rows: Sequence[Row]) -> dict[Any, Any]:
    """Which mailbox has each of the GUIDs now, in whichever organisation: a GUID is one mailbox's, everywhere."""
    guids = [row.exchange_guid for row in rows if row.exchange_guid is not None]
    owners: dict[Any, Any] = {}
    for start in range(0, len(guids), BATCH):
        with scopes_disabled():
            found = Mailbox.objects.filter(exchange_guid__in=guids[start : start + BATCH])
            owners |= dict(found.values_list("exchange_guid", "pk"))
    return owners


def apply(*, tenant: Tenant, rows: Sequence[Row], now: datetime, actor: Actor) -> Comparison:
    """Takes over what Exchange tells; each person's change stands in the trail, and the whole as `Get-Mailbox`."""
    with transaction.atomic():
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        result = compare(rows, now=now)
        changed = result.changed
        Mailbox.objects.bulk_update(result.found, _FIELDS, batch_size=BATCH)
        audit.record_all([_event(tenant, mailbox, result, now, actor) for mailbox in changed])
        audit.record(
            tenant=tenant, actor=actor, action="people.capabilitiesRead", cmdlet="Get-Mailbox", target=tenant, now=now,
            label=tenant.name,
            after={
                "mailboxes": len(result.found), "changed": len(changed), "unknown": len(result.unknown),
                "gaining": len(result.gaining), "losing": len(result.losing),
            },
        )  # fmt: skip
    return result


def _event(tenant: Tenant, mailbox: Mailbox, result: Comparison, now: datetime, actor: Actor) -> Any:
    before, after = result.before[mailbox.pk], _plain(mailbox)
    names = [name for name in before if before[name] != after[name]]
    return audit.event(
        tenant=tenant, actor=actor, action="person.changed", target=mailbox, now=now, label=mailbox.address,
        before={name: before[name] for name in names}, after={name: after[name] for name in names},
    )  # fmt: skip


def _plain(mailbox: Mailbox) -> dict[str, Any]:
    return {"exchange_guid": str(mailbox.exchange_guid), "capabilities": list(mailbox.capabilities)}
