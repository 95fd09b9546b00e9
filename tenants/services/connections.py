"""The Microsoft 365 connection of an organisation: entered as a draft, tested, and taken into use when all is well.

| what is done                       | the connection in use                  | the draft                              |
|------------------------------------|----------------------------------------|----------------------------------------|
| values or a new secret are entered | goes on as it is                       | holds them, and is tested              |
| every needed test passes           | is replaced; what waited goes on       | is the connection in use now           |
| a needed test fails (S2.22)        | goes on as it is                       | stays, with each finding and remedy    |
| Microsoft could not be asked       | goes on as it is                       | is tested again by itself              |

A new secret stands beside the old one until that is removed, so that nothing is ever refused in between (S3.4). The
tests themselves are in `connection_trials`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants import outbox
from tenants.acting import SYSTEM, Actor
from tenants.microsoft365 import credentials, deliver
from tenants.models import Connection, Tenant
from tenants.services import audit, connection_trials, connection_values

#: Tests that were asked for so long ago and have not ended will not end: nobody works on the outbox.
STALLED = timedelta(minutes=3)

test, activate, keeping = connection_trials.run, connection_trials.activate, connection_trials.keeping


def active(tenant: Tenant) -> Connection | None:
    """The connection that every request is made with."""
    return Connection.objects.filter(tenant=tenant, is_active=True).first()


def draft(tenant: Tenant) -> Connection | None:
    """What was entered and has not passed every needed test."""
    return Connection.objects.filter(tenant=tenant, is_active=False).first()


def save(
    *, tenant: Tenant, client_id: str, directory_id: str, client_secret: str, secret_expires_on: date, now: datetime,
    actor: Actor, app_name: str | None = None, cloud: str | None = None,
) -> Connection:  # fmt: skip
    """Writes the three values of S3.8 and the day the secret ends into the draft, and has it tested.

    A new secret of the app that is in use stands beside the old one. An empty secret keeps those there are. Raises
    InvalidInput by field.
    """
    used, earlier = active(tenant), draft(tenant)
    base = earlier or used
    cloud = cloud or (base.cloud if base else Connection.Cloud.GLOBAL)
    app_name = app_name if app_name is not None else (base.app_name if base else "")
    values = {"client_id": client_id.strip(), "directory_id": directory_id.strip().lower(), "cloud": cloud}
    secret = client_secret.strip()
    kept = base.newest_secret() if base else ""
    connection_values.check(
        tenant=tenant, secret=secret or kept, expires_on=secret_expires_on, today=now.date(), **values
    )
    beside = used if connection_values.same_app(used, values.values()) else None
    source = beside if secret else base
    slots = connection_values.slots_of(source) if source else connection_values.empty_slots()
    slots = connection_values.with_secret(slots, secret or kept, secret_expires_on, now)
    return _enter(
        tenant, {**values, **slots, "app_name": app_name.strip()[:120]}, now=now, actor=actor, beside=beside,
        renewed=bool(secret),
    )  # fmt: skip


def add_secret(
    *, connection: Connection, client_secret: str, secret_expires_on: date, now: datetime, actor: Actor
) -> Connection:
    """Enters a new secret beside those of the connection in use; tested like everything else. Raises InvalidInput."""
    problem = connection_values.secret_problem(client_secret.strip())
    connection_values.refuse({"clientSecret": [problem]} if problem else {})
    return save(
        tenant=connection.tenant, client_id=connection.client_id, directory_id=connection.directory_id,
        cloud=connection.cloud, app_name=connection.app_name, client_secret=client_secret,
        secret_expires_on=secret_expires_on, now=now, actor=actor,
    )  # fmt: skip


def _enter(
    tenant: Tenant, values: dict[str, Any], *, now: datetime, actor: Actor, beside: Connection | None, renewed: bool
) -> Connection:
    """Writes the draft. `beside`: the connection in use of the same app, whose consent and settings stay."""
    unproven: dict[str, Any] = {
        "state": Connection.State.UNTESTED, "last_error": "", "remedy": "", "checks": [], "roles": [],
        "tested_at": None, "test_asked_at": now, "consented_at": None, "consented_by": "", "signs_in": False,
    }  # fmt: skip
    if beside is not None:
        unproven |= {name: getattr(beside, name) for name in ("consented_at", "consented_by", "signs_in")}
    with transaction.atomic():
        before = Connection.objects.select_for_update().filter(tenant=tenant).order_by("is_active").first()
        row, _created = Connection.objects.update_or_create(tenant=tenant, is_active=False, defaults=values | unproven)
        audit.record(
            tenant=tenant, actor=actor, action="connection.saved", target=row, now=now, label=row.directory_id,
            before=connection_values.plain(before),
            after=connection_values.plain(row) | {"clientSecret": "renewed" if renewed else "kept"},
        )  # fmt: skip
        _have_tested(row, now)
    return row


def discard(*, connection: Connection, now: datetime, actor: Actor) -> None:
    """Forgets a draft; the connection in use, if there is one, was never touched."""
    with transaction.atomic():
        audit.record(
            tenant=connection.tenant, actor=actor, action="connection.draftDiscarded", target=connection, now=now,
            label=connection.directory_id, before=connection_values.plain(connection),
        )  # fmt: skip
        Connection.objects.filter(pk=connection.pk, is_active=False).delete()


def remove_secret(*, connection: Connection, slot: str, now: datetime, actor: Actor) -> None:
    """Forgets one of two secrets; `slot` is the name of its field. The last one stays: raises InvalidInput."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        if len(row.secrets()) < 2:
            connection_values.refuse({"secret": [str(_("This is the only secret. Enter a new one first."))]})
        before, secret = connection_values.plain(row), getattr(row, slot)
        for holder in Connection.objects.select_for_update().filter(tenant=row.tenant):
            _forget_secret(holder, secret)
        row.refresh_from_db()
        audit.record(
            tenant=row.tenant, actor=actor, action="connection.secretRemoved", target=row, now=now,
            label=row.directory_id, before=before, after=connection_values.plain(row),
        )  # fmt: skip
    credentials.forget(row.tenant_id)


def _forget_secret(holder: Connection, secret: str) -> None:
    """From the draft as well, which would bring it back; but not where it is the only one."""
    names = [value for value, _expires, _saved in Connection.SLOTS if getattr(holder, value) == secret]
    if len(holder.secrets()) < 2 or not names:
        return
    for name, value in connection_values.without_secret(connection_values.slots_of(holder), names[0]).items():
        setattr(holder, name, value)
    holder.test_asked_at = None
    holder.save()


def ask_test(connection: Connection, *, now: datetime, actor: Actor) -> None:
    """Has the worker test a connection; `test_asked_at` and `checks` show how far it is."""
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(test_asked_at=now, checks=[])
        if actor != SYSTEM:
            audit.record(
                tenant=connection.tenant, actor=actor, action="connection.testAsked", target=connection, now=now,
                label=connection.directory_id,
            )  # fmt: skip
        _have_tested(connection, now)


def _have_tested(connection: Connection, now: datetime) -> None:
    """At once, even where tests that could not be made wait to be made again."""
    wish = deliver.testing(connection)
    outbox.ensure(tenant=connection.tenant, wish=wish, now=now)
    outbox.hasten(dedupe_keys=[wish.dedupe_key], now=now)


def is_running(connection: Connection, now: datetime) -> bool:
    """Whether tests were asked for that have not ended yet."""
    return connection.test_asked_at is not None and not is_stalled(connection, now)


def is_stalled(connection: Connection, now: datetime) -> bool:
    """Whether tests were asked for so long ago that the worker cannot be running."""
    return connection.test_asked_at is not None and now - connection.test_asked_at > STALLED
