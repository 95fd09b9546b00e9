"""Tells people, once a day, that calendars cannot be read: the outbox's `mail.calendarsUnread`."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.services import calendar_watch
from tenants import letters, mail, outbox
from tenants.letters import Action, Letter, Row
from tenants.models import BusyRead, Job, Mailbox, User


@outbox.handles(calendar_watch.KIND)
def send(job: Job, now: datetime) -> None:
    """Names the calendars that are still late; where all were read meanwhile, nothing goes. Raises RetryLater, Park."""
    user = User.objects.filter(pk=job.payload["user"], is_active=True).first()
    rows = calendar_watch.late(now, Mailbox.objects.filter(pk__in=job.payload["mailboxes"]))
    if user is None or not rows:
        return
    with translation.override(user.language):
        letter = letter_for(user, rows, organisation=job.tenant.name)
        text, html = letters.render(letter, tenant=job.tenant)
    message = mail.store(
        tenant=job.tenant, dedupe_key=job.dedupe_key, template="calendarsUnread", to=user.email,
        to_name=user.get_full_name(), subject=letter.subject, text=text, html=html,
    )  # fmt: skip
    mail.deliver(message, now)


def letter_for(user: User, rows: Sequence[BusyRead], *, organisation: str) -> Letter:
    """The mail to one reader, in the active language; times in the reader's zone."""
    names = ", ".join(row.mailbox.display_name for row in rows)
    return Letter(
        subject=ngettext("Outlook calendar not read: %(names)s", "Outlook calendars not read: %(names)s", len(rows))
        % {"names": names},
        heading=ngettext("A calendar cannot be read", "Calendars cannot be read", len(rows)),
        sender=organisation,
        paragraphs=[
            _("Booking pages show the free times that were read last. New meetings in Outlook do not block them yet."),
            _("Usually this mends itself. If it lasts, an administrator finds the cause on the overview."),
        ],
        rows=[Row(label=row.mailbox.display_name, value=_since(row, user)) for row in rows],
        action=Action(_("Open the overview"), f"{settings.SITE_URL}/staff/"),
        footer=_("You get this once a day while it lasts, because the calendar is yours or you look after its page."),
    )


def _since(row: BusyRead, user: User) -> str:
    if row.read_at is None:
        return _("never read")
    at = row.read_at.astimezone(zoneinfo.ZoneInfo(user.time_zone))
    when = f"{date_format(at, _('j F Y, H:i'))} ({user.time_zone})"
    return _("last read %(when)s") % {"when": when}
