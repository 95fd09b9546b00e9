"""Sends the mails about bookings and pages: the outbox's `mail.booking`, `mail.reminder` and `mail.pageCreated`.

A mail is written from the booking as it is when its job runs, and stored before it goes; a repeated run finds it
stored. A job whose sequence is older than the booking's has been overtaken, and so has one whose news the booking's
status no longer bears out: the newer mail says everything.

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

from bookings.models import Booking, BookingPage, Reminder
from bookings.notifications import ics, own_words, readers, wording
from bookings.notifications.openings import Template
from bookings.notifications.readers import Reader
from bookings.services import follow_up, reminders, time_offers, wishes
from tenants import letters, mail, outbox
from tenants.fields import UNREADABLE
from tenants.models import Job, Message, User

#: How long joinLink waits for a mail that is being written.
_MOMENT = timedelta(seconds=10)
_Status = Booking.Status
#: What a booking must be for each mail to be true. Those without a line go whatever it is.
_TRUE_WHILE: dict[str, tuple[str, ...]] = {
    "confirmed": (_Status.CONFIRMED, _Status.COMPLETED, _Status.NO_SHOW),
    "requested": (_Status.PENDING,),
    "rescheduled": (_Status.CONFIRMED, _Status.PENDING, _Status.COMPLETED, _Status.NO_SHOW),
    "reassigned": (_Status.CONFIRMED, _Status.PENDING, _Status.COMPLETED, _Status.NO_SHOW),
    "joinLink": (_Status.CONFIRMED,),
    "cancelled": (_Status.CANCELLED,),
    "declined": (_Status.DECLINED,),
    "expired": (_Status.EXPIRED,),
}


@outbox.handles("mail.booking")
def send_booking_mail(job: Job, now: datetime) -> None:
    """Tells one reader about a booking, unless a newer change did. Raises `RetryLater` and `Park`."""
    template: Template = job.payload["template"]
    booking = _booking(job.payload["booking"])
    if booking is None or booking.sequence != job.payload["sequence"]:
        return
    reader = readers.of(booking, job.payload["reader"], job.payload.get("who", ""))
    if reader is None or booking.status not in _TRUE_WHILE[template] or not _concerns(booking, template, reader):
        return
    if template == "joinLink" and not _still_needs_link(booking, reader, job):
        return
    context = _context(booking, template, reader, job.payload.get("before", ""), now)
    mail.deliver(_store(booking, template, reader, context, job.dedupe_key, now), now)


@outbox.handles("mail.reminder")
def send_reminder(job: Job, now: datetime) -> None:
    """Reminds one reader, or follows up, if that still makes sense. Raises `RetryLater` and `Park`.

    Nobody hears of a page in the trash.
    """
    booking = _booking(job.payload["booking"])
    reminder = Reminder.objects.filter(pk=job.payload["reminder"]).first()
    if booking is None or reminder is None or booking.page.deleted_at is not None:
        return
    if not reminders.is_wanted(reminder, booking, sequence=job.payload["sequence"], now=now):
        return
    reader = readers.of(booking, job.payload["reader"], job.payload.get("who", ""))
    if reader is None:
        return
    template: Template = "reminder" if reminder.when == Reminder.When.BEFORE else "followUp"
    text = own_words.fill(reminder.text, wording.facts(booking, reader))
    context = wording.Context(text=text, method="")
    mail.deliver(_store(booking, template, reader, context, job.dedupe_key, now), now)


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
    related = ("tenant", "page__mailbox", "page__tenant", "service", "staff_member__mailbox", "session")
    return Booking.objects.select_related(*related).filter(pk=pk).first()


def _concerns(booking: Booking, template: Template, reader: Reader) -> bool:
    """Whether this reader has heard of the booking before, where the mail would make no sense otherwise."""
    if reader.kind != "guest" or template in ("confirmed", "rescheduled", "reassigned", "joinLink"):
        return True
    return ics.was_confirmed(booking)


def _context(booking: Booking, template: Template, reader: Reader, before: str, now: datetime) -> wording.Context:
    instead = []
    if reader.is_customer and booking.is_cancelled:
        offers = time_offers.for_gone(booking, now)
        instead = [offer for offer in offers if offer.used_at is None and offer.expires_at > now]
        if any(offer.token == UNREADABLE for offer in instead):
            raise mail.unreadable("The links to other times cannot be decrypted.")
    method = ics.method_for(booking, reader.kind, member=reader.member)
    return wording.Context(before=before, instead=instead, method=method)


def _still_needs_link(booking: Booking, reader: Reader, job: Job) -> bool:
    """Whether the mail of this sequence went without the join link. Raises RetryLater while that cannot be told."""
    address = wishes.Address(reader.kind, job.payload.get("who", ""))
    keys = [wishes.mail_key(booking, template, address) for template in follow_up.WITH_LINK]
    if not booking.join_url:
        return False
    # In this order: a job that is not running now, and has written nothing, will read the booking with its link.
    running = Job.objects.filter(dedupe_key__in=keys, state=Job.State.RUNNING).exists()
    first = Message.objects.filter(dedupe_key__in=keys).first()
    if first is None and running:
        raise outbox.RetryLater("The first mail is being written.", after=_MOMENT)
    return first is not None and booking.join_url not in first.text


def _store(
    booking: Booking, template: Template, reader: Reader, context: wording.Context, key: str, now: datetime
) -> Message:
    """The mail of this key, written in the reader's language."""
    if booking.manage_token == UNREADABLE:
        raise mail.unreadable("The link that changes the booking cannot be decrypted.")
    method: ics.Method = context.method or ""
    with translation.override(reader.language):
        letter = own_words.dress(
            wording.booking_letter(booking, template=template, reader=reader, context=context),
            tenant=booking.tenant, template=template, reader=reader.kind, language=reader.language,
            facts=wording.facts(booking, reader, context),
        )  # fmt: skip
        text, html = letters.render(letter, tenant=booking.tenant, accent=booking.page.accent)
        calendar = ics.calendar_file(
            booking, reader=reader.kind, method=method, now=now, member=reader.member,
            guest=reader.email if reader.kind == "guest" else "",
        ) if method else ""  # fmt: skip
    host = booking.page.email if booking.is_in_turn else booking.staff_member.email
    host = booking.page.public_email if booking.page.hides_staff else host
    return mail.store(
        tenant=booking.tenant, dedupe_key=key, template=template, to=reader.email, to_name=reader.name,
        reply_to=host if reader.comes else booking.customer_email, from_name=booking.page.display_name,
        subject=letter.subject, text=text, html=html, calendar=calendar, calendar_method=method, about_id=booking.pk,
    )  # fmt: skip
