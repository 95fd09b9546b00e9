"""Tells administrators when the connection to Microsoft 365 breaks, and sees when it is mended.

| the connection in use          | the trail's last word on it | what happens                                         |
|--------------------------------|-----------------------------|------------------------------------------------------|
| is broken                      | not that it broke           | told by mail, once; `connection.broke` in the trail  |
| is broken                      | that it broke               | tested again each `RETEST`: it may be mended in Entra |
| works                          | that it broke               | what waited goes on; `connection.mended`             |
| is not tested yet              | whatever                    | nothing: its test is on the way                      |
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_scopes import scope, scopes_disabled

from tenants import outbox
from tenants.acting import SYSTEM
from tenants.letters import Action, Letter, Row
from tenants.microsoft365 import deliver
from tenants.models import AuditEvent, Connection, Job
from tenants.services import administrators, audit, connections
from tenants.services.health import BROKE, MENDED

#: How long a connection that is broken is left alone before it is tested again.
RETEST = timedelta(hours=1)
State = Connection.State


def watch(now: datetime) -> int:
    """Looks at every connection in use. Returns how many were found broken or mended since the last time."""
    said = AuditEvent.objects.filter(action__in=(BROKE, MENDED), target_id=OuterRef("pk")).order_by("-at", "-pk")
    with scopes_disabled():
        rows = Connection.objects.filter(is_active=True).annotate(said=Subquery(said.values("action")[:1]))
        changed = list(
            rows.filter(Q(state=State.BROKEN) | Q(state=State.CONNECTED, said=BROKE)).select_related("tenant")
        )
    found = 0
    for connection in changed:
        with scope(tenant=connection.tenant):
            if connection.state == State.CONNECTED:
                found += _mended(connection, now)
            elif connection.said != BROKE:
                found += _broke(connection, now)
            else:
                _test_again(connection, now)
    return found


def _broke(connection: Connection, now: datetime) -> int:
    with transaction.atomic():
        if not Connection.objects.select_for_update().filter(pk=connection.pk, state=State.BROKEN).exists():
            return 0
        event = audit.record(
            tenant=connection.tenant, actor=SYSTEM, action=BROKE, target=connection, now=now,
            label=connection.directory_id, after={"error": connection.last_error},
        )  # fmt: skip
        administrators.tell(
            tenant=connection.tenant, template="connectionBroken", key=str(event.pk), now=now,
            letter=lambda _user: letter_for(connection),
        )  # fmt: skip
    return 1


def _mended(connection: Connection, now: datetime) -> int:
    with transaction.atomic():
        resumed = outbox.resume(tenant=connection.tenant, waits_for=deliver.CONNECTION, now=now)
        audit.record(
            tenant=connection.tenant, actor=SYSTEM, action=MENDED, target=connection, now=now,
            label=connection.directory_id, after={"jobs": resumed},
        )  # fmt: skip
    return 1


def _test_again(connection: Connection, now: datetime) -> None:
    tried = [at for at in (connection.tested_at, connection.test_asked_at) if at]
    if not tried or max(tried) <= now - RETEST:
        connections.ask_test(connection, now=now, actor=SYSTEM)


def letter_for(connection: Connection) -> Letter:
    """The mail, in the active language."""
    waiting = Job.objects.filter(state=Job.State.PARKED, waits_for=deliver.CONNECTION).count()
    rows = [Row(_("What Microsoft says"), connection.last_error)]
    if connection.remedy:
        rows.append(Row(_("What to do"), _(connection.remedy), strong=True))
    if waiting:
        jobs = ngettext("%(count)d job", "%(count)d jobs", waiting) % {"count": waiting}
        rows.append(Row(_("What waits"), jobs))
    return Letter(
        subject=_("The connection to Microsoft 365 is broken"),
        heading=_("The connection to Microsoft 365 is broken"),
        sender=connection.tenant.name,
        paragraphs=[
            _("Bookings go on, but they do not reach Outlook, and what is busy there is no longer read."),
            _("Nothing is lost: what cannot be done now waits, and goes on by itself when the connection works again."),
        ],
        rows=rows,
        action=Action(_("Mend the connection"), f"{settings.SITE_URL}/organisation/connection/"),
        footer=administrators.footer(connection.tenant),
    )
