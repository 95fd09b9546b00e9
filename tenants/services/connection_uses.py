"""What else a connection is used for: sending mail, and signing in; and the end of a connection.

| when a connection is removed             | what becomes of it                                                  |
|------------------------------------------|---------------------------------------------------------------------|
| both secrets, consent, tests             | gone                                                                |
| what is to be written to Outlook         | waits, and goes on when the organisation is connected again         |
| busy times that were read                | gone: they would be wrong soon, and nobody could tell               |
| notifications                            | refused from now on; Microsoft gives them up within seven days      |
| mails from an own mailbox                | go through the site's mail server again                             |
| people, pages, bookings                  | stay                                                                |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants import outbox
from tenants.acting import Actor
from tenants.microsoft365 import credentials, deliver
from tenants.models import BusyPeriod, BusyRead, Connection, Domain, Job, Mailbox, Subscription, Tenant
from tenants.services import audit, connection_values, connections


@dataclass(frozen=True, slots=True)
class Losses:
    """What stops when a connection is removed."""

    calendars: int
    subscriptions: int
    waiting: int
    mail_from: str
    signs_in: bool


def losses(tenant: Tenant) -> Losses:
    """What an administrator is shown before removing the connection."""
    used = connections.active(tenant)
    waiting = Job.objects.filter(kind__startswith="outlook.").exclude(state=Job.State.DONE)
    return Losses(
        calendars=Mailbox.objects.filter(syncs_calendar=True, busy_read__read_at__isnull=False).count(),
        subscriptions=Subscription.objects.filter(state=Subscription.State.ACTIVE).count(),
        waiting=waiting.count(),
        mail_from=tenant.mail_from,
        signs_in=bool(used and used.signs_in),
    )


def remove(*, tenant: Tenant, now: datetime, actor: Actor) -> None:
    """Forgets the connection and its draft. What was to be written to Outlook waits for the next one."""
    with transaction.atomic():
        rows = list(Connection.objects.select_for_update().filter(tenant=tenant).order_by("-is_active"))
        if not rows:
            return
        before = connection_values.plain(rows[0]) | ({"mailFrom": tenant.mail_from} if tenant.mail_from else {})
        audit.record(
            tenant=tenant, actor=actor, action="connection.removed", target=rows[0], now=now,
            label=rows[0].directory_id, before=before,
        )  # fmt: skip
        for model in (Subscription, BusyPeriod, BusyRead, Connection):
            model.objects.filter(tenant=tenant).delete()
        if tenant.mail_from:
            tenant.mail_from = ""
            tenant.save(update_fields=["mail_from"])
            _let_mails_go(tenant, now)
    credentials.forget(tenant.pk)


def choose(*, connection: Connection, mail_from: str, now: datetime, actor: Actor) -> None:
    """Sets the mailbox that mails are sent from; empty: none. Who signs in is `sign_in_choice`, an owner's decision.

    The connection is tested again, because that may need a permission. Raises InvalidInput by field.
    """
    tenant, mail_from = connection.tenant, mail_from.strip().lower()
    domains = Domain.objects.filter(verified_at__isnull=False).values_list("name", flat=True)
    if mail_from and mail_from.partition("@")[2] not in {name.lower() for name in domains}:
        sentence = _("Choose a mailbox under one of your organisation's domains.")
        connection_values.refuse({"mail_from": [str(sentence)]})
    before, after = {"mailFrom": tenant.mail_from}, {"mailFrom": mail_from}
    if before == after:
        return
    with transaction.atomic():
        tenant.mail_from = mail_from
        tenant.save(update_fields=["mail_from"])
        audit.record(
            tenant=tenant, actor=actor, action="connection.usesChanged", target=connection, now=now,
            label=connection.directory_id, before=before, after=after,
        )  # fmt: skip
        _let_mails_go(tenant, now)
        connections.ask_test(connection, now=now, actor=actor)


def _let_mails_go(tenant: Tenant, now: datetime) -> None:
    """Mails that waited for the other way go on at once."""
    parked = Job.objects.filter(tenant=tenant, state=Job.State.PARKED, waits_for=deliver.CONNECTION)
    outbox.retry(parked.filter(kind__startswith="mail."), now=now)
