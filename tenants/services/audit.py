"""Writes the audit trail, in the transaction of the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenants import acting
from tenants.models import AuditEvent, Tenant


def record(
    *, tenant: Tenant, actor: acting.Actor, action: str, target: Any, now: datetime, label: str = "",
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, cmdlet: str = "", initiator: str = "",
    reason: str = "",
) -> AuditEvent:  # fmt: skip
    """One event. `target` is the row that changed; `before` and `after` hold plain JSON values of what differs.

    `cmdlet` is Exchange's name of the same act (S0.16), `initiator` who the directory says it was (S0.19).
    """
    return AuditEvent.objects.create(
        tenant=tenant, at=now, actor_kind=actor.kind, actor=actor.label, source=actor.source, initiator=initiator,
        action=action, cmdlet=cmdlet, target_kind=target._meta.model_name, target_id=target.pk,
        target=(label or str(target))[:254], ip=acting.client_ip.get(), request_id=acting.request_id.get(),
        before=before or {}, after=after or {}, reason=reason,
    )  # fmt: skip
