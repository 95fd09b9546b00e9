"""Whether an organisation's people sign in with Microsoft, and whether the whole directory may join: an owner decides.

With either, the directory decides who comes in. Whoever administers the connection alone must not be able to give
themselves that power, so a connection to another app starts with it switched off.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.models import Connection, Membership, Role, Tenant
from tenants.services import changes


class OwnersDecide(DomainError):
    """Only an owner hands the door to the directory."""

    code = "ownersDecide"
    status = 403
    detail = _("Only an owner decides about sign-in with Microsoft.")


class NoDirectory(DomainError):
    """There is no connection whose directory is known by its id."""

    code = "noDirectory"
    status = 409
    detail = _("Connect Microsoft 365 with the directory’s ID first.")


def choose(
    *, tenant: Tenant, signs_in: bool, joins: bool, now: datetime, actor: Actor, acting_as: Membership | None
) -> None:
    """Sets both switches; joining needs sign-in. Raises OwnersDecide, NoDirectory."""
    if acting_as is not None and acting_as.role != Role.OWNER:
        raise OwnersDecide
    with transaction.atomic():
        rows = list(Connection.objects.select_for_update().filter(tenant=tenant))
        used = next((row for row in rows if row.is_active), None)
        if signs_in and (used is None or not has_directory(used)):
            raise NoDirectory
        for row in rows:  # a draft of the same app takes over the choice when it comes into use
            on = signs_in and used is not None and _app(row) == _app(used)
            changes.apply(row=row, fields={"signs_in": on}, action="connection.signInChanged", now=now, actor=actor)
        fresh = Tenant.objects.select_for_update().get(pk=tenant.pk)
        fields = {"joins_by_sign_in": joins and signs_in}
        changes.apply(row=fresh, fields=fields, action="tenant.changed", now=now, actor=actor)


def _app(connection: Connection) -> tuple[str, str, str]:
    return connection.cloud, connection.directory_id.lower(), connection.client_id.lower()


def has_directory(connection: Connection) -> bool:
    """Whether the connection names its directory by id, as tokens do."""
    try:
        return str(uuid.UUID(connection.directory_id)) == connection.directory_id.lower()
    except ValueError:
        return False
