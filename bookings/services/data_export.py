"""A copy of everything that is kept of a person, for that person: as plain JSON values, which the page puts into words.

| what                          | how much of it                                                                 |
|-------------------------------|--------------------------------------------------------------------------------|
| bookings, waiting list, links | every value that is about the person; no link that acts                        |
| mails                         | to the person: with their text; about their bookings to others, and those with |
|                               | a key to an account (links, codes): that they went                             |
| audit trail                   | the events, with what changed                                                  |
| work: staff, mailbox, role    | the values that are about the person                                           |
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from bookings.models import Booking
from bookings.services import traces
from bookings.services.personal_data import Found
from tenants import mail
from tenants.acting import Actor
from tenants.models import Message
from tenants.services import audit

ACTION = "personalData.exported"
#: Mails that open the person's account, or prove their address: not for the administrator who makes the copy.
_KEYS = (*mail.OPENS_ACCOUNT, "mailCode")
#: Addresses in mails that act for whoever has them.
_ACTS = re.compile(rf"{re.escape(settings.SITE_URL)}/(manage|waiting|offer|approve|bookwithme/link)/[\w-]+")


def export(*, found: Found, now: datetime, actor: Actor) -> dict[str, Any]:
    """Everything, with an audit event that it was handed out."""
    deliveries, answers = traces.speaking(set(found.bookings.values_list("pk", flat=True)), [found.address])
    copy = {
        "organisation": found.tenant.name,
        "person": found.address,
        "at": now.isoformat(),
        "bookings": [_booking(row, own=True) for row in found.bookings],
        "guestOf": [_booking(row, own=False) for row in found.as_guest],
        "waitingList": [_waiting(row) for row in found.waiting],
        "privateLinks": _rows(found.links, "label", "email", "sent_at", "expires_at", "first_opened_at", "uses"),
        "mails": [_mail(row, found.address) for row in found.mails],
        "mailCodes": _rows(found.codes, "created_at", "confirmed_at"),
        "blocked": _rows(found.blocked, "pattern", "note", "created_at"),
        "webhookDeliveries": len(deliveries),
        "answersToPrograms": len(answers),
        "staff": [
            {"page": row.page.display_name, **_values(row, "display_name", "email", "role", "status", "time_zone")}
            for row in found.staff
        ],
        "askedToApprove": _rows(found.asked, "kind", "asked_at", "state", "decided_at", "reason"),
        "mailboxes": _rows(found.mailboxes, "display_name", "address", "principal_name", "licences", "capabilities"),
        "members": [
            {"name": row.user.name, "email": row.user.email, "role": row.role, "since": _plain(row.created_at),
             "lastSignIn": _plain(row.user.last_login)}
            for row in found.memberships
        ],
        "contactOfPages": _rows(found.contacts, "display_name", "email", "phone"),
        "auditTrail": _rows(
            found.audit, "at", "actor", "action", "target", "source", "ip", "before", "after", "reason"
        ),
    }  # fmt: skip
    audit.record(
        tenant=found.tenant, actor=actor, action=ACTION, target=found.tenant, label=found.address, now=now,
        after={name: len(value) for name, value in copy.items() if isinstance(value, list) and value},
    )  # fmt: skip
    return copy


def _booking(row: Booking, *, own: bool) -> dict[str, Any]:
    facts = {
        "page": row.page.display_name, "title": row.title, "with": row.staff_member.display_name,
        **_values(row, "status", "starts_at", "ends_at", "location", "created_at", "source"),
    }  # fmt: skip
    if not own:
        return facts
    return facts | _values(
        row, "customer_name", "customer_email", "customer_phone", "customer_notes", "customer_time_zone",
        "customer_language", "answers", "guests", "consented_at", "consent_text", "campaign", "cancelled_at",
        "cancel_reason", "erased_at",
    )  # fmt: skip


def _waiting(row: Any) -> dict[str, Any]:
    return {"page": row.service.page.display_name, "title": row.service.title} | _values(
        row, "state", "first_date", "last_date", "customer_name", "customer_email", "customer_phone", "customer_notes",
        "customer_time_zone", "created_at",
    )  # fmt: skip


def _mail(row: Message, address: str) -> dict[str, Any]:
    facts = _values(row, "template", "to", "subject", "created_at", "sent_at", "state")
    if row.to.lower() != address.lower() or row.template.startswith(_KEYS):
        return facts
    return facts | {"text": _ACTS.sub("…", row.text)}


def _rows(rows: Iterable[Any], *names: str) -> list[dict[str, Any]]:
    return [_values(row, *names) for row in rows]


def _values(row: Any, *names: str) -> dict[str, Any]:
    return {_camel(name): _plain(getattr(row, name)) for name in names}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
