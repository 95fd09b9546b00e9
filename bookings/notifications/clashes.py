"""Tells a host that a booking made while Outlook could not be read clashes with Outlook: the outbox's `mail.clash`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bookings.models import Booking
from bookings.notifications import own_words, readers, rows, when, wording
from bookings.notifications.readers import Reader
from bookings.services import rechecks
from tenants import letters, mail, outbox
from tenants.letters import Action, Letter, Row
from tenants.models import BusyPeriod, Job


@outbox.handles(rechecks.MAIL)
def send(job: Job, now: datetime) -> None:
    """Names what is in the way. Nothing goes where it was decided, or is gone, meanwhile. Raises RetryLater, Park."""
    related = ("tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox", "session")
    found = Booking.objects.select_related(*related).filter(
        pk=job.payload["booking"], sequence=job.payload["sequence"], recheck=Booking.Recheck.CLASH, ends_at__gt=now
    )  # fmt: skip
    booking = found.exclude(status__in=Booking.GONE).first()
    reader = readers.of(booking, "staff", job.payload["host"]) if booking else None
    if booking is None or reader is None or reader.member is None:
        return
    events = rechecks.events(booking, [reader.member])
    if not events:
        return
    with translation.override(reader.language):
        letter = own_words.dress(
            letter_for(booking, reader, events), tenant=booking.tenant, template="clash", reader="staff",
            language=reader.language, facts=wording.facts(booking, reader),
        )  # fmt: skip
        text, html = letters.render(letter, tenant=booking.tenant, accent=booking.page.accent)
    message = mail.store(
        tenant=booking.tenant, dedupe_key=job.dedupe_key, template="clash", to=reader.email, to_name=reader.name,
        from_name=booking.page.display_name, reply_to=booking.customer_email, subject=letter.subject, text=text,
        html=html, about_id=booking.pk,
    )  # fmt: skip
    mail.deliver(message, now)


def letter_for(booking: Booking, reader: Reader, events: Sequence[BusyPeriod]) -> Letter:
    """The mail to one host, in the active language; times on the host's clock."""
    names = wording.facts(booking, reader)
    local = when.period(booking.starts_at, booking.ends_at, reader.time_zone)
    page = f"{settings.SITE_URL}/staff/bookings/{booking.pk}/"
    return Letter(
        subject=_("Clash with Outlook: %(title)s, %(when)s") % names,
        heading=_("A booking clashes with Outlook"),
        sender=booking.page.display_name,
        preview=str(local),
        paragraphs=[
            _("%(customer)s has booked this meeting while your Outlook calendar could not be read. Now there is "
              "something else in your calendar at that time.") % names,
            _("Please move the booking, cancel it, or keep it as it is. The customer has not been told."),
        ],
        rows=[
            Row(pgettext("row of a mail", "What"), booking.title, strong=True),
            Row(pgettext("row of a mail", "When"), local.text, local.zone, strong=True),
            *(_event(event, reader, first=number == 0) for number, event in enumerate(events)),
            *rows.customer(booking),
        ],
        action=Action(_("Move the booking"), f"{page}move/"),
        second=Action(_("Keep or cancel it"), page),
        footer=_("You get this mail because you take bookings on this page."),
    )  # fmt: skip


def _event(event: BusyPeriod, reader: Reader, *, first: bool) -> Row:
    """What stands in the reader's own calendar."""
    local = when.period(event.starts_at, event.ends_at, reader.time_zone)
    title = _("Private appointment") if event.is_private else event.title
    return Row(_("In Outlook") if first else "", title or str(event.get_show_as_display()), local.text)
