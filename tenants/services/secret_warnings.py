"""Warnings before a client secret ends, so that a new one is entered beside it in time (S3.4).

| days left             | what administrators get                                                   |
|-----------------------|---------------------------------------------------------------------------|
| 60, 30, 14, 7, 1      | one mail each; a stage that was missed is not made up for, the next counts |
| from 60 on            | a line above every page of theirs (`health.banner`)                        |
| another ends later    | nothing: it covers this one, and goes on when this one ends                |
| the day has passed    | nothing more from here: the connection breaks, and that is told            |

Each mail leaves a row in the audit trail, which is also how it is known to have gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_scopes import scope, scopes_disabled

from tenants.acting import SYSTEM
from tenants.letters import Action, Letter, Row
from tenants.models import AuditEvent, Connection
from tenants.services import administrators, audit

#: Days before the end at which a mail goes.
STAGES = (60, 30, 14, 7, 1)
WARNED = "connection.secretWarned"


@dataclass(frozen=True, slots=True)
class Secret:
    """One of the two secrets, as an administrator sees it: never its value."""

    #: Its place among `Connection.SLOTS`, from 1.
    slot: int
    ends_on: date
    days_left: int
    #: Another secret ends later.
    is_covered: bool

    @property
    def is_ended(self) -> bool:
        """Whether Microsoft refuses it by now."""
        return self.days_left < 0

    @property
    def stage(self) -> int | None:
        """Which warning it has come to; None: none yet, none any more, or none needed."""
        if self.is_covered or self.is_ended:
            return None
        return min((days for days in STAGES if self.days_left <= days), default=None)


def of(connection: Connection, *, today: date) -> list[Secret]:
    """The secrets that are kept, by their place."""
    last = connection.ends_on
    kept = [
        (slot, getattr(connection, expires))
        for slot, (value, expires, _saved) in enumerate(Connection.SLOTS, start=1)
        if getattr(connection, value)
    ]
    return [
        Secret(slot, ends_on, (ends_on - today).days, is_covered=bool(last and ends_on < last))
        for slot, ends_on in kept if ends_on
    ]  # fmt: skip


def warn(now: datetime) -> int:
    """Warns of every secret that has come to its next stage, in all organisations. Returns of how many."""
    soon = now.date() + timedelta(days=STAGES[0])
    with scopes_disabled():
        ending = Q(secret_expires_on__lte=soon) | Q(second_secret_expires_on__lte=soon)
        connections = list(Connection.objects.filter(ending, is_active=True).select_related("tenant"))
    warned = 0
    for connection in connections:
        with scope(tenant=connection.tenant):
            warned += _warn(connection, now)
    return warned


def _warn(connection: Connection, now: datetime) -> int:
    """Warns once of the secret that ends last; 0 where it was done, or is not yet time."""
    with transaction.atomic():
        # Locked, so that a secret which comes in at this moment is seen.
        current = Connection.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=connection.pk)
        due = next((secret for secret in of(current, today=now.date()) if secret.stage), None)
        if due is None or _is_told(current, due):
            return 0
        audit.record(
            tenant=current.tenant, actor=SYSTEM, action=WARNED, target=current, now=now, label=current.directory_id,
            after=_facts(due),
        )  # fmt: skip
        administrators.tell(
            tenant=current.tenant, template="secretExpires", key=f"{current.pk}:{due.ends_on}:{due.stage}", now=now,
            letter=lambda _user: letter_for(current, due),
        )  # fmt: skip
    return 1


def _is_told(connection: Connection, secret: Secret) -> bool:
    told = AuditEvent.objects.filter(action=WARNED, target_id=connection.pk).values_list("after", flat=True)
    return any(after == _facts(secret) for after in told)


def _facts(secret: Secret) -> dict[str, object]:
    return {"slot": secret.slot, "endsOn": secret.ends_on.isoformat(), "stage": secret.stage}


def letter_for(connection: Connection, secret: Secret) -> Letter:
    """The mail, in the active language."""
    days = max(secret.days_left, 0)
    subject = ngettext(
        "The Microsoft 365 secret ends in %(days)d day", "The Microsoft 365 secret ends in %(days)d days", days
    ) % {"days": days}
    if not days:
        subject = _("The Microsoft 365 secret ends today")
    return Letter(
        subject=subject,
        heading=subject,
        sender=connection.tenant.name,
        paragraphs=[
            _("After that day bookings no longer reach Outlook, and what is busy there is no longer read. What cannot "
              "be done then waits, and goes on when a new secret is entered."),
            _("Make a second secret in Microsoft Entra (App registrations, Certificates & secrets) and enter it beside "
              "the present one. Both work until the old one ends, so nothing stops in between."),
        ],
        rows=[
            Row(_("Last day"), date_format(secret.ends_on, _("j F Y")), strong=True),
            Row(_("App registration"), connection.app_name or connection.client_id),
        ],
        action=Action(_("Enter a new secret"), f"{settings.SITE_URL}/organisation/connection/"),
        footer=administrators.footer(connection.tenant),
    )  # fmt: skip
