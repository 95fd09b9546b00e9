"""The people of a connected organisation: their mailboxes are brought in, and kept up to date every day.

| it is asked for by                         | job               | shown                                    |
|--------------------------------------------|-------------------|------------------------------------------|
| a connection that was saved, and each day  | `connection.keep` | on the connection, and as below          |
| “Import now” on the people page            | `people.import`   | how many were read, then what came of it |

A list that breaks off changes nobody's licence; that the check failed, and why, stands on each person (S1.39).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_scopes import scope, scopes_disabled

from tenants import outbox
from tenants.acting import SYSTEM, Actor
from tenants.errors import DomainError
from tenants.microsoft365 import deliver, directory, errors, http
from tenants.models import Connection, Domain, Job, Mailbox, Tenant
from tenants.services import audit, busy_times, connections, directory_copy
from tenants.services.directory_copy import Reading
from tenants.services.import_progress import Imported

#: After so many more people the progress is written down.
STEP = 250
_TEMPORARY = (errors.Unreachable, errors.Unavailable, errors.Throttled)
Tell = Callable[[str, int], None]


class NothingConnected(DomainError):
    """There is no directory to bring people in from."""

    code = "notConnected"
    status = 409
    detail = _("Connect Microsoft 365 first: people are brought in from its directory.")


def import_people(
    connection: Connection, *, now: datetime, actor: Actor, tell: Tell = lambda step, count: None,
    accept_leavers: bool = False,
) -> Imported:  # fmt: skip
    """Makes or brings up to date the mailbox of everybody under one of the organisation's verified domains.

    Rooms, guests and addresses that are something else here already are left alone; who is not in the directory any
    more is marked. `tell` hears how far it is; `accept_leavers`: an administrator knows that so many have left.
    Raises MicrosoftError where a list broke off; then nothing was changed but why the check failed.
    """
    tenant = connection.tenant
    try:
        reading, others = _read(http.GraphClient(connection), tell)
    except errors.MicrosoftError as error:
        directory_copy.mark_failed(str(error))
        raise
    tell("saving", len(reading.ours))
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
        plan = directory_copy.merge(tenant, reading, now=now, actor=actor, accept_leavers=accept_leavers)
        done = len(plan.new) + len(plan.known)
        imported = Imported(
            created=len(plan.new), updated=len(plan.known), skipped=others + len(reading.ours) - done,
            left=len(plan.gone), held=len(plan.held), failed=len(reading.failures),
            licensed=sum(bool(mailbox.has_bookings_plan) for mailbox in (*plan.new, *plan.known)),
        )  # fmt: skip
        audit.record(
            tenant=tenant, actor=actor, action="people.imported", target=connection, now=now, after=asdict(imported)
        )
    busy_times.pull_due(now)
    return imported


def _read(client: http.GraphClient, tell: Tell) -> tuple[Reading, int]:
    """Everything that the directory tells, and how many people are not ours: other domains, rooms."""
    domains = {name.lower() for name in Domain.objects.filter(verified_at__isnull=False).values_list("name", flat=True)}
    rooms = directory.room_addresses(client)
    everybody = list(_counted(directory.people(client), tell))
    listed = directory.bookings_users(client)
    with_address = [one for one in everybody if one.address]
    ours = [one for one in with_address if one.address.partition("@")[2] in domains and one.address not in rooms]
    calendars, failures = _calendars(client, ours, tell)
    present = frozenset(one.id for one in everybody)
    return Reading(present, ours, listed, calendars, failures), len(with_address) - len(ours)


def _counted(people: Iterator[directory.Person], tell: Tell) -> Iterator[directory.Person]:
    for number, person in enumerate(people, start=1):
        if number % STEP == 0:
            tell("people", number)
        yield person


def _calendars(
    client: http.GraphClient, people: list[directory.Person], tell: Tell
) -> tuple[dict[str, bool], dict[str, str]]:
    """Who has a calendar, and of whom that could not be learned and why; one who fails does not stop the others.

    A person without an Exchange plan is asked when they are new or had a calendar; nobody when Microsoft is away.
    """
    without = set(
        Mailbox.objects.filter(kind=Mailbox.Kind.USER, syncs_calendar=False, licence_error="")
        .exclude(directory_object_id="")
        .values_list("directory_object_id", flat=True)
    )
    calendars = {one.id: True for one in people if one.has_exchange_plan}
    asked = [one for one in people if not one.has_exchange_plan and one.is_enabled and one.id not in without]
    failures: dict[str, str] = {}
    away = ""
    for number, person in enumerate(asked):
        if number % STEP == 0:
            tell("calendars", number)
        if away:
            failures[person.id] = away
            continue
        try:
            calendars[person.id] = directory.has_calendar(client, person.id)
        except errors.SignInFailed:
            raise
        except errors.MicrosoftError as error:
            failures[person.id] = str(error)
            away = str(error) if isinstance(error, _TEMPORARY) else ""
    return calendars, failures


def ask_import(*, tenant: Tenant, now: datetime, actor: Actor, accept_leavers: bool = False) -> Job:
    """Wishes for an import now. `accept_leavers`: who was held back has left indeed. Raises NothingConnected."""
    connection = Connection.objects.filter(tenant=tenant, is_active=True).first()
    if connection is None:
        raise NothingConnected
    payload = {"acceptLeavers": accept_leavers, "by": actor.label}
    wish = outbox.Wish(kind="people.import", dedupe_key=f"people:{tenant.pk}", payload=payload)
    with transaction.atomic():
        audit.record(
            tenant=tenant, actor=actor, action="people.importAsked", target=connection, now=now,
            after={"acceptLeavers": accept_leavers},
        )  # fmt: skip
        return outbox.ensure(tenant=tenant, wish=wish, now=now)


def may_import(tenant: Tenant) -> bool:
    """Whether there is a directory to bring people in from."""
    return Connection.objects.filter(tenant=tenant, is_active=True).exists()


@outbox.handles("people.import")
def run_import(job: Job, now: datetime) -> None:
    """Brings people in because somebody asked for it."""
    with deliver.decided(job.tenant):
        client = http.client_for(job.tenant)
        _import(job, client.connection, now=now, accept=bool(job.payload.get("acceptLeavers")))


def _import(job: Job, connection: Connection, *, now: datetime, accept: bool = False) -> None:
    """Imports, leaving on the job how far it is. What failed for a while only is tried again."""

    def tell(step: str, count: int) -> None:
        job.payload = {**job.payload, "step": step, "count": count}
        Job.objects.filter(pk=job.pk).update(payload=job.payload)

    imported = import_people(connection, now=now, actor=SYSTEM, tell=tell, accept_leavers=accept)
    job.payload = {**job.payload, "step": "done", "imported": asdict(imported), "at": now.isoformat()}
    Job.objects.filter(pk=job.pk).update(payload=job.payload)


def keep_all(now: datetime) -> int:
    """Wishes that every connection in use that is not broken is tested and its people brought in. Returns how many."""
    with scopes_disabled():
        working = list(
            Connection.objects.filter(is_active=True).exclude(state=Connection.State.BROKEN).select_related("tenant")
        )
    for connection in working:
        with scope(tenant=connection.tenant):
            outbox.ensure(tenant=connection.tenant, wish=connections.keeping(connection), now=now)
    return len(working)


@outbox.handles("connection.keep")
def keep(job: Job, now: datetime) -> None:
    """Tests a connection and, when all is well, brings in its people. What is wrong stands on the connection."""
    connection = Connection.objects.select_related("tenant").filter(pk=job.payload["connection"]).first()
    if connection is None:
        return
    failed = [check for check in connections.test(connection, now=now) if check.is_needed and not check.ok]
    if any(check.is_temporary for check in failed):
        raise outbox.RetryLater(failed[0].message)
    if not failed:
        with deliver.decided(job.tenant):
            _import(job, connection, now=now)
