"""The Microsoft 365 connection of an organisation: saved and tested."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants import outbox
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.microsoft365 import credentials, deliver, permissions
from tenants.models import Connection, Mailbox, Tenant
from tenants.services import audit

#: Entra's longest life of a client secret (Entra: how-to-add-credentials).
LONGEST_SECRET = relativedelta(years=2)
HOST_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)


def save(
    *, tenant: Tenant, client_id: str, directory_id: str, client_secret: str, secret_expires_on: date, now: datetime,
    actor: Actor,
) -> Connection:  # fmt: skip
    """Saves the three values of S3.8 and the day the secret ends; not tested yet. What waited for it goes on.

    An empty secret keeps the one there is. Raises InvalidInput by field.
    """
    before = Connection.objects.filter(tenant=tenant).first()
    secret = client_secret.strip() or (before.client_secret if before else "")
    client_id, directory_id = client_id.strip(), directory_id.strip()
    _check(client_id, directory_id, secret, secret_expires_on, now.date())
    with transaction.atomic():
        _adopt_directory(tenant, directory_id)
        connection, _created = Connection.objects.update_or_create(
            tenant=tenant,
            defaults={
                "client_id": client_id, "directory_id": directory_id, "client_secret": secret,
                "secret_expires_on": secret_expires_on, "state": Connection.State.UNTESTED, "last_error": "",
                "remedy": "",
            },
        )  # fmt: skip
        audit.record(
            tenant=tenant, actor=actor, action="connection.saved", target=connection, now=now,
            label=connection.directory_id, before=_plain(before),
            after=_plain(connection) | {"clientSecret": "renewed" if client_secret.strip() else "kept"},
        )  # fmt: skip
        outbox.resume(tenant=tenant, waits_for=deliver.CONNECTION, now=now)
        outbox.ensure(tenant=tenant, wish=keeping(connection), now=now)
    credentials.forget(tenant.pk)
    return connection


def keeping(connection: Connection) -> outbox.Wish:
    """The wish that the worker tests the connection and brings in its people (`tenants.services.people`)."""
    return outbox.Wish(
        kind="connection.keep", dedupe_key=f"connection:{connection.pk}", payload={"connection": str(connection.pk)}
    )


def _adopt_directory(tenant: Tenant, directory_id: str) -> None:
    """The organisation's directory is the one it is connected to: Microsoft's page addresses name it (S1.13)."""
    if not _is_guid(directory_id) or uuid.UUID(directory_id) == tenant.directory_id:
        return
    if Tenant.objects.filter(directory_id=directory_id).exclude(pk=tenant.pk).exists():
        raise InvalidInput({"directoryId": [str(_("Another organisation is connected to this directory."))]})
    tenant.directory_id = uuid.UUID(directory_id)
    tenant.save(update_fields=["directory_id"])


def _check(client_id: str, directory_id: str, secret: str, expires_on: date, today: date) -> None:
    form = _("This ID has the form 00000000-0000-0000-0000-000000000000.")
    is_directory = _is_guid(directory_id) or HOST_NAME.fullmatch(directory_id)
    wrong = {
        "clientId": "" if _is_guid(client_id) else form,
        "directoryId": "" if is_directory else form,
        "clientSecret": "" if secret else _("Enter the client secret's value."),
        "secretExpiresOn": _expiry_problem(expires_on, today),
    }
    found = {name: [str(sentence)] for name, sentence in wrong.items() if sentence}
    if found:
        raise InvalidInput(found)


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _expiry_problem(expires_on: date, today: date) -> str:
    if expires_on < today:
        return str(_("This secret has expired. Make a new one in Microsoft Entra."))
    return str(_("A client secret lasts two years at most.")) if expires_on > today + LONGEST_SECRET else ""


def _plain(connection: Connection | None) -> dict[str, str]:
    """For the audit trail: never the secret, nor anything made from it."""
    if connection is None:
        return {}
    return {
        "clientId": connection.client_id,
        "directoryId": connection.directory_id,
        "secretExpiresOn": str(connection.secret_expires_on),
    }


def test(connection: Connection, *, now: datetime) -> list[permissions.Check]:
    """Tries everything Daybook needs, with a new token, and shows the outcome on the connection.

    When all is well, what waited for the connection goes on. When Microsoft could not be asked, the state stays.
    """
    mailbox = Mailbox.objects.filter(syncs_calendar=True).exclude(directory_object_id="").first()
    checks = permissions.examine(connection, mailbox=mailbox.graph_id if mailbox else "")
    failed = next((check for check in checks if not check.ok), None)
    connection.tested_at = now
    connection.last_error, connection.remedy = (failed.message[:500], failed.remedy[:500]) if failed else ("", "")
    if failed is None:
        connection.state = Connection.State.CONNECTED
    elif not failed.is_temporary:
        connection.state = Connection.State.BROKEN
    with transaction.atomic():
        connection.save(update_fields=["state", "last_error", "remedy", "tested_at"])
        if failed is None:
            outbox.resume(tenant=connection.tenant, waits_for=deliver.CONNECTION, now=now)
    return checks
