"""Bookings: a list to search, one by one, and cancelled with a reason."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import Approval, Booking, BookingPage, EventLink, StaffMember
from bookings.services import approvals, cancellation, deliveries, fairness, outcomes, rechecks
from bookings.views import answering
from bookings.views.staff import histories, sheets
from bookings.views.staff.desk import own_action, show, staff_page
from bookings.views.staff.forms import BookingFilter, CancelForm
from tenants.access import MemberRequest, actor_of
from tenants.errors import NotFound
from tenants.models import BusyPeriod

PER_PAGE = 25
#: A file is for people: more than this is for the API.
MOST_IN_FILE = 10_000


@staff_page(methods=["GET", "HEAD"])
def index(request: MemberRequest) -> HttpResponse:
    """The bookings this member may see, filtered."""
    form = listing_form(request)
    form.is_valid()
    wanted: dict[str, Any] = getattr(form, "cleaned_data", {})
    rows = narrowed(staff_access.bookings(request), wanted)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    kept = request.GET.copy()
    kept.pop("p", None)
    context = {"form": form, "bookings": page, "kept": kept.urlencode(), "when": wanted.get("when") or "upcoming"}
    return show(request, "staff/bookings.html", context, section="bookings")


def listing_form(request: MemberRequest) -> BookingFilter:
    """The filter, with the pages and states there are."""
    form = BookingFilter(request.GET or None)
    seen = staff_access.bookings(request).order_by()
    page: Any = form.fields["page"]
    page.queryset = BookingPage.objects.filter(pk__in=seen.values("page"))
    staff: Any = form.fields["staff"]
    beside = Booking.colleagues.through.objects.filter(booking__in=seen.values("pk")).values("staffmember")
    staff.queryset = StaffMember.objects.filter(Q(pk__in=seen.values("staff_member")) | Q(pk__in=beside))
    status: Any = form.fields["status"]
    status.choices = [("", _("Every status")), *Booking.Status.choices]
    return form


def narrowed(rows: Any, wanted: dict[str, Any]) -> Any:
    """Those that the filter asks for; upcoming ones first come first, past ones last come first."""
    now, when = timezone.now(), wanted.get("when") or "upcoming"
    if when == "upcoming":
        rows = rows.filter(ends_at__gt=now)
    elif when == "past":
        rows = rows.filter(ends_at__lte=now)
    if wanted.get("page"):
        rows = rows.filter(page=wanted["page"])
    if member := wanted.get("staff"):
        rows = rows.filter(Q(staff_member=member) | Q(is_collective=True, colleagues=member)).distinct()
    if wanted.get("status"):
        rows = rows.filter(status=wanted["status"])
    if text := wanted.get("q"):
        rows = rows.filter(
            Q(customer_name__icontains=text) | Q(customer_email__icontains=text) | Q(title__icontains=text)
        )
    return rows.order_by("starts_at" if when == "upcoming" else "-starts_at")


@staff_page(methods=["GET", "HEAD"])
def download(request: MemberRequest) -> HttpResponse:
    """The same list as a file, all of it; times as ISO 8601 in the member's zone."""
    form = listing_form(request)
    form.is_valid()
    rows = narrowed(staff_access.bookings(request), getattr(form, "cleaned_data", {}))[:MOST_IN_FILE]
    head = [
        "start", "end", "status", "title", "page", "staff", "customer", "email", "phone", "note", "answers", "guests",
        "price", "campaign", "booked", "cancelReason",
    ]  # fmt: skip
    return sheets.answer("bookings", head, (line(booking) for booking in rows))


def line(booking: Booking) -> list[Any]:
    """One booking as a row of the file."""
    answers = "; ".join(f"{row['label']}: {row['answer']}" for row in booking.answers)
    start, end, made = (timezone.localtime(at) for at in (booking.starts_at, booking.ends_at, booking.created_at))
    return [
        start.isoformat(), end.isoformat(), booking.get_status_display(), booking.title, str(booking.page),
        str(booking.staff_member), booking.customer_name, booking.customer_email, booking.customer_phone,
        booking.customer_notes, answers, "; ".join(booking.guests), booking.price_text, booking.campaign,
        made.isoformat(timespec="seconds"), booking.cancel_reason,
    ]  # fmt: skip


@staff_page(methods=["GET", "HEAD"])
def detail(request: MemberRequest, booking_id: uuid.UUID) -> HttpResponse:
    """Everything about one booking."""
    booking = staff_access.booking(request, booking_id)
    now = timezone.now()
    may_change = staff_access.may_change(request, booking)
    to_come = not booking.is_cancelled and booking.starts_at > now
    others = booking.session.bookings.exclude(pk=booking.pk).exclude(status__in=Booking.GONE) if booking.session else ()
    context = {
        "booking": booking,
        "events": events(booking),
        "others": list(others),
        "form": CancelForm() if to_come and may_change else None,
        "may_change": may_change,
        "may_hand_over": to_come and not booking.is_collective and not booking.page.is_personal,
        "may_mark": may_change and now >= booking.starts_at and booking.status in outcomes.ACTIONS,
        "assignments": fairness.ledger(booking.assignments.select_related("staff_member")),
        "approvals": approvals.of(booking),
        "question": open_question(request, booking, now) if booking.is_pending else None,
        "deliveries": deliveries.of(booking, now=now),
        "may_resend": may_change,
        "history": histories.of(booking),
        "in_the_way": in_the_way(request, booking, now),
    }
    return show(request, "staff/booking.html", context, section="bookings")


def open_question(request: MemberRequest, booking: Booking, now: datetime) -> Approval | None:
    """The question about a booking that this member can answer, their own before another's."""
    asked = staff_access.approvals(request).filter(booking=booking, state=Approval.State.WAITING)
    found = [question for question in asked if answering.is_open(question, now)]
    return min(found, key=lambda question: not staff_access.is_asked(request, question), default=None)


def events(booking: Booking) -> list[tuple[EventLink, bool]]:
    """Its events in Outlook, one for each mailbox, with whether Outlook has the latest."""
    whose = Q(session=booking.session_id) if booking.session_id else Q(booking=booking)
    current = booking.session.sequence if booking.session else booking.sequence
    rows = EventLink.objects.filter(whose).exclude(event_id="").select_related("mailbox")
    return [(row, row.pushed_sequence >= current) for row in rows]


def in_the_way(request: MemberRequest, booking: Booking, now: datetime) -> list[tuple[StaffMember, BusyPeriod, str]]:
    """What Outlook has at the time of a booking that clashes: whose it is, when, and what the member may read of it."""
    if booking.recheck != Booking.Recheck.CLASH or booking.is_cancelled or booking.ends_at <= now:
        return []
    found = []
    for host in booking.hosts:
        is_own = host.mailbox is not None and host.mailbox.user_id == request.user.pk
        found += [(host, event, event.title if is_own else "") for event in rechecks.events(booking, [host])]
    return found


@own_action
def keep(request: MemberRequest, booking_id: uuid.UUID) -> HttpResponse:
    """Lets a booking stand that clashes with Outlook. Raises why it cannot."""
    booking = staff_access.booking(request, booking_id)
    if not staff_access.may_change(request, booking):
        raise NotFound
    rechecks.keep(booking=booking, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("The booking stays as it is. Nobody is told."))
    return redirect("staff:booking", booking.pk)


@own_action
def cancel(request: MemberRequest, booking_id: uuid.UUID) -> HttpResponse:
    """Cancels for good; both sides are told by mail. Raises why it cannot."""
    booking = staff_access.booking(request, booking_id)
    if not staff_access.may_change(request, booking):
        raise NotFound
    form = CancelForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    cancellation.cancel(booking=booking, now=timezone.now(), actor=actor_of(request), reason=reason)
    messages.success(request, _("The booking is cancelled. Customer and staff are told by mail."))
    return redirect("staff:booking", booking.pk)
