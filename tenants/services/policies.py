"""Who may have booking pages: reads the switches and Exchange's values, and asks `tenants.entitlements`.

The organisation's switch for shared pages is `Tenant.bookings_enabled`; everything else stands in `AccessPolicy`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from tenants import entitlements
from tenants.acting import Actor
from tenants.entitlements import Decision, Standing
from tenants.exchange_policy import Exchange
from tenants.models import AccessPolicy, Mailbox, Tenant
from tenants.services import audit, changes

Kind = Literal["personal", "shared"]
#: Of so many people only their own rows are read; of more, all of the organisation's.
_FEW = 500


def of(tenant: Tenant) -> AccessPolicy:
    """The organisation's own row; a fresh one, not saved, where nothing was ever set. One query."""
    return AccessPolicy.objects.filter(mailbox=None).first() or AccessPolicy(tenant=tenant)


def of_person(mailbox: Mailbox) -> AccessPolicy:
    """A person's row; a fresh one, not saved, where everything is as the organisation says. One query."""
    return AccessPolicy.objects.filter(mailbox=mailbox).first() or AccessPolicy(tenant=mailbox.tenant, mailbox=mailbox)


def decide_organisation(tenant: Tenant, *, kind: Kind = "personal", row: AccessPolicy | None = None) -> Decision:
    """What holds for everybody with a licence and without an exception. One query, or none where `row` is at hand."""
    if row is None:
        row = of(tenant) if kind == "personal" else AccessPolicy(tenant=tenant)
    switch = tenant.bookings_enabled if kind == "shared" else _is_on(row)
    return entitlements.organisation(switch=switch, values=exchange_of(row) or Exchange(), is_shared=kind == "shared")


def decide(mailbox: Mailbox, *, kind: Kind = "personal") -> Decision:
    """Whether the person of a mailbox may have a personal page, or create and manage shared ones. One query."""
    return judge(mailbox, *rows_of(mailbox), kind=kind)


def decide_all(
    tenant: Tenant, *, kind: Kind = "personal", mailboxes: Iterable[Mailbox] | None = None
) -> dict[uuid.UUID, Decision]:
    """The same for many, by the mailbox's id: `mailboxes`, or every person's. Two queries at most."""
    policies = AccessPolicy.objects.all()
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER) if mailboxes is None else mailboxes
    found = list(people)
    if mailboxes is not None and len(found) <= _FEW:
        policies = policies.filter(Q(mailbox=None) | Q(mailbox__in=[mailbox.pk for mailbox in found]))
    for mailbox in found:
        mailbox.tenant = tenant
    rows = {row.mailbox_id: row for row in policies}
    return {mailbox.pk: judge(mailbox, rows.get(None), rows.get(mailbox.pk), kind=kind) for mailbox in found}


def decide_both(
    tenant: Tenant, mailboxes: Iterable[Mailbox], rows: Mapping[Any, AccessPolicy]
) -> tuple[dict[uuid.UUID, Decision], dict[uuid.UUID, Decision]]:
    """Personal and shared decisions about many, from all rows of the organisation by their mailbox's id. No query."""
    personal: dict[uuid.UUID, Decision] = {}
    shared: dict[uuid.UUID, Decision] = {}
    for mailbox in mailboxes:
        mailbox.tenant = tenant
        own = rows.get(mailbox.pk)
        personal[mailbox.pk] = judge(mailbox, rows.get(None), own, kind="personal")
        shared[mailbox.pk] = judge(mailbox, rows.get(None), own, kind="shared")
    return personal, shared


def rows_of(mailbox: Mailbox) -> tuple[AccessPolicy | None, AccessPolicy | None]:
    """The organisation's row and the person's. One query."""
    rows = {row.mailbox_id: row for row in AccessPolicy.objects.filter(Q(mailbox=None) | Q(mailbox=mailbox))}
    return rows.get(None), rows.get(mailbox.pk)


def beside(*, tenant: str, mailbox: str) -> dict[str, Subquery]:
    """Annotations that bring the rows along with whatever has a mailbox, for `decide_from`: no query of their own.

    `tenant` and `mailbox` name the references of the query that is annotated.
    """
    rows = AccessPolicy.objects.filter(tenant=OuterRef(tenant))
    return {
        "organisation_policy": Subquery(rows.filter(mailbox=None).values_list(_BESIDE)[:1]),
        "own_policy": Subquery(rows.filter(mailbox=OuterRef(mailbox)).values_list(_BESIDE)[:1]),
    }


def decide_from(mailbox: Mailbox, annotated: Any) -> Decision:
    """The decision about a personal page, from a row that `beside` annotated. No query."""
    organisation, person = (_from_beside(getattr(annotated, name)) for name in ("organisation_policy", "own_policy"))
    return judge(mailbox, organisation, person, kind="personal")


#: What decides, of one row. SQLite has no arrays inside its objects, nor true and false: `_from_beside` reads both.
_DECIDING = (
    "personal_bookings", "ews_enabled", "ews_application_policy", "ews_allow_list", "ews_block_list", "read_at",
)  # fmt: skip
_BESIDE = JSONObject(**{name: name for name in _DECIDING})


def _from_beside(values: dict[str, Any] | None) -> AccessPolicy | None:
    if values is None:
        return None
    for name in ("ews_allow_list", "ews_block_list"):
        if isinstance(values[name], str):
            values[name] = json.loads(values[name])
    for name in ("personal_bookings", "ews_enabled"):
        values[name] = None if values[name] is None else bool(values[name])
    return AccessPolicy(**values)


def judge(mailbox: Mailbox, organisation: AccessPolicy | None, person: AccessPolicy | None, *, kind: Kind) -> Decision:
    """The decision from rows that are at hand; None: no such row. No query."""
    standing = Standing(
        organisation_switch=mailbox.tenant.bookings_enabled if kind == "shared" else _is_on(organisation),
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


def _is_on(row: AccessPolicy | None) -> bool:
    return row is None or row.personal_bookings is not False


def exchange_of(row: AccessPolicy | None) -> Exchange | None:
    """Exchange's values of a row; None where they were never taken over."""
    if row is None or row.read_at is None:
        return None
    return Exchange(row.ews_enabled, row.ews_application_policy, tuple(row.ews_allow_list), tuple(row.ews_block_list))


def identity(mailbox: Mailbox) -> str:
    """How PowerShell is told who."""
    return mailbox.principal_name or mailbox.address


def set_switch(
    *, tenant: Tenant, kind: Kind, on: bool | None, now: datetime, actor: Actor, mailbox: Mailbox | None = None
) -> None:
    """Switches personal or shared pages for the organisation, or for a person (None: as the organisation says).

    It acts at once. Nothing differs: nothing is written.
    """
    if mailbox is not None:
        _switch(tenant, mailbox, {f"{kind}_bookings": on}, now=now, actor=actor)
    elif kind == "shared":
        row = Tenant.objects.get(pk=tenant.pk)
        fields = {"bookings_enabled": on is not False}
        changes.apply(row=row, fields=fields, action="tenant.changed", now=now, actor=actor)
        tenant.bookings_enabled = row.bookings_enabled
    else:
        _switch(tenant, None, {"personal_bookings": False if on is False else None}, now=now, actor=actor)


def _switch(
    tenant: Tenant, mailbox: Mailbox | None, fields: Mapping[str, bool | None], *, now: datetime, actor: Actor
) -> None:
    kept = AccessPolicy.objects.filter(tenant=tenant, mailbox=mailbox)
    if not any(value is not None for value in fields.values()) and not kept.exists():
        return
    with transaction.atomic():
        row = locked(tenant, mailbox)
        before = {name: getattr(row, name) for name in fields}
        if before == fields:
            return
        for name, value in fields.items():
            setattr(row, name, value)
        row.changed_at = now
        row.save()
        record(row, before=before, after=fields, now=now, actor=actor)


def locked(tenant: Tenant, mailbox: Mailbox | None) -> AccessPolicy:
    """The row of the organisation or of a person, made where there is none, locked until the transaction ends."""
    row, _made = AccessPolicy.objects.get_or_create(tenant=tenant, mailbox=mailbox)
    return AccessPolicy.objects.select_for_update(of=("self",)).select_related("tenant", "mailbox").get(pk=row.pk)


def record(
    row: AccessPolicy, *, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime, actor: Actor
) -> None:
    """What changed, in the trail."""
    label = row.mailbox.address if row.mailbox is not None else row.tenant.name
    audit.record(
        tenant=row.tenant, actor=actor, action="policy.changed", target=row, now=now, label=label,
        before=dict(before), after=dict(after),
    )  # fmt: skip
