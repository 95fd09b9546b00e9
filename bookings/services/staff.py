"""Who takes bookings on a page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from bookings.models import Approval, BookingPage, StaffMember
from bookings.services import memberships, turns
from tenants.acting import Actor
from tenants.models import Mailbox, Role
from tenants.services import audit, changes, claims


def add(
    *, page: BookingPage, now: datetime, actor: Actor, mailbox: Mailbox | None = None, display_name: str = "",
    email: str = "", role: str = Role.TEAM_MEMBER, **details: Any,
) -> StaffMember:  # fmt: skip
    """Adds a person to a page: a mailbox of the organisation, or somebody from outside by name and mail address.

    `details` are fields of StaffMember (hours, zone). The person becomes claimable. On a business page they are
    told by mail (S0.12), or asked where the organisation wants that (S0.13): then they are offered once they agree.
    """
    if mailbox is not None:
        display_name, email = display_name or mailbox.display_name, email or mailbox.address
        details.setdefault("time_zone", mailbox.time_zone)
        details.setdefault("language", mailbox.user.language if mailbox.user else page.language)
    details.setdefault("time_zone", page.time_zone)
    details.setdefault("language", page.language)
    with transaction.atomic():
        member = StaffMember(
            tenant=page.tenant, page=page, mailbox=mailbox, display_name=display_name, email=email, role=role, **details
        )
        member.status = memberships.status_of_new(member, actor)
        member.save()
        claims.register(tenant=page.tenant, key=member.claim_key)
        audit.record(
            tenant=page.tenant, actor=actor, action="staff.added", target=member, now=now, label=display_name,
            after={"page": str(page.pk), "role": str(role), "status": str(member.status)},
        )  # fmt: skip
        memberships.begin(member, now=now)
    return member


def ask_again(*, member: StaffMember, now: datetime, actor: Actor) -> Approval:
    """Asks a person anew who has not agreed to take bookings. Raises `memberships.NothingToAsk`."""
    return memberships.ask_again(member=member, now=now, actor=actor)


def change(*, member: StaffMember, now: datetime, actor: Actor, **fields: Any) -> StaffMember:
    """Changes a person's details or hours. Raises InvalidInput by field."""
    return changes.apply(row=member, fields=fields, action="staff.changed", now=now, actor=actor)


def remove(*, member: StaffMember, now: datetime, actor: Actor) -> None:
    """Takes a person off a page; what waits for their answer is settled, or asked of the next. Their bookings stay."""
    member.removed_at = now
    with transaction.atomic():
        member.save(update_fields=["removed_at"])
        memberships.settle(member, now=now, by=actor.label)
        turns.leave(member, now=now, by=actor.label)
        audit.record(
            tenant=member.tenant, actor=actor, action="staff.removed", target=member, now=now,
            before={"page": str(member.page_id), "role": str(member.role), "status": str(member.status)},
        )  # fmt: skip
