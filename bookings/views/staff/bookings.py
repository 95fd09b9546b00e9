"""Bookings: a list to search, one by one, and cancelled with a reason."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import Booking, BookingPage
from bookings.services import cancellation, deliveries
from bookings.views.staff.desk import own_action, show, staff_page
from bookings.views.staff.forms import BookingFilter, CancelForm
from tenants.access import MemberRequest, actor_of
from tenants.errors import NotFound

PER_PAGE = 25


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
    seen = staff_access.bookings(request).order_by().values("page")
    page: Any = form.fields["page"]
    page.queryset = BookingPage.objects.filter(pk__in=seen)
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
    if wanted.get("status"):
        rows = rows.filter(status=wanted["status"])
    if text := wanted.get("q"):
        rows = rows.filter(
            Q(customer_name__icontains=text) | Q(customer_email__icontains=text) | Q(title__icontains=text)
        )
    return rows.order_by("starts_at" if when == "upcoming" else "-starts_at")


@staff_page(methods=["GET", "HEAD"])
def detail(request: MemberRequest, booking_id: uuid.UUID) -> HttpResponse:
    """Everything about one booking."""
    booking = staff_access.booking(request, booking_id)
    now = timezone.now()
    changeable = not booking.is_cancelled and booking.starts_at > now and staff_access.may_change(request, booking)
    context = {
        "booking": booking,
        "link": booking.event_links.first(),
        "form": CancelForm() if changeable else None,
        "deliveries": deliveries.of(booking, now=now),
        "may_resend": staff_access.may_change(request, booking),
    }
    return show(request, "staff/booking.html", context, section="bookings")


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
