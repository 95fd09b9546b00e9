"""What a restored booking calendar needs after its time in the trash: the outbox's `calendar.revive`.

| while it lay there                           | after it was restored                                  |
|----------------------------------------------|--------------------------------------------------------|
| somebody removed an event of it in Outlook   | it is put back; one that stayed is not doubled         |
| its people's Outlook calendars were not read | they are read at once                                  |
| a reminder's time came                       | it does not come any more; those ahead come as planned |
| a question's time to answer ran out          | it is looked at again, not before `GRACE` is over      |
| the days of a waiting customer, or the time  | it ends                                                |
| of an offer, were over                       |                                                        |

No mail is sent again. It runs in the worker, `BATCH` bookings at a time; a run that dies is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from bookings.models import Approval, Booking, BookingPage, GroupSession, TimeOffer, WaitingEntry
from bookings.services import approvals, reminders, time_offers, turns, waiting, wishes
from tenants import outbox
from tenants.models import Job, Mailbox
from tenants.outbox import Wish
from tenants.services import busy_times

BATCH = 200
#: How long people who were asked have at least, when the calendar is back.
GRACE = timedelta(hours=1)


def wish(page: BookingPage, *, since: datetime, at: datetime, after: str = "") -> Wish:
    """Has the worker look after a page that was restored at `at`, having lain in the trash `since`."""
    key = f"revive:{page.pk}:{at.timestamp()}{f':{after}' if after else ''}"
    payload = {"page": str(page.pk), "since": since.isoformat(), "at": at.isoformat(), "after": after}
    return Wish(kind="calendar.revive", dedupe_key=key, payload=payload)


@outbox.handles("calendar.revive")
def revive(job: Job, now: datetime) -> None:
    """First all that is not a booking's, then the bookings to come, a batch in each job."""
    page = BookingPage.objects.select_related("tenant").filter(pk=job.payload["page"]).first()
    if page is None:  # deleted again
        return
    since, at, after = (job.payload[name] for name in ("since", "at", "after"))
    occasion = f"restored:{int(datetime.fromisoformat(at).timestamp())}"
    with transaction.atomic():
        if not after:
            _wake(page, datetime.fromisoformat(since), now)
            _push_sessions(page, occasion, now)
        last = _push_bookings(page, occasion, after, now)
        if last:
            following = wish(
                page, since=datetime.fromisoformat(since), at=datetime.fromisoformat(at), after=last
            )  # fmt: skip
            outbox.ensure(tenant=page.tenant, wish=following, now=now)


def _push_bookings(page: BookingPage, occasion: str, after: str, now: datetime) -> str:
    """Has the events of one batch looked for; where the next one begins, empty after the last."""
    rows = Booking.objects.filter(page=page, ends_at__gt=now, session=None, status=Booking.Status.CONFIRMED)
    if after:
        rows = rows.filter(pk__gt=after)
    rows = rows.select_related("tenant", "service", "staff_member__mailbox").prefetch_related("colleagues__mailbox")
    batch = list(rows.order_by("pk")[:BATCH])
    for booking in batch:
        _ensure(page, wishes.pushes(booking, rematch=occasion), now)
    return str(batch[-1].pk) if len(batch) == BATCH else ""


def _push_sessions(page: BookingPage, occasion: str, now: datetime) -> None:
    rows = GroupSession.objects.filter(service__page=page, ended_at=None, ends_at__gt=now)
    for session in rows.select_related("tenant", "staff_member__mailbox"):
        _ensure(page, wishes.session_push(session, rematch=occasion), now)


def _wake(page: BookingPage, since: datetime, now: datetime) -> None:
    """Everything whose time may have come in the trash."""
    for mailbox in Mailbox.objects.filter(
        staff_memberships__page=page, staff_memberships__removed_at=None, syncs_calendar=True
    ).select_related("tenant").distinct():  # fmt: skip
        busy_times.request_pull(mailbox, now=now)
    for service in page.services.filter(archived_at=None, reminders__isnull=False).select_related("tenant").distinct():
        reminders.walk(service, now=now)
    _ask_on(page, since, now)
    for entry in WaitingEntry.objects.filter(service__page=page, state__in=waiting.OPEN).select_related("tenant"):
        outbox.ensure(tenant=page.tenant, wish=waiting.end_of(entry), now=now)
    for offer in TimeOffer.objects.filter(service__page=page, entry__isnull=False, used_at=None):
        if offer.expires_at > since:
            outbox.ensure(tenant=page.tenant, wish=time_offers.end_of(offer), now=now)


def _ask_on(page: BookingPage, since: datetime, now: datetime) -> None:
    """Questions that wait still do, with their time to answer, and requests have their end."""
    questions = Approval.objects.filter(
        staff_member__page=page, state=Approval.State.WAITING, answer_by__isnull=False, booking__isnull=False
    )
    for question in questions.filter(is_owner=False, answer_by__gt=since).select_related("tenant"):
        approvals.look_again(question, at=max(question.answer_by or now, now + GRACE), now=now)
    rows = Booking.objects.filter(page=page, status=Booking.Status.PENDING).select_related("tenant", "service")
    for booking in rows.prefetch_related("approvals"):
        waits = [one for one in booking.approvals.all() if one.state == Approval.State.WAITING]
        ends = [one.answer_by + (one.answer_by - one.asked_at) for one in waits if one.answer_by]
        if waits:
            approvals.close_at(booking, closes_at=max([*ends, now + GRACE]), now=now)
        elif turns.are_taken_for(booking):
            turns.pass_on(booking, now=now)


def _ensure(page: BookingPage, wanted: Iterable[Wish], now: datetime) -> None:
    for one in wanted:
        outbox.ensure(tenant=page.tenant, wish=one, now=now)
