"""Sends the mails about approvals, memberships, waiting lists and offered times, as the rows are when their job runs.

A question that was answered meanwhile is not asked any more, and a time whose offer is over is not offered.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet
from django.utils import translation

from bookings.models import Approval, BookingPage, StaffMember, TimeOffer, WaitingEntry
from bookings.notifications import asking, own_words, visitors
from bookings.services import time_offers
from tenants import letters, mail, outbox
from tenants.access import SCHEDULERS
from tenants.fields import UNREADABLE
from tenants.letters import Letter
from tenants.models import ADMINISTRATORS, AuditEvent, Job, Membership, User


@outbox.handles("mail.approval")
def send_approval_mail(job: Job, now: datetime) -> None:
    """Asks somebody, or tells what was answered. Raises `RetryLater` and `Park`."""
    related = ("booking__page", "booking__session", "staff_member__page__mailbox", "staff_member__tenant")
    approval = Approval.objects.select_related(*related).filter(pk=job.payload["approval"]).first()
    if approval is None:
        return
    template = job.payload["template"]
    if template == "memberAnswered":
        return _tell_answer(approval, job, now)
    if approval.state == Approval.State.WAITING:
        _ask(approval, template, job, now)


def _ask(approval: Approval, template: str, job: Job, now: datetime) -> None:
    if approval.token == UNREADABLE:
        raise mail.unreadable("The link that answers the question cannot be decrypted.")
    booking = approval.booking
    with translation.override(approval.asked_language):
        if booking is None:
            letter, facts = asking.asked_letter(approval), asking.member_facts(approval.staff_member)
        else:
            letter = asking.booking_letter(approval, booking, template=template)
            facts = asking.booking_facts(approval, booking)
    _send(
        letter, job=job, now=now, page=approval.staff_member.page, template=template,
        reader="owner" if approval.is_owner else "staff", to=(approval.asked_email, approval.asked_name),
        language=approval.asked_language, facts=facts, about=approval.booking_id or approval.staff_member_id,
        reply_to=booking.customer_email if booking else "",
    )  # fmt: skip


def _tell_answer(approval: Approval, job: Job, now: datetime) -> None:
    if approval.state not in (Approval.State.APPROVED, Approval.State.REJECTED):
        return
    reader = head_of(approval.staff_member.page)
    if reader is None:
        return
    with translation.override(reader.language):
        letter = asking.answered_letter(approval, reader=reader.get_full_name())
    _send(
        letter, job=job, now=now, page=approval.staff_member.page, template="memberAnswered", reader="owner",
        to=(reader.email, reader.get_full_name()), language=reader.language,
        facts=asking.member_facts(approval.staff_member) | {"reader": reader.get_full_name()},
        about=approval.staff_member_id,
    )  # fmt: skip


def head_of(page: BookingPage) -> User | None:
    """Who made the page, while they still look after pages; else the organisation's first administrator."""
    made = AuditEvent.objects.filter(action="page.created", target_id=page.mailbox_id, actor_kind="person").first()
    members = Membership.objects.select_related("user").order_by("created_at", "pk")
    creator = members.filter(user__email__iexact=made.actor, role__in=SCHEDULERS).first() if made else None
    found = creator or members.filter(role__in=ADMINISTRATORS).first()
    return found.user if found else None


@outbox.handles("mail.memberAdded")
def send_member_added(job: Job, now: datetime) -> None:
    """Tells somebody that they take bookings on a page. Raises `RetryLater` and `Park`."""
    related = ("page__mailbox", "page__tenant", "tenant")
    members = StaffMember.objects.select_related(*related).filter(removed_at=None)
    member = members.filter(pk=job.payload["member"], status=StaffMember.Status.ACTIVE).first()
    if member is None:
        return
    with translation.override(member.language):
        letter = asking.added_letter(member)
    _send(
        letter, job=job, now=now, page=member.page, template="memberAdded", reader="staff",
        to=(member.email, member.display_name), language=member.language, facts=asking.member_facts(member),
        about=member.pk,
    )  # fmt: skip


@outbox.handles("mail.waitingJoined")
def send_waiting_joined(job: Job, now: datetime) -> None:
    """Tells a customer of the place in the waiting list. Raises `RetryLater` and `Park`."""
    entry = _entries().filter(pk=job.payload["entry"]).first()
    if entry is None or entry.state != WaitingEntry.State.WAITING:
        return
    if entry.token == UNREADABLE:
        raise mail.unreadable("The link of the place in the waiting list cannot be decrypted.")
    with translation.override(entry.customer_language):
        letter = visitors.waiting_letter(entry)
    _send_waiting(letter, entry, job, now, template="waitingJoined", facts=visitors.waiting_facts(entry))


@outbox.handles("mail.timeOffered")
def send_time_offered(job: Job, now: datetime) -> None:
    """Offers a freed time to who waits first, while it is open. Raises `RetryLater` and `Park`."""
    related = ("service", "staff_member", "entry__staff_member", "entry__service__page__tenant")
    offer = TimeOffer.objects.select_related(*related).filter(pk=job.payload["offer"]).first()
    if offer is None or offer.entry is None or offer.used_at is not None or offer.expires_at <= now:
        return
    if UNREADABLE in (offer.token, offer.entry.token):
        raise mail.unreadable("The link that takes the offered time cannot be decrypted.")
    with translation.override(offer.entry.customer_language):
        letter = visitors.offer_letter(offer, offer.entry, is_held=time_offers.is_held(offer, now=now))
        facts = visitors.offer_facts(offer, offer.entry)
    _send_waiting(letter, offer.entry, job, now, template="timeOffered", facts=facts)


def _entries() -> QuerySet[WaitingEntry]:
    return WaitingEntry.objects.select_related("service__page__tenant", "staff_member")


def _send_waiting(
    letter: Letter, entry: WaitingEntry, job: Job, now: datetime, *, template: str, facts: Mapping[str, str]
) -> None:  # fmt: skip
    _send(
        letter, job=job, now=now, page=entry.service.page, template=template, reader="customer",
        to=(entry.customer_email, entry.customer_name), language=entry.customer_language, facts=facts, about=entry.pk,
    )  # fmt: skip


def _send(
    letter: Letter, *, job: Job, now: datetime, page: BookingPage, template: str, reader: str, to: tuple[str, str],
    language: str, facts: Mapping[str, str], about: uuid.UUID, reply_to: str = "",
) -> None:  # fmt: skip
    """Dresses the letter in the organisation's words, stores the mail under the job's key, and delivers it."""
    with translation.override(language):
        letter = own_words.dress(
            letter, tenant=job.tenant, template=template, reader=reader, language=language, facts=facts
        )
        text, html = letters.render(letter, tenant=job.tenant, accent=page.accent)
    message = mail.store(
        tenant=job.tenant, dedupe_key=job.dedupe_key, template=template, to=to[0], to_name=to[1],
        from_name=page.display_name, subject=letter.subject, text=text, html=html, about_id=about, reply_to=reply_to,
    )  # fmt: skip
    mail.deliver(message, now)
