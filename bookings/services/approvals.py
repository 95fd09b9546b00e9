"""Asks people to agree to a booking, and settles what nobody has to answer any more.

| `service.approval` | who is asked                          | until       | and then                       |
|--------------------|---------------------------------------|-------------|--------------------------------|
| host               | every host at once; the first counts  | `answer_by` | reminder, and the page's heads |
|                    | the page's heads too                  | the end     | the request expires            |
| assignment         | one colleague who was free            | `answer_by` | the next one, not asked before |
|                    | the page's heads, when nobody is left | the end     | the request expires            |

`answer_by` is `service.answer_within` from now, or half of what is left until the start where that is less; the end is
twice as far away, for heads who decide about an assignment `answer_by` itself. Every function runs in the caller's
transaction, with the booking locked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from bookings.models import Approval, Booking, Service, StaffMember
from bookings.services import follow_up
from tenants import outbox
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.links import hash_token, new_token
from tenants.outbox import Wish
from tenants.services import audit


class AlreadyDecided(DomainError):
    """Somebody answered before, or the question no longer stands."""

    code = "alreadyDecided"
    status = 409
    detail = _("This has been decided already.")


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asked, and in which language and zone they read."""

    name: str
    email: str
    language: str
    time_zone: str

    @classmethod
    def of(cls, member: StaffMember) -> Person:
        """A staff member as the one who is asked."""
        return cls(member.display_name, member.email, member.language, member.time_zone)


def ask(*, booking: Booking, now: datetime, actor: Actor) -> list[Approval]:
    """Asks whoever has to agree to `booking` as it is now, by mail. In the transaction that made or moved it."""
    answer_by = time_to_answer(booking, now)
    if booking.service.approval == Service.Approval.ASSIGNMENT:
        kind, asked = Approval.Kind.ASSIGNMENT, [booking.staff_member]
    else:
        kind, asked = Approval.Kind.BOOKING, booking.hosts
        close_at(booking, closes_at=answer_by + (answer_by - now), now=now)
    found = [
        question(kind=kind, booking=booking, member=member, person=Person.of(member), answer_by=answer_by, now=now)
        for member in asked
    ]
    audit.record(
        tenant=booking.tenant, actor=actor, action="booking.approvalAsked", target=booking, now=now,
        after={"asked": [approval.asked_name for approval in found]},
    )  # fmt: skip
    for approval in found:
        follow_up.approval_asked(approval, now=now)
    return found


def time_to_answer(booking: Booking, now: datetime) -> datetime:
    """Until when somebody who is asked at `now` is expected to answer."""
    left = max(booking.starts_at - now, timedelta(0))
    return now + min(booking.service.answer_within, left / 2)


def question(
    *, kind: str, member: StaffMember, person: Person, now: datetime, answer_by: datetime | None,
    booking: Booking | None = None, is_owner: bool = False,
) -> Approval:  # fmt: skip
    """Writes one question with a token of its own, and the wish to look whether it was answered in time. No mail."""
    token = new_token()
    approval = Approval.objects.create(
        tenant=member.tenant, kind=kind, booking=booking, sequence=booking.sequence if booking else 0,
        staff_member=member, asked_name=person.name, asked_email=person.email, asked_language=person.language,
        asked_time_zone=person.time_zone, is_owner=is_owner, token_hash=hash_token(token), token=token, asked_at=now,
        answer_by=answer_by,
    )  # fmt: skip
    if answer_by is not None and not is_owner:
        look_again(approval, at=answer_by, now=now)
    return approval


def look_again(approval: Approval, *, at: datetime, now: datetime) -> None:
    """Wishes to look at `at` whether the question was answered."""
    wish = Wish(
        kind="approval.due", dedupe_key=f"approval.due:{approval.pk}", payload={"approval": str(approval.pk)},
        due_at=at,
    )  # fmt: skip
    outbox.ensure(tenant=approval.tenant, wish=wish, now=now)


def close_at(booking: Booking, *, closes_at: datetime, now: datetime) -> None:
    """Wishes for the end of a request that nobody answers until `closes_at`."""
    wish = Wish(
        kind="approval.over", dedupe_key=f"approval.over:{booking.pk}:{booking.sequence}",
        payload={"booking": str(booking.pk), "sequence": booking.sequence}, due_at=closes_at,
    )  # fmt: skip
    outbox.ensure(tenant=booking.tenant, wish=wish, now=now)


def settle(*, booking: Booking, now: datetime, by: str) -> int:
    """Closes every question about `booking` that still waits, because `by` (a name) moved, cancelled or decided it.

    Who was asked sees that instead of the buttons. Returns how many questions that were.
    """
    return waiting(booking).update(state=Approval.State.SETTLED, decided_at=now, decided_by=by[:254])


def waiting(booking: Booking) -> QuerySet[Approval]:
    """The questions about `booking` that nobody has answered."""
    return Approval.objects.filter(booking=booking, state=Approval.State.WAITING)


def of(booking: Booking) -> QuerySet[Approval]:
    """Everybody who was asked about `booking`, in their order, with the person each question is about."""
    return Approval.objects.filter(booking=booking).select_related("staff_member").order_by("asked_at", "asked_name")


def opened(*, approval: Approval, now: datetime) -> None:
    """Keeps when the person's own browser first showed the question; called by the page's script, not by a GET."""
    Approval.objects.filter(pk=approval.pk, opened_at=None).update(opened_at=now)
