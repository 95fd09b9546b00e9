"""What follows a change: mails to everybody concerned, events in Outlook and reminders, as wishes in the outbox.

| change       | customer     | staff                       | guests                | Outlook                          |
|--------------|--------------|-----------------------------|-----------------------|----------------------------------|
| booked       | confirmed    | confirmed                   | confirmed             | event created                    |
| requested    | requested    | – (the question is a mail)  | if they were told     | event taken away, if there is one|
| approved     | confirmed    | confirmed                   | confirmed             | event created                    |
| declined     | declined     | –                           | if they were told     | –                                |
| expired      | expired      | expired                     | if they were told     | –                                |
| rescheduled  | rescheduled  | rescheduled                 | rescheduled           | event moved, same event          |
| reassigned   | reassigned   | reassigned; “handed over” to| reassigned            | event leaves one calendar, comes |
|              |              | to who had it               |                       | into the other                   |
| cancelled    | cancelled    | cancelled                   | cancelled             | event cancelled                  |
| … quietly    | –            | –                           | –                     | event cancelled                  |
| … with others| cancelled    | – (one digest of all)       | cancelled             | event cancelled                  |

A mail about an online meeting waits up to `LINK_WAIT` for the join link that Outlook gives; the push hastens it. When
the link comes later than that, `joinLink` tells everybody. The organisation's own programs hear of each change too
(`telling`). Every function is called in the transaction of its change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bookings.models import (
    Approval,
    Booking,
    BookingPage,
    GroupSession,
    MailCode,
    StaffMember,
    TimeOffer,
    WaitingEntry,
)
from bookings.notifications import direct
from bookings.services import reminders, telling, wishes
from bookings.services.wishes import CUSTOMER
from tenants import outbox
from tenants.models import Tenant
from tenants.outbox import Wish

#: How long a mail waits for the join link.
LINK_WAIT = timedelta(seconds=90)
#: Mails that carry the join link.
WITH_LINK = ("confirmed", "rescheduled", "reassigned")


def booked(booking: Booking, *, now: datetime) -> None:
    """After a booking was made that nobody has to approve."""
    telling.tell(booking, "created", now=now)
    _change(booking, "confirmed", now)


def approved(booking: Booking, *, now: datetime) -> None:
    """After a booking that waited was confirmed."""
    telling.tell(booking, "confirmed", now=now)
    _change(booking, "confirmed", now)


def rescheduled(booking: Booking, *, now: datetime) -> None:
    """After it moved. Where it waits for approval again, call `requested` instead."""
    telling.tell(booking, "rescheduled", now=now)
    _change(booking, "rescheduled", now)


def requested(booking: Booking, *, now: datetime, before: StaffMember | None = None) -> None:
    """After a booking was asked for that somebody has to approve first, or was changed and waits again.

    `before`: who had it until it was handed over.
    """
    telling.tell(booking, "rescheduled" if booking.sequence else "created", now=now)
    pushes = wishes.pushes(booking, also=[before] if before else []) if booking.sequence else []
    _forget_link(booking)
    mails = list(wishes.mails(booking, "requested", [CUSTOMER, *wishes.guests(booking)]))
    if before is not None:
        former = [wishes.Address("former", str(before.pk))]
        mails += wishes.mails(booking, "reassigned", former, before=before.display_name)
    _write(booking, [*pushes, *mails], now)


def declined(booking: Booking, *, now: datetime) -> None:
    """After it was declined; the reason is the booking's `cancel_reason`."""
    telling.tell(booking, "declined", now=now)
    to = [CUSTOMER, *wishes.guests(booking)]
    _gone(booking, "declined", to, now)


def expired(booking: Booking, *, now: datetime) -> None:
    """After nobody answered in time."""
    telling.tell(booking, "declined", now=now)
    _gone(booking, "expired", wishes.readers(booking), now)


def cancelled(booking: Booking, *, now: datetime, quiet: bool = False, digested: bool = False) -> None:
    """After it was cancelled; the caller tells the hosts by one `digest`: `quiet`, of what nobody gets a mail of ours
    about, or `digested`, of what only the hosts get none about."""
    telling.tell(booking, "cancelled", now=now)
    to = [CUSTOMER, *wishes.guests(booking)] if digested else wishes.readers(booking)
    _gone(booking, "cancelled", [] if quiet else to, now, quiet=quiet)


def reassigned(booking: Booking, *, before: StaffMember, now: datetime) -> None:
    """After it went from `before` to its present staff member. One that still waits for approval tells nobody."""
    if booking.is_pending:
        return
    _forget_link(booking)
    to = [*wishes.readers(booking), wishes.Address("former", str(before.pk))]
    mails = wishes.mails(booking, "reassigned", to, due_at=_waits(booking, now), before=before.display_name)
    _write(booking, [*wishes.pushes(booking, also=[before]), *mails, *reminders.wishes(booking, now=now)], now)


def session_changed(session: GroupSession, *, now: datetime) -> None:
    """After somebody took a seat or gave one back, in that transaction: one event for all who share the time."""
    for wish in wishes.session_push(session):
        outbox.ensure(tenant=session.tenant, wish=wish, now=now)


def link_known(booking: Booking, *, now: datetime) -> None:
    """After Outlook gave the join link: mails that waited for it go now, mails that went without it are followed up."""
    to = wishes.readers(booking)
    keys = {wishes.mail_key(booking, template, reader) for template in WITH_LINK for reader in to}
    outbox.hasten(dedupe_keys=sorted(keys), now=now)
    for wish in wishes.mails(booking, "joinLink", to):
        outbox.ensure(tenant=booking.tenant, wish=wish, now=now)
    # The lead's event has the link itself; the colleagues' ones are told.
    if booking.is_collective:
        for wish in wishes.pushes(booking, rewrite=True):
            if wish.payload["mailbox"] != str(booking.staff_member.mailbox_id):
                outbox.ensure(tenant=booking.tenant, wish=wish, now=now)


def approval_asked(approval: Approval, *, now: datetime) -> None:
    """After somebody was asked to confirm or to take over a booking."""
    _ask(approval, "approvalAsked", now)


def approval_reminded(approval: Approval, *, now: datetime) -> None:
    """After the time to answer has run out: the same question once more."""
    _ask(approval, "approvalReminded", now)


def approval_escalated(approval: Approval, *, now: datetime) -> None:
    """After an owner was asked instead."""
    _ask(approval, "approvalEscalated", now)


def member_asked(approval: Approval, *, now: datetime) -> None:
    """After somebody was put on a page that asks first (S0.12, S0.13): Approve and Reject in the mail."""
    _ask(approval, "membershipAsked", now)


def member_added(member: StaffMember, *, now: datetime) -> None:
    """After somebody was put on a page, active at once: a mail without links to answer."""
    key = f"mail:memberAdded:{member.pk}"
    wish = Wish(kind="mail.memberAdded", dedupe_key=key, payload={"member": str(member.pk)})
    outbox.ensure(tenant=member.tenant, wish=wish, now=now)


def member_answered(approval: Approval, *, now: datetime) -> None:
    """After somebody approved or rejected a membership: who made the page is told."""
    _ask(approval, "memberAnswered", now)


def waiting_joined(entry: WaitingEntry, *, now: datetime) -> None:
    """After somebody joined the waiting list, or wishes for other days: the link that shows the place and leaves it."""
    days = f"{entry.first_date}:{entry.last_date}"
    key = f"mail:waitingJoined:{entry.pk}:{days}:{entry.staff_member_id or ''}"
    wish = Wish(kind="mail.waitingJoined", dedupe_key=key, payload={"entry": str(entry.pk)})
    outbox.ensure(tenant=entry.tenant, wish=wish, now=now)


def time_offered(offer: TimeOffer, *, now: datetime) -> None:
    """After a freed time was offered to who waits first."""
    wish = Wish(kind="mail.timeOffered", dedupe_key=f"mail:timeOffered:{offer.pk}", payload={"offer": str(offer.pk)})
    outbox.ensure(tenant=offer.tenant, wish=wish, now=now)


def mail_code(
    code: MailCode, *, address: str, name: str, digits: str, page: BookingPage, language: str, now: datetime
) -> None:
    """Mails the six digits. They are stored nowhere but in the encrypted mail."""
    direct.mail_code(code, address=address, name=name, digits=digits, page=page, language=language, now=now)


def digest(
    *, tenant: Tenant, to: str, to_name: str, language: str, subject: str, key: str, now: datetime,
    intro: str = "", rows: Sequence[tuple[str, str]] = (), sender: str = "",
) -> None:  # fmt: skip
    """One mail in place of many. Texts are put into `language` by the caller; again with the same `key`: nothing.

    `rows` are label and value, such as the time and the name of each booking that went; `sender` is the page's name.
    """
    direct.digest(
        tenant=tenant, to=to, to_name=to_name, language=language, subject=subject, key=key, now=now, intro=intro,
        rows=rows, sender=sender,
    )  # fmt: skip


def _change(booking: Booking, template: str, now: datetime) -> None:
    """A booking that takes place has a new state: everybody is told, calendars and reminders follow."""
    if booking.session is not None and booking.join_url != booking.session.join_url:
        _set_link(booking, booking.session.join_url)
    mails = wishes.mails(booking, template, wishes.readers(booking), due_at=_waits(booking, now))
    _write(booking, [*wishes.pushes(booking), *mails, *reminders.wishes(booking, now=now)], now)


def _waits(booking: Booking, now: datetime) -> datetime | None:
    """Until when a mail waits for the join link; None: it has the link, or there will be none."""
    expected = booking.is_online and not booking.join_url and wishes.in_step([booking.staff_member])
    return now + LINK_WAIT if expected else None


def _forget_link(booking: Booking) -> None:
    """The event goes away, and its online meeting with it: another event has another link."""
    if booking.join_url:
        _set_link(booking, "")


def _set_link(booking: Booking, join_url: str) -> None:
    booking.join_url = join_url
    Booking.objects.filter(pk=booking.pk).update(join_url=join_url)


def _gone(
    booking: Booking, template: str, to: Sequence[wishes.Address], now: datetime, *, quiet: bool = False
) -> None:  # fmt: skip
    _write(booking, [*wishes.pushes(booking, quiet=quiet), *wishes.mails(booking, template, to)], now)


def _write(booking: Booking, wanted: Sequence[Wish], now: datetime) -> None:
    outbox.write(tenant=booking.tenant, wishes=wanted, now=now)


def _ask(approval: Approval, template: str, now: datetime) -> None:
    wish = Wish(
        kind="mail.approval",
        dedupe_key=f"mail:{template}:{approval.pk}:{int(approval.asked_at.timestamp())}",
        payload={"approval": str(approval.pk), "template": template},
    )
    outbox.ensure(tenant=approval.tenant, wish=wish, now=now)
