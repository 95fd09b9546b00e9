"""Tests of a Microsoft 365 connection, and what comes of them.

| tests of              | all that is needed is well                | else                                            |
|-----------------------|-------------------------------------------|-------------------------------------------------|
| a draft               | it is taken into use, what waited goes on | it stays, each finding with its remedy          |
| the connection in use | it is connected, what waited goes on      | broken, where something essential fails         |
| either                |                                           | Microsoft could not be asked: made again later  |

`connection_watch` tells administrators what became of the connection in use.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants import outbox
from tenants.acting import SYSTEM, Actor
from tenants.errors import DomainError
from tenants.microsoft365 import credentials, deliver, permission_profiles, permissions
from tenants.models import Connection, Job, Mailbox, Tenant
from tenants.services import audit, connection_values


class DirectoryTaken(DomainError):
    """Another organisation was connected to the directory meanwhile."""

    code = "directoryTaken"
    status = 409
    detail = _("Another organisation is connected to this directory.")


def run(connection: Connection, *, now: datetime) -> list[permissions.Check]:
    """Tries everything Daybook needs, with a new token, and writes each finding down as it comes.

    When all that is needed is well, a draft is taken into use and what waited goes on. When Microsoft could not be
    asked, the state stays. A connection that was changed meanwhile keeps its state: its own tests come.
    """
    used = credentials.fingerprint(connection)
    checks: list[permissions.Check] = []
    tenant = connection.tenant
    for check in permissions.examine(
        connection, mailboxes=_mailboxes(), enabled=profiles_in_use(tenant), sender=tenant.mail_from
    ):
        checks.append(check)
        Connection.objects.filter(pk=connection.pk, test_asked_at__isnull=False).update(checks=_stored(checks))
    directory_id = _directory(connection, checks)
    with transaction.atomic():
        row = Connection.objects.select_for_update().select_related("tenant").filter(pk=connection.pk).first()
        if row is not None and credentials.fingerprint(row) == used:
            row.roles, row.directory_id = connection.roles, directory_id
            _settle(row, checks, now)
            connection.refresh_from_db()
    return checks


def _mailboxes() -> list[str]:
    """Graph's ids of mailboxes that are kept in step, those that are read already first."""
    rows = Mailbox.objects.filter(syncs_calendar=True).exclude(directory_object_id="")
    return [row.graph_id for row in rows.order_by("-busy_read__read_at", "pk")[: permissions.TRIED]]


def profiles_in_use(tenant: Tenant) -> set[str]:
    """The keys of `permission_profiles.PROFILES` that the organisation uses."""
    return {*permission_profiles.ALWAYS, *(["mail"] if tenant.mail_from else [])}


def _stored(checks: Sequence[permissions.Check]) -> list[dict[str, Any]]:
    return [asdict(check) for check in checks]


def _directory(connection: Connection, checks: Sequence[permissions.Check]) -> str:
    """The directory's ID, also where its name was entered: as the token tells it."""
    if connection_values.is_guid(connection.directory_id) or not checks[0].ok:
        return connection.directory_id
    with_token = credentials.claims(credentials.token(connection))
    return str(with_token.get("tid") or connection.directory_id)


def _settle(row: Connection, checks: Sequence[permissions.Check], now: datetime) -> None:
    """Writes the outcome of tests, inside a transaction that holds the row."""
    failed = next((check for check in checks if check.is_needed and not check.ok), None)
    row.checks, row.tested_at, row.test_asked_at = _stored(checks), now, None
    row.last_error, row.remedy = (failed.message[:500], failed.remedy[:500]) if failed else ("", "")
    well = not any(check.name in permissions.ESSENTIAL and not check.ok for check in checks)
    if failed is None or (well and row.is_active):
        row.state = Connection.State.CONNECTED
    elif not any(check.is_temporary and check.is_needed for check in checks):
        row.state = Connection.State.BROKEN
    row.save()
    if row.is_active and row.state == Connection.State.CONNECTED:
        outbox.resume(tenant=row.tenant, waits_for=deliver.CONNECTION, now=now)
    if failed is None and not row.is_active:
        _take_into_use(row, now)


def _take_into_use(row: Connection, now: datetime) -> None:
    try:
        activate(row, now=now, actor=SYSTEM)
    except DirectoryTaken as taken:  # entered by its name, which tells nobody whose it is
        row.state, row.last_error = Connection.State.BROKEN, str(taken)
        row.save(update_fields=["state", "last_error"])


def keeping(connection: Connection) -> outbox.Wish:
    """The wish that the worker tests the connection and brings in its people (`tenants.services.people`)."""
    return outbox.Wish(
        kind="connection.keep", dedupe_key=f"connection:{connection.pk}", payload={"connection": str(connection.pk)}
    )


def activate(connection: Connection, *, now: datetime, actor: Actor) -> None:
    """Takes a draft into use in the place of the earlier connection. What waited goes on. Raises DirectoryTaken."""
    tenant = connection.tenant
    with transaction.atomic():
        earlier = Connection.objects.select_for_update().filter(tenant=tenant, is_active=True).first()
        _adopt_directory(tenant, connection.directory_id)
        if earlier is not None:
            earlier.delete()
        connection.is_active = True
        connection.save(update_fields=["is_active"])
        audit.record(
            tenant=tenant, actor=actor, action="connection.activated", target=connection, now=now,
            label=connection.directory_id, before=connection_values.plain(earlier),
            after=connection_values.plain(connection),
        )  # fmt: skip
        outbox.resume(tenant=tenant, waits_for=deliver.CONNECTION, now=now)
        outbox.ensure(tenant=tenant, wish=keeping(connection), now=now)
    transaction.on_commit(lambda: credentials.forget(tenant.pk))


def _adopt_directory(tenant: Tenant, directory_id: str) -> None:
    """The organisation's directory is the one it is connected to: Microsoft's page addresses name it (S1.13)."""
    if connection_values.directory_problem(tenant, directory_id):
        raise DirectoryTaken
    if connection_values.is_guid(directory_id) and uuid.UUID(directory_id) != tenant.directory_id:
        tenant.directory_id = uuid.UUID(directory_id)
        tenant.save(update_fields=["directory_id"])


@outbox.handles(deliver.TEST)
def handle_test(job: Job, now: datetime) -> None:
    """The outbox's way in. Tests that could not be made are made again later."""
    connection = Connection.objects.select_related("tenant").filter(pk=job.payload["connection"]).first()
    if connection is None:
        return
    lasting = [check for check in run(connection, now=now) if check.is_temporary and check.is_needed]
    if lasting:
        raise outbox.RetryLater(lasting[0].message)
