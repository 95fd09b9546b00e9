"""The Microsoft 365 connection of an organisation: saved, tested, and used to bring in its people."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants import outbox
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.microsoft365 import credentials, deliver, directory, http, permissions
from tenants.models import BOOKINGS_CAPABILITY, Connection, Domain, Mailbox, Tenant
from tenants.services import audit, busy_times

#: Entra's longest life of a client secret (Entra: how-to-add-credentials).
LONGEST_SECRET = relativedelta(years=2)
HOST_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many mailboxes an import made, brought up to date, and left alone."""

    created: int
    updated: int
    skipped: int


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
    credentials.forget(tenant.pk)
    return connection


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
