"""The audit trail: written in the transaction of the change, searched by administrators."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from tenants import acting
from tenants.models import AuditEvent, Tenant
from tenants.services import pseudonyms


def record(
    *, tenant: Tenant, actor: acting.Actor, action: str, target: Any, now: datetime, label: str = "",
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, cmdlet: str = "", initiator: str = "",
    reason: str = "",
) -> AuditEvent:  # fmt: skip
    """One event. `target` is the row that changed; `before` and `after` hold plain JSON values of what differs.

    `cmdlet` is Exchange's name of the same act (S0.16), `initiator` who the directory says it was (S0.19).
    """
    written = event(
        tenant=tenant, actor=actor, action=action, target=target, now=now, label=label, before=before, after=after,
        cmdlet=cmdlet, initiator=initiator, reason=reason,
    )  # fmt: skip
    written.save(force_insert=True)
    return written


def record_all(events: Sequence[AuditEvent]) -> None:
    """Many events of one change, in few queries; each made by `event`."""
    AuditEvent.objects.bulk_create(events, batch_size=500)


def event(
    *, tenant: Tenant, actor: acting.Actor, action: str, target: Any, now: datetime, label: str = "",
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, cmdlet: str = "", initiator: str = "",
    reason: str = "",
) -> AuditEvent:  # fmt: skip
    """What `record` writes, not written yet."""
    return AuditEvent(
        tenant=tenant, at=now, actor_kind=actor.kind, actor=actor.label, source=actor.source, initiator=initiator,
        action=action, cmdlet=cmdlet, target_kind=target._meta.model_name, target_id=target.pk,
        target=(label or str(target))[:254], ip=acting.client_ip.get(), request_id=acting.request_id.get(),
        before=before or {}, after=after or {}, reason=reason,
    )  # fmt: skip


def search(
    *, cmdlets: Sequence[str] = (), starts_at: datetime | None = None, ends_at: datetime | None = None,
    actor: str = "", action: str = "", target: str = "", kind: str = "",
) -> QuerySet[AuditEvent]:  # fmt: skip
    """Every event from `starts_at` to `ends_at` (both included), the newest first, as Search-AdminAuditLog (S0.17).

    `cmdlets` in any letter case; none: every event. `actor` and `target` are parts of names in any letter case, or the
    id of what it was done to; `action` and `kind` (of actor) are whole. The answer is never cut.
    """
    events: QuerySet[AuditEvent] = AuditEvent.objects.order_by("-at", "-pk")
    if cmdlets:
        lowered = [name.lower() for name in cmdlets]
        events = events.filter(cmdlet__gt="")  # few have one, and an index leads to them
        events = events.alias(lowered=Lower("cmdlet")).filter(lowered__in=lowered)
    if actor:
        events = events.filter(Q(actor__icontains=actor) | Q(initiator__icontains=actor))
    if target:
        events = events.filter(_about(target))
    for name, value in (("action", action), ("actor_kind", kind)):
        if value:
            events = events.filter(**{name: value})
    if starts_at is not None:
        events = events.filter(at__gte=starts_at)
    if ends_at is not None:
        events = events.filter(at__lte=ends_at)
    return events


def _about(target: str) -> Q:
    try:
        return Q(target_id=uuid.UUID(target))
    except ValueError:
        return Q(target__icontains=target)


def pseudonymise(
    *, tenant: Tenant, address: str, names: Collection[str] = (), about: Collection[uuid.UUID] = ()
) -> int:
    """Replaces a person by a stable pseudonym in actor, target, before, after and reason; how many events differ.

    The one way to change what was written, for the erasure of personal data. `names` (as the person wrote them) are
    replaced in events that hold the address, and in those about the rows `about` (bookings, requests, links): a
    namesake keeps theirs. The caller's transaction, and the caller records the erasure itself, under
    `pseudonyms.pseudonym(tenant=…, address=…)`. Again: 0.
    """
    return pseudonyms.replace(tenant=tenant, address=address, names=names, about=about)
