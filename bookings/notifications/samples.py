"""Made-up people and a made-up booking, to show what a mail looks like. Nothing here is ever stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from bookings.models import Approval, Booking, BookingPage, Service, StaffMember, TimeOffer, WaitingEntry
from bookings.notifications import asking, clashes, ics, readers, visitors, wording
from bookings.notifications.catalogue import Kind
from bookings.notifications.openings import Template
from bookings.notifications.readers import Reader
from tenants.letters import Letter
from tenants.models import BusyPeriod, Mailbox, Tenant

#: What stands for a token: such a link opens a page that says that it is unknown.
TOKEN = "example"  # noqa: S105 - no token

_METHODS: dict[str, ics.Method] = {"requested": "", "declined": "", "expired": "", "cancelled": "CANCEL"}


def names(tenant: Tenant) -> dict[str, str]:
    """What the made-up people and things are called, in the active language."""
    return {
        "customer": "Ana Pérez", "staff": "Robin Meier", "before": "Kim Weber", "person": "Robin Meier",
        "title": _("Consultation"), "page": tenant.name, "organisation": tenant.name, "place": _("Main Street 1"),
        "price": "", "reason": _("Illness"), "code": "482 915",
    }  # fmt: skip


def letter(kind: Kind, *, tenant: Tenant, language: str, now: datetime) -> tuple[Letter, dict[str, str]]:
    """The mail of this kind in our own words, and the values of its placeholders."""
    with translation.override(language):
        return _letter(kind, tenant, language, now, names(tenant))


def standard(kind: Kind, *, tenant: Tenant, language: str, now: datetime) -> tuple[str, str]:
    """Our own subject and opening with placeholders in their places, to start from."""
    with translation.override(language):
        placeholders = {name: f"{{{name}}}" for name in names(tenant)}
        made, facts = _letter(kind, tenant, language, now, placeholders)
    subject, text = made.subject, "\n\n".join(made.paragraphs)
    for name in ("when", "until"):
        if facts.get(name):
            subject, text = (words.replace(facts[name], f"{{{name}}}") for words in (subject, text))
    return subject, text


def _letter(
    kind: Kind, tenant: Tenant, language: str, now: datetime, called: Mapping[str, str]
) -> tuple[Letter, dict[str, str]]:
    booking = _booking(kind.template, tenant, language, now, called)
    member = booking.staff_member
    if kind.template in ("waitingJoined", "timeOffered"):
        return _waiting(kind, booking, now)
    if kind.template == "mailCode":
        facts = {"customer": called["customer"], "page": called["page"], "code": called["code"]}
        return visitors.code_letter(booking.page, name=called["customer"], digits=called["code"]), facts
    if kind.template == "memberAdded":
        return asking.added_letter(member), asking.member_facts(member)
    if kind.template.startswith(("approval", "member")):
        return _question(kind, booking, now)
    reader = _reader(kind.reader, booking)
    if kind.template == "clash":
        event = BusyPeriod(starts_at=booking.starts_at, ends_at=booking.ends_at, title=_("Team meeting"))
        return clashes.letter_for(booking, reader, [event]), wording.facts(booking, reader)
    context = wording.Context(before=called["before"], method=_METHODS.get(kind.template, "REQUEST"))
    made = wording.booking_letter(booking, template=cast(Template, kind.template), reader=reader, context=context)
    return made, wording.facts(booking, reader, context)


def _reader(kind: str, booking: Booking) -> Reader:
    if kind in ("staff", "former"):
        return readers.staff(booking.staff_member, "former" if kind == "former" else "staff")
    customer = Reader(
        "guest" if kind == "guest" else "customer", booking.customer_name, booking.customer_email,
        booking.customer_language, booking.customer_time_zone,
    )  # fmt: skip
    return customer


def _booking(template: str, tenant: Tenant, language: str, now: datetime, called: Mapping[str, str]) -> Booking:
    zone = tenant.time_zone
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=7)
    starts_at = datetime.combine(day, time(10), ZoneInfo(zone))
    mailbox = Mailbox(tenant=tenant, address="bookings@example.com", kind=Mailbox.Kind.SCHEDULING)
    page = BookingPage(tenant=tenant, mailbox=mailbox, kind=BookingPage.Kind.BUSINESS, display_name=called["page"])
    service = Service(tenant=tenant, page=page, title=called["title"], duration=timedelta(minutes=30))
    member = StaffMember(
        tenant=tenant, page=page, display_name=called["staff"], email="robin@example.com", time_zone=zone,
        language=language,
    )  # fmt: skip
    status = {
        "requested": "pendingApproval", "cancelled": "cancelled", "declined": "declined", "expired": "expired",
        "approvalAsked": "pendingApproval", "approvalReminded": "pendingApproval",
        "approvalEscalated": "pendingApproval",
    }.get(template, "confirmed")  # fmt: skip
    gone = status in Booking.GONE
    return Booking(
        tenant=tenant, page=page, service=service, staff_member=member, title=called["title"], starts_at=starts_at,
        ends_at=starts_at + service.duration, status=status, location=called["place"],
        customer_name=called["customer"], customer_email="ana@example.com", customer_time_zone=zone,
        customer_language=language, manage_token=TOKEN, cancel_reason=called["reason"] if gone else "",
        cancelled_by="person", is_online=template == "joinLink",
        join_url="https://teams.microsoft.com/l/meetup-join/example" if template == "joinLink" else "",
        invitation_sender=Tenant.InvitationSender.DAYBOOK, price_text=called["price"],
        created_at=now,
    )  # fmt: skip


def _waiting(kind: Kind, booking: Booking, now: datetime) -> tuple[Letter, dict[str, str]]:
    entry = WaitingEntry(
        tenant=booking.tenant, service=booking.service, first_date=booking.starts_at.date(),
        last_date=booking.starts_at.date() + timedelta(days=14), customer_name=booking.customer_name,
        customer_time_zone=booking.customer_time_zone, token=TOKEN,
    )  # fmt: skip
    if kind.template == "waitingJoined":
        return visitors.waiting_letter(entry), visitors.waiting_facts(entry)
    offer = TimeOffer(
        tenant=booking.tenant, service=booking.service, staff_member=booking.staff_member,
        starts_at=booking.starts_at, expires_at=now + timedelta(hours=2), token=TOKEN, entry=entry,
    )  # fmt: skip
    return visitors.offer_letter(offer, entry), visitors.offer_facts(offer, entry)


def _question(kind: Kind, booking: Booking, now: datetime) -> tuple[Letter, dict[str, str]]:
    about_booking = kind.template.startswith("approval")
    approval = Approval(
        tenant=booking.tenant, kind=Approval.Kind.BOOKING if about_booking else Approval.Kind.MEMBERSHIP,
        staff_member=booking.staff_member, asked_name=booking.staff_member.display_name, token=TOKEN,
        asked_time_zone=booking.staff_member.time_zone, answer_by=now + timedelta(hours=24),
        is_owner=kind.reader == "owner", state=Approval.State.APPROVED,
    )  # fmt: skip
    if about_booking:
        facts = asking.booking_facts(approval, booking)
        return asking.booking_letter(approval, booking, template=kind.template), facts
    member = asking.member_facts(booking.staff_member)
    if kind.template == "membershipAsked":
        return asking.asked_letter(approval), member
    return asking.answered_letter(approval, reader=""), member
