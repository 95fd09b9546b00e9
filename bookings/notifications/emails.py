"""Sends the mails about bookings and pages: the outbox's `mail.booking` and `mail.pageCreated`.

A mail is written from the booking as it is when its job runs, and stored before it goes; a repeated run finds it
stored. A job whose sequence is older than the booking's has been overtaken: the newer mail says everything.

| joinLink finds the first mail of its sequence …      | and then                                       |
|------------------------------------------------------|------------------------------------------------|
| written without the link                             | sends the link                                 |
| written with it                                      | nothing: the reader has it                     |
| being written this moment                            | looks again a little later                     |
| not written yet                                      | nothing: that mail will carry the link         |
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import translation

from bookings.models import Booking, BookingPage
from bookings.notifications import ics, wording
from bookings.notifications.ics import Reader
from bookings.notifications.wording import Template
from bookings.services import follow_up
from tenants import letters, mail, outbox
from tenants.fields import UNREADABLE
from tenants.models import Job, Message, User

#: How long joinLink waits for a mail that is being written.
_MOMENT = timedelta(seconds=10)


@outbox.handles("mail.booking")
def send_booking_mail(job: Job, now: datetime) -> None:
    """Tells one reader about a booking, unless a newer change did. Raises `RetryLater` and `Park`."""
    template: Template = job.payload["template"]
    reader: Reader = job.payload["reader"]
    booking = _booking(job.payload["booking"])
    if booking is None or booking.sequence != job.payload["sequence"]:
        return
    if template == "joinLink" and not _still_needs_link(booking, reader):
        return
    mail.deliver(_store(booking, template, reader, job.dedupe_key, now), now)


@outbox.handles("mail.pageCreated")
def send_page_created(job: Job, now: datetime) -> None:
    """Tells the creator of a page what was made (S0.11). Raises `RetryLater` and `Park`."""
    page = BookingPage.objects.select_related("tenant", "mailbox").filter(pk=job.payload["page"]).first()
    creator = User.objects.filter(pk=job.payload["creator"]).first()
    if page is None or creator is None:
        return
    with translation.override(creator.language):
        letter = wording.page_letter(page, creator=creator.get_full_name())
        text, html = letters.render(letter, tenant=page.tenant)
    message = mail.store(
        tenant=page.tenant, dedupe_key=job.dedupe_key, template="pageCreated", to=creator.email, to_name=creator.name,
        subject=letter.subject, text=text, html=html, about_id=page.pk,
    )  # fmt: skip
    mail.deliver(message, now)


def _booking(pk: str) -> Booking | None:
    related = ("tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox")
    return Booking.objects.select_related(*related).filter(pk=pk).first()


def _still_needs_link(booking: Booking, reader: Reader) -> bool:
    """Whether the mail of this sequence went without the join link. Raises RetryLater while that cannot be told."""
    keys = [follow_up.mail_key(booking, template, reader) for template in ("confirmed", "rescheduled")]
    if not booking.join_url:
        return False
    # In this order: a job that is not running now, and has written nothing, will read the booking with its link.
    running = Job.objects.filter(dedupe_key__in=keys, state=Job.State.RUNNING).exists()
    first = Message.objects.filter(dedupe_key__in=keys).first()
    if first is None and running:
        raise outbox.RetryLater("The first mail is being written.", after=_MOMENT)
    return first is not None and booking.join_url not in first.text


def _store(booking: Booking, template: Template, reader: Reader, key: str, now: datetime) -> Message:
    if booking.manage_token == UNREADABLE:
        raise mail.unreadable("The link that changes the booking cannot be decrypted.")
    member, method = booking.staff_member, ics.method_for(booking, reader)
    with translation.override(wording.language_of(booking, reader)):
        letter = wording.booking_letter(booking, template=template, reader=reader)
        text, html = letters.render(letter, tenant=booking.tenant)
        calendar = ics.calendar_file(booking, reader=reader, method=method, now=now) if method else ""
    customer = (booking.customer_email, booking.customer_name)
    staff = (member.email, member.display_name)
    to, other = (customer, staff) if reader == "customer" else (staff, customer)
    return mail.store(
        tenant=booking.tenant, dedupe_key=key, template=template, to=to[0], to_name=to[1], reply_to=other[0],
        from_name=booking.page.display_name, subject=letter.subject, text=text, html=html, calendar=calendar,
        calendar_method=method, about_id=booking.pk,
    )  # fmt: skip
