"""Whoever is put on a page agrees to it first, where the organisation wants that (S0.12-S0.15).

| `require_staff_approval` | a person is added         | status             | mail                                 |
|--------------------------|---------------------------|--------------------|--------------------------------------|
| off                      | by anybody                | active             | they are on the page; no links       |
| on                       | by somebody else          | pending acceptance | Approve and Reject                   |
| on                       | by themself               | active             | they are on the page; no links       |

Only active people are offered, and only their Outlook is read and shown. An answer stands until a head asks again. The
owner of a personal page is never asked, and gets no mail.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bookings.models import Approval, StaffMember
from bookings.services import approvals, follow_up
from bookings.services.approvals import AlreadyDecided, Person
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.services import audit, busy_times

State, Status = Approval.State, StaffMember.Status


class NothingToAsk(DomainError):
    """The person takes bookings already, or is off the page."""

    code = "nothingToAsk"
    status = 409
    detail = _("This person takes bookings on this page already.")


@busy_times.needed_where
def calendar_is_needed() -> Q:
    """Mailboxes of people who take bookings, on whichever page; before they agree theirs is not read (S0.15)."""
    active = StaffMember.objects.filter(
        status=Status.ACTIVE, removed_at=None, mailbox__isnull=False, page__deleted_at=None
    )
    return Q(pk__in=active.values("mailbox"))


def status_of_new(member: StaffMember, actor: Actor) -> str:
    """What a person is who is being put on a page by `actor`."""
    asks = member.tenant.require_staff_approval and not member.page.is_personal
    return Status.PENDING if asks and not _is_same_person(member, actor) else Status.ACTIVE


def begin(member: StaffMember, *, now: datetime) -> None:
    """Tells or asks a person who was just put on a page. In the caller's transaction."""
    if member.status == Status.PENDING:
        _ask(member, now)
        return
    _read_calendar(member, now)
    if not member.page.is_personal:
        follow_up.member_added(member, now=now)


def ask_again(*, member: StaffMember, now: datetime, actor: Actor) -> Approval:
    """Asks a person anew who has not answered, or said no; earlier links say so. Raises NothingToAsk."""
    with transaction.atomic():
        member = _locked(member)
        if member.status == Status.ACTIVE or member.removed_at is not None:
            raise NothingToAsk
        before, member.status = member.status, Status.PENDING
        member.save(update_fields=["status"])
        settle(member, now=now, by=actor.label)
        approval = _ask(member, now)
        _record(member, "staff.asked", actor, now, before)
    return approval


def answer(*, approval: Approval, agrees: bool, now: datetime, actor: Actor, by: str, reason: str = "") -> StaffMember:
    """Makes the person bookable, or keeps them off; who made the page is told. Raises AlreadyDecided."""
    with transaction.atomic():
        member = _locked(approval.staff_member)
        approval.refresh_from_db(fields=["state", "decided_at", "decided_by", "reason"])
        if approval.state != State.WAITING or member.removed_at is not None:
            raise AlreadyDecided
        before, member.status = member.status, Status.ACTIVE if agrees else Status.REJECTED
        member.save(update_fields=["status"])
        approval.state, approval.decided_at = State.APPROVED if agrees else State.REJECTED, now
        approval.decided_by, approval.reason = by[:254], reason[:500]
        approval.save(update_fields=["state", "decided_at", "decided_by", "reason"])
        _record(member, "staff.approved" if agrees else "staff.rejected", actor, now, before, reason)
        follow_up.member_answered(approval, now=now)
        if agrees:
            _read_calendar(member, now)
    return member


def settle(member: StaffMember, *, now: datetime, by: str) -> int:
    """Closes the questions to a person who was taken off the page, or is asked anew. Returns how many."""
    waiting = Approval.objects.filter(staff_member=member, kind=Approval.Kind.MEMBERSHIP, state=State.WAITING)
    return waiting.update(state=State.SETTLED, decided_at=now, decided_by=by[:254])


def _ask(member: StaffMember, now: datetime) -> Approval:
    approval = approvals.question(
        kind=Approval.Kind.MEMBERSHIP, member=member, person=Person.of(member), now=now, answer_by=None
    )
    follow_up.member_asked(approval, now=now)
    return approval


def _read_calendar(member: StaffMember, now: datetime) -> None:
    """Has Outlook's busy times read at once, where a person begins to take bookings."""
    if member.mailbox is not None and member.mailbox.syncs_calendar:
        busy_times.request_pull(member.mailbox, now=now)


def _is_same_person(member: StaffMember, actor: Actor) -> bool:
    user = member.mailbox.user if member.mailbox else None
    own = {member.email.lower(), user.email.lower() if user else ""}
    return actor.kind == "person" and actor.label.lower() in own


def _locked(member: StaffMember) -> StaffMember:
    rows = StaffMember.objects.select_related("tenant", "page__mailbox", "page__tenant", "mailbox__tenant")
    return rows.select_for_update(of=("self",)).get(pk=member.pk)


def _record(member: StaffMember, action: str, actor: Actor, now: datetime, before: str, reason: str = "") -> None:
    audit.record(
        tenant=member.tenant, actor=actor, action=action, target=member, now=now, label=member.display_name,
        before={"status": str(before)}, after={"status": str(member.status)}, reason=reason[:500],
    )  # fmt: skip
