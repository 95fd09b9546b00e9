"""Once a month administrators read what was booked, and whether anything needs them.

Sent in the organisation's morning of the first day or, where nothing ran then, as soon as it does; once for each month,
of which the audit trail keeps the record. An organisation that is younger than the month, or has switched the summary
off, gets none.
"""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_scopes import scope, scopes_disabled

from bookings.models import Booking
from bookings.services import reports
from bookings.services.reports import Line
from tenants.acting import SYSTEM
from tenants.letters import Action, Letter, Row
from tenants.models import AuditEvent, Tenant
from tenants.services import administrators, audit, health
from tenants.services.health import Health

SENT = "summary.sent"
#: Not before this hour of the organisation's day.
MORNING = 7


def send_due(now: datetime) -> int:
    """Sends what is due in all organisations. Returns how many."""
    with scopes_disabled():
        tenants = list(Tenant.objects.filter(monthly_summary=True))
    sent = 0
    for tenant in tenants:
        local = now.astimezone(zoneinfo.ZoneInfo(tenant.time_zone))
        if local.hour >= MORNING or local.day > 1:
            with scope(tenant=tenant):
                sent += _send(tenant, local.date().replace(day=1) - timedelta(days=1), now)
    return sent


def _send(tenant: Tenant, last_date: date, now: datetime) -> int:
    """Sends the summary of the month that ended on `last_date`; 0 where it went, or is not due."""
    zone = zoneinfo.ZoneInfo(tenant.time_zone)
    month = f"{last_date:%Y-%m}"
    if tenant.created_at.astimezone(zone).date() > last_date:
        return 0
    with transaction.atomic():
        locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
        if AuditEvent.objects.filter(action=SENT, target_id=tenant.pk, reason=month).exists():
            return 0
        first_date = last_date.replace(day=1)
        total = reports.report(Booking.objects.all(), first_date=first_date, last_date=last_date, zone=zone).total
        audit.record(tenant=locked, actor=SYSTEM, action=SENT, target=locked, now=now, reason=month)
        administrators.tell(
            tenant=locked, template="monthlySummary", key=month, now=now,
            letter=lambda _user: letter_for(locked, last_date, total, health.of(locked, now)),
        )  # fmt: skip
    return 1


def letter_for(tenant: Tenant, last_date: date, total: Line, found: Health) -> Letter:
    """The mail, in the active language."""
    month = date_format(last_date, _("F Y"))
    count = len(found.problems)
    state = (
        ngettext("%(count)d thing needs you:", "%(count)d things need you:", count) % {"count": count}
        if count
        else _("Everything works, and nothing needs you.")
    )
    return Letter(
        subject=_("%(name)s in %(month)s") % {"name": tenant.name, "month": month},
        heading=month,
        sender=tenant.name,
        paragraphs=[state, *(_sentence(problem.title, problem.remedy) for problem in found.problems)],
        rows=[
            Row(_("Bookings"), str(total.total), strong=True),
            Row(_("Cancelled"), str(total.gone), detail=f"{total.gone_rate} %"),
            Row(_("Did not come"), str(total.no_shows), detail=f"{total.no_show_rate} %"),
            Row(_("Microsoft 365"), _connection(found)),
            *([Row(_("Secret ends"), _secret(found))] if found.secrets else []),
            Row(_("Calendars read"), _calendars(found)),
        ],
        action=Action(_("Open the overview"), f"{settings.SITE_URL}/organisation/"),
        second=Action(_("See the reports"), f"{settings.SITE_URL}/staff/reports/"),
        notes=[_("An administrator can switch this summary off on the health page.")],
        footer=administrators.footer(tenant),
    )


def _sentence(title: str, remedy: str) -> str:
    return f"– {title}. {remedy}".strip()


def _connection(found: Health) -> str:
    return str(found.connection.get_state_display()) if found.connection else _("Not connected")


def _secret(found: Health) -> str:
    last = max(found.secrets, key=lambda secret: secret.ends_on)
    left = ngettext("%(days)d day left", "%(days)d days left", last.days_left) % {"days": last.days_left}
    return f"{date_format(last.ends_on, _('j F Y'))} ({left})"


def _calendars(found: Health) -> str:
    return _("%(good)d of %(kept)d") % {"good": found.calendars.good, "kept": found.calendars.kept}
