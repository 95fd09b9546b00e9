"""The people of a connected organisation: their mailboxes are brought in, and kept up to date every day."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django_scopes import scope, scopes_disabled

from tenants import outbox
from tenants.acting import SYSTEM, Actor
from tenants.microsoft365 import deliver, directory, http
from tenants.models import BOOKINGS_CAPABILITY, Connection, Domain, Job, Mailbox, Tenant
from tenants.services import audit, busy_times, connections


@dataclass(frozen=True, slots=True)
class Imported:
    """How many mailboxes an import made, brought up to date, and left alone."""

    created: int
    updated: int
    skipped: int


def import_people(connection: Connection, *, now: datetime, actor: Actor) -> Imported:
    """Makes or brings up to date the mailbox of everybody under one of the organisation's verified domains.

    Rooms, guests, disabled accounts and addresses that are something else here already are left alone. Mailboxes with
    a calendar are kept in step from now on. Raises MicrosoftError; then nothing was changed.
    """
    tenant = connection.tenant
    client = http.GraphClient(connection)
    domains = set(Domain.objects.filter(verified_at__isnull=False).values_list("name", flat=True))
    rooms = directory.room_addresses(client)
    everybody = list(directory.people(client))
    ours = [
        one for one in everybody
        if one.address.partition("@")[2] in {name.lower() for name in domains} and one.address not in rooms
    ]  # fmt: skip
    calendars = {one.id: one.has_exchange_plan or directory.has_calendar(client, one.id) for one in ours}
    with transaction.atomic():
        made = [_bring_in(tenant, person, has_calendar=calendars[person.id]) for person in ours]
        imported = Imported(made.count(True), made.count(False), len(everybody) - len(made) + made.count(None))
        audit.record(
            tenant=tenant, actor=actor, action="people.imported", target=connection, now=now,
            after={"created": imported.created, "updated": imported.updated, "skipped": imported.skipped},
        )  # fmt: skip
    busy_times.pull_due(now)
    return imported


def _bring_in(tenant: Tenant, person: directory.Person, *, has_calendar: bool) -> bool | None:
    """True: a new mailbox; False: a known one; None: the address is a room's or a page's."""
    known = Mailbox.objects.filter(directory_object_id=person.id).first()
    known = known or Mailbox.objects.filter(address__iexact=person.address).first()
    if known is not None and known.kind != Mailbox.Kind.USER:
        return None
    mailbox = known or Mailbox(tenant=tenant, kind=Mailbox.Kind.USER, time_zone=tenant.time_zone)
    mailbox.address, mailbox.display_name = person.address, person.display_name
    mailbox.directory_object_id = person.id
    mailbox.capabilities = _capabilities(mailbox.capabilities, person)
    mailbox.syncs_calendar = has_calendar
    if person.exchange_guid:
        mailbox.exchange_guid = uuid.UUID(person.exchange_guid)
    mailbox.save()
    return known is None


def _capabilities(known: list[str], person: directory.Person) -> list[str]:
    """As Exchange tells them; where it does not, the Bookings capability follows the service plan (S1.10, S4.19)."""
    if person.capabilities is not None:
        return person.capabilities
    others = [name for name in known if name != BOOKINGS_CAPABILITY]
    return [*others, BOOKINGS_CAPABILITY] if person.has_bookings_plan else others


def keep_all(now: datetime) -> int:
    """Wishes that every connection that is not broken is tested and its people brought in. Returns how many."""
    with scopes_disabled():
        working = list(Connection.objects.exclude(state=Connection.State.BROKEN).select_related("tenant"))
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
    failed = [check for check in connections.test(connection, now=now) if not check.ok]
    if any(check.is_temporary for check in failed):
        raise outbox.RetryLater(failed[0].message)
    if not failed:
        with deliver.decided(job.tenant):
            import_people(connection, now=now, actor=SYSTEM)
