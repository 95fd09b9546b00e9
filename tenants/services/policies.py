"""Who may have booking pages: reads the switches and Exchange's values, and asks `tenants.entitlements`.

The organisation's switch for shared pages is `Tenant.bookings_enabled`; everything else stands in `AccessPolicy`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Literal

from django.db.models import Q

from tenants import entitlements
from tenants.entitlements import Decision, Standing
from tenants.exchange_policy import Exchange
from tenants.models import AccessPolicy, Mailbox, Tenant

Kind = Literal["personal", "shared"]


def of(tenant: Tenant) -> AccessPolicy:
    """The organisation's own row; a fresh one, not saved, where nothing was ever set. One query."""
    return AccessPolicy.objects.filter(mailbox=None).first() or AccessPolicy(tenant=tenant)


def of_person(mailbox: Mailbox) -> AccessPolicy:
    """A person's row; a fresh one, not saved, where everything is as the organisation says. One query."""
    return AccessPolicy.objects.filter(mailbox=mailbox).first() or AccessPolicy(tenant=mailbox.tenant, mailbox=mailbox)


def decide(mailbox: Mailbox, *, kind: Kind = "personal") -> Decision:
    """Whether the person of a mailbox may have a personal page, or create and manage shared ones. One query."""
    rows = {row.mailbox_id: row for row in AccessPolicy.objects.filter(Q(mailbox=None) | Q(mailbox=mailbox))}
    return judge(mailbox, rows.get(None), rows.get(mailbox.pk), kind=kind)


def decide_all(
    tenant: Tenant, *, kind: Kind = "personal", mailboxes: Iterable[Mailbox] | None = None
) -> dict[uuid.UUID, Decision]:
    """The same for many, by the mailbox's id: `mailboxes`, or every person's. Two queries at most."""
    if mailboxes is None:
        mailboxes = Mailbox.objects.filter(kind=Mailbox.Kind.USER)
    found = list(mailboxes)
    for mailbox in found:
        mailbox.tenant = tenant
    rows = {row.mailbox_id: row for row in AccessPolicy.objects.all()}
    return {mailbox.pk: judge(mailbox, rows.get(None), rows.get(mailbox.pk), kind=kind) for mailbox in found}


def judge(mailbox: Mailbox, organisation: AccessPolicy | None, person: AccessPolicy | None, *, kind: Kind) -> Decision:
    """The decision from rows that are at hand; None: no such row. No query."""
    standing = Standing(
        organisation_switch=_organisation_switch(mailbox.tenant, organisation, kind),
        person_switch=None if person is None else getattr(person, f"{kind}_bookings"),
        is_enabled=mailbox.account_enabled,
        has_plan=mailbox.has_bookings_plan,
        has_capability=mailbox.has_bookings,
        organisation=exchange_of(organisation) or Exchange(),
        person=exchange_of(person),
    )
    if kind == "shared":
        return entitlements.shared(standing)
    return entitlements.personal(standing, identity=identity(mailbox))


def _organisation_switch(tenant: Tenant, row: AccessPolicy | None, kind: Kind) -> bool:
    if kind == "shared":
        return tenant.bookings_enabled
    return row is None or row.personal_bookings is not False


def exchange_of(row: AccessPolicy | None) -> Exchange | None:
    """Exchange's values of a row; None where they were never taken over."""
    if row is None or row.read_at is None:
        return None
    return Exchange(row.ews_enabled, row.ews_application_policy, tuple(row.ews_allow_list), tuple(row.ews_block_list))


def identity(mailbox: Mailbox) -> str:
    """How PowerShell is told who."""
    return mailbox.principal_name or mailbox.address
