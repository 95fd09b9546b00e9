"""A question that waits for somebody's answer, as the mail's link and the staff area both show and answer it.

| the question                            | what is shown                                       |
|-----------------------------------------|-----------------------------------------------------|
| waits                                   | everything it is about, and two buttons             |
| was answered                            | what was decided, by whom, when, and why            |
| is about a booking that moved           | that it moved, and that there is a newer question   |
| was settled by something else           | what became of the booking                          |
"""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Approval, Booking, StaffMember
from bookings.services import decisions, memberships, reassignment, rivals
from bookings.views import clock, zones
from tenants.acting import Actor

Kind, State = Approval.Kind, Approval.State


class AnswerForm(forms.Form):
    """Yes or no, why, and for heads who is to take it."""

    answer = forms.ChoiceField(choices=[("approve", ""), ("reject", "")], widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    colleague = forms.ModelChoiceField(
        StaffMember._base_manager.none(), label=gettext_lazy("Who takes it?"), required=False, empty_label=None
    )

    def __init__(self, *args: Any, approval: Approval, colleagues: list[StaffMember], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "answer_%s"} | kwargs)
        choice: Any = self.fields["colleague"]
        choice.queryset = StaffMember.objects.filter(pk__in=[member.pk for member in colleagues])
        choice.initial = approval.staff_member_id
        # Only a yes names somebody.
        choice.required = bool(colleagues) and self.data.get("answer") != "reject"
        if approval.kind == Kind.BOOKING or approval.is_owner:
            self.fields["reason"].help_text = _("The customer reads this.")


def form_of(approval: Approval, data: Any, now: datetime) -> AnswerForm:
    """The form of a question; heads choose among the colleagues who could take the booking."""
    colleagues = []
    if approval.is_owner and approval.kind == Kind.ASSIGNMENT and approval.booking is not None:
        colleagues = [approval.booking.staff_member, *reassignment.candidates(approval.booking, now)]
    return AnswerForm(data, approval=approval, colleagues=colleagues)


def give(approval: Approval, form: AnswerForm, *, now: datetime, actor: Actor, by: str) -> None:
    """Hands a valid form's answer to the use case. Raises what that refuses."""
    agrees, reason = form.cleaned_data["answer"] == "approve", form.cleaned_data["reason"]
    if approval.kind == Kind.MEMBERSHIP:
        memberships.answer(approval=approval, agrees=agrees, reason=reason, now=now, actor=actor, by=by)
    elif agrees:
        to = form.cleaned_data["colleague"]
        decisions.approve(approval=approval, now=now, actor=actor, by=by, to=to)
    else:
        decisions.reject(approval=approval, reason=reason, now=now, actor=actor, by=by)


def is_open(approval: Approval, now: datetime) -> bool:
    """Whether the question still stands and can be answered."""
    if approval.state != State.WAITING:
        return False
    booking = approval.booking
    if booking is None:
        return approval.staff_member.removed_at is None
    return booking.is_pending and booking.sequence == approval.sequence and booking.starts_at > now


def facts(request: HttpRequest, approval: Approval, form: AnswerForm, now: datetime) -> dict[str, Any]:
    """What the pages show of a question, in the zone of who is asked."""
    zone = zones.known(approval.asked_time_zone) or zoneinfo.ZoneInfo("UTC")
    reader, booking, open_ = clock.of(request), approval.booking, is_open(approval, now)
    context: dict[str, Any] = {
        "approval": approval, "booking": booking, "member": approval.staff_member, "form": form, "open": open_,
        "chosen": request.POST.get("answer") or request.GET.get("answer", ""),
        "is_own_turn": approval.kind == Kind.ASSIGNMENT and not approval.is_owner,
        "about_membership": approval.kind == Kind.MEMBERSHIP,
    }  # fmt: skip
    if booking is not None:
        start, end = booking.starts_at.astimezone(zone), booking.ends_at.astimezone(zone)
        context |= {
            "day": reader.day(start.date(), year=True), "times": reader.times(start, end),
            "zone": zones.label(zone, booking.starts_at),
            "rivals": _rivals(booking, reader, zone) if open_ else [],
            "hosts": ", ".join(host.display_name for host in booking.hosts),
            "asked": _asked(approval) if open_ and approval.is_owner else [],
        }  # fmt: skip
    if not open_:
        context["outcome"] = outcome(approval)
        context["decided"] = _moment(approval.decided_at, reader, zone)
    return context


def outcome(approval: Approval) -> tuple[str, str]:
    """Heading and sentence of a question that no longer stands."""
    who = {"name": approval.decided_by or approval.asked_name}
    if approval.kind == Kind.MEMBERSHIP:
        return _membership_outcome(approval, who)
    if approval.state == State.APPROVED:
        return _("Confirmed"), _("%(name)s confirmed this booking.") % who
    if approval.state == State.REJECTED and approval.kind == Kind.ASSIGNMENT and not approval.is_owner:
        return _("Not taken over"), _("%(name)s did not take this booking. A colleague was asked instead.") % who
    if approval.state == State.REJECTED:
        return _("Declined"), _("%(name)s declined this booking.") % who
    return _booking_outcome(approval)


def _membership_outcome(approval: Approval, who: dict[str, str]) -> tuple[str, str]:
    page = who | {"page": approval.staff_member.page.display_name}
    if approval.state == State.APPROVED:
        return _("Approved"), _("%(name)s takes bookings on “%(page)s”.") % page
    if approval.state == State.REJECTED:
        return _("Rejected"), _("%(name)s takes no bookings on “%(page)s”.") % page
    return _("This question no longer stands"), _("You were asked anew, or taken off the page.")


def _booking_outcome(approval: Approval) -> tuple[str, str]:
    """What became of a booking without this answer."""
    booking: Booking | None = approval.booking
    if booking is None or booking.status == Booking.Status.CANCELLED:
        return _("Cancelled"), _("This booking was cancelled, there is nothing to decide any more.")
    decided = _decision_of_others(approval)
    if decided is not None:
        return decided
    late, same = _("Not answered in time"), booking.sequence == approval.sequence
    if booking.status == Booking.Status.EXPIRED or (approval.state == State.WAITING and booking.is_pending and same):
        return late, _("Nobody confirmed this booking before its time. The customer was told.")
    if approval.state == State.EXPIRED:
        return late, _("A colleague was asked instead.")
    if booking.is_pending and same:
        return _("This question no longer stands"), _("Somebody else is asked now.")
    if booking.status == Booking.Status.DECLINED:
        return _("Declined"), _("Another request for this time was confirmed.")
    return (
        _("This booking has changed"),
        _("It got another time or another colleague after you were asked. A newer mail asks about that, if need be."),
    )  # fmt: skip


def _decision_of_others(approval: Approval) -> tuple[str, str] | None:
    """What somebody else answered to the same question, if that decided about the booking."""
    decisive = Q(state=State.APPROVED) | (Q(state=State.REJECTED) & (Q(kind=Kind.BOOKING) | Q(is_owner=True)))
    other = Approval.objects.filter(decisive, booking=approval.booking_id, sequence=approval.sequence).first()
    if other is None:
        return None
    who = {"name": other.decided_by}
    if other.state == State.APPROVED:
        return _("Confirmed"), _("%(name)s decided before you: this booking takes place.") % who
    return _("Declined"), _("%(name)s decided before you: this booking does not take place.") % who


def _rivals(booking: Booking, reader: clock.Clock, zone: zoneinfo.ZoneInfo) -> list[dict[str, str]]:
    """Who else asks for this time."""
    found = []
    for rival in rivals.of(booking):
        start, end = rival.starts_at.astimezone(zone), rival.ends_at.astimezone(zone)
        found.append({"name": rival.customer_name, "title": rival.title, "times": reader.times(start, end)})
    return found


def _asked(approval: Approval) -> list[Approval]:
    """Who was asked before the heads."""
    questions = Approval.objects.filter(booking=approval.booking_id, sequence=approval.sequence, is_owner=False)
    return list(questions.order_by("asked_at", "asked_name"))


def _moment(at: datetime | None, reader: clock.Clock, zone: zoneinfo.ZoneInfo) -> str:
    if at is None:
        return ""
    local = at.astimezone(zone)
    return f"{reader.day(local.date(), year=True)}, {reader.time(local)}"
