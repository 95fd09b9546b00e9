"""What staff do to a booking: move it, hand it over, say what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings import staff_access
from bookings.models import Booking
from bookings.services import outcomes, reassignment, rescheduling
from bookings.views import choice as choices
from bookings.views.staff import times
from bookings.views.staff.desk import own_action, show, staff_page
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import DomainError, NotFound


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("It is kept with the booking’s history."),
    )  # fmt: skip


@staff_page(*STAFF)
def move(request: MemberRequest, booking_id: uuid.UUID) -> HttpResponse:
    """Another time: from the offer, or any time at which nobody is busy. POST moves and tells both sides."""
    booking, now = changeable(request, booking_id), timezone.now()
    if request.method == "POST":
        return moved(request, booking, now)
    chosen = times.chosen(request.GET, now)
    return show_move(request, booking, now, chosen, form=ReasonForm())


def moved(request: MemberRequest, booking: Booking, now: datetime) -> HttpResponse:
    """The booking at its new time, or why not and what is near."""
    at, form = choices.instant(request.POST.get("at", "")), ReasonForm(request.POST)
    freely = request.POST.get("freely") == "yes"
    if at is None or not form.is_valid():
        return redirect("staff:booking_move", booking.pk)
    reason = form.cleaned_data["reason"]
    try:
        rescheduling.reschedule(
            booking=booking, starts_at=at, now=now, actor=actor_of(request), reason=reason, freely=freely
        )
    except DomainError as refused:
        if refused.status != 409 or "alternatives" not in refused.extra:
            raise
        found = times.nearest(request, refused.extra["alternatives"], {})
        chosen = times.Chosen(at, freely, times.FreeForm(initial={"free": at}))
        return show_move(request, booking, now, chosen, form=form, problem=refused.detail, near=found, status=409)
    messages.success(request, _("The booking is moved. Customer and staff are told by mail."))
    return redirect("staff:booking", booking.pk)


def show_move(
    request: MemberRequest, booking: Booking, now: datetime, chosen: times.Chosen, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The week to choose from, and the chosen time to confirm."""
    alone = booking.session is not None and booking.session.seats_taken == 1
    own = (booking.pk, booking.session_id) if alone and booking.session_id else (booking.pk,)
    context = {
        "booking": booking,
        "chosen": chosen,
        "chosen_text": times.said(request, chosen.at, booking.ends_at - booking.starts_at) if chosen.at else "",
        "at": choices.as_text(chosen.at) if chosen.at else "",
        "week": times.week(
            request, page=booking.page, service=booking.service, members=booking.hosts, now=now, kept={}, ignoring=own,
            start=chosen.at or booking.starts_at,
        ),
    }  # fmt: skip
    return show(request, "staff/booking_move.html", context | more, section="bookings", status=status)


@staff_page(*STAFF)
def reassign(request: MemberRequest, booking_id: uuid.UUID) -> HttpResponse:
    """Hands a booking over to a colleague who is free; customer and both colleagues are told."""
    booking, now = changeable(request, booking_id), timezone.now()
    people = reassignment.candidates(booking, now)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        to = next((member for member in people if str(member.pk) == request.POST.get("to")), None)
        if to is None:
            raise reassignment.NotFree
        given = reassignment.reassign(
            booking=booking, to=to, now=now, actor=actor_of(request), reason=form.cleaned_data["reason"]
        )
        text = _("%(name)s has the booking now. Everybody concerned is told.")
        if given.is_pending:
            text = _("%(name)s is asked to take the booking over. It waits until then.")
        messages.success(request, text % {"name": to})
        return redirect("staff:booking", booking.pk)
    return show(
        request, "staff/booking_reassign.html", {"booking": booking, "people": people, "form": form}, section="bookings"
    )


@own_action
def outcome(request: MemberRequest, booking_id: uuid.UUID) -> HttpResponse:
    """Completed, nobody came, or neither after all."""
    booking = staff_access.booking(request, booking_id)
    if not staff_access.may_change(request, booking):
        raise NotFound
    status = request.POST.get("status", "")
    outcomes.mark(booking=booking, status=status, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("Noted. Nobody is told."))
    return redirect("staff:booking", booking.pk)


def changeable(request: MemberRequest, booking_id: uuid.UUID) -> Booking:
    """A booking that this member may change, or NotFound. Raises NoLongerChangeable for what is gone or has begun."""
    booking = staff_access.booking(request, booking_id)
    if not staff_access.may_change(request, booking):
        raise NotFound
    if booking.is_cancelled or booking.starts_at <= timezone.now():
        raise rescheduling.NoLongerChangeable
    return booking
