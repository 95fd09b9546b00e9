"""Programs that call our API: given a key, and parted from it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.links import hash_token
from tenants.models import ApiClient, Tenant
from tenants.services import audit

SCOPES = ("bookings:read", "bookings:write", "rooms:read", "rooms:write", "admin:read", "admin:write")
_PREFIX = "dbk_"


def create(
    *, tenant: Tenant, name: str, now: datetime, actor: Actor, scopes: Sequence[str] = SCOPES
) -> tuple[ApiClient, str]:
    """A program named `name` and its key, which is kept as a hash only. Raises InvalidInput by field."""
    name = " ".join(name.split())
    errors: dict[str, list[str]] = {}
    if not 0 < len(name) <= 120:
        errors["name"] = [_("Give the program a name of at most 120 characters.")]
    elif ApiClient.objects.filter(name=name).exists():
        errors["name"] = [_("There is a program named %(name)s already.") % {"name": name}]
    if unknown := set(scopes) - set(SCOPES):
        errors["scopes"] = [_("There is no scope %(names)s.") % {"names": ", ".join(sorted(unknown))}]
    if errors:
        raise InvalidInput(errors)
    key = _PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        client = ApiClient.objects.create(
            tenant=tenant, name=name, key_hash=hash_token(key), key_hint=key[:12],
            scopes=[scope for scope in SCOPES if scope in scopes],
        )  # fmt: skip
        audit.record(
            tenant=tenant, actor=actor, action="apiClient.created", target=client, now=now,
            after={"scopes": client.scopes},
        )  # fmt: skip
    return client, key


def revoke(*, client: ApiClient, now: datetime, actor: Actor) -> None:
    """Takes the key back: from now on it opens nothing."""
    client.revoked_at = now
    with transaction.atomic():
        client.save(update_fields=["revoked_at"])
        audit.record(
            tenant=client.tenant, actor=actor, action="apiClient.revoked", target=client, now=now,
            before={"scopes": client.scopes, "revokedAt": None}, after={"revokedAt": now.isoformat()},
        )  # fmt: skip
