"""What every row that belongs to an organisation has in common: it cannot be read or written from another one."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django_scopes import ScopedManager, get_scope
from django_scopes.exceptions import ScopeError


class ForeignTenant(ScopeError):
    """A row of another organisation was about to be written. Always a bug, never shown to a visitor."""


class TenantModel(models.Model):
    """A row that belongs to one organisation.

    Queries through `objects` work only inside `scope(tenant=…)` and see that organisation's rows; outside they
    raise. `save` and `delete` refuse a row whose organisation is not the active one. `scopes_disabled()` lifts both,
    for site administrators and maintenance.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: every query names the organisation, and a planner that trusts that index would read all of
    # the organisation's rows. Models that are listed by organisation have an index that begins with it.
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, editable=False, related_name="+", db_index=False
    )

    objects = ScopedManager(tenant="tenant")

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        check_tenant(self)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        check_tenant(self)
        return super().delete(*args, **kwargs)


def check_tenant(row: Any) -> None:
    """Raises ForeignTenant unless `row` belongs to the active organisation; without a scope ScopeError."""
    state = get_scope()
    if not state.get("_enabled", True):
        return
    active = state.get("tenant")
    if active is None:
        raise ScopeError(f"{type(row).__name__} is written outside any organisation's scope.")
    allowed = active if isinstance(active, list | tuple | set) else [active]
    if row.tenant_id not in {tenant.pk for tenant in allowed}:
        raise ForeignTenant(f"{type(row).__name__} {row.pk} belongs to another organisation.")
