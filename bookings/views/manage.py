"""A customer's own booking, by the link in their mail: seen (GET), moved and cancelled (POST)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings import access
from bookings.models import Booking, Service
from bookings.notifications import ics
from bookings.services import cancellation, changing, rescheduling, senders
from bookings.views import add_to_calendar, clock, desk, picker, screen, standing, zones
from bookings.views import choice as choices
from bookings.views.forms import CancelForm
from bookings.views.visitor import count_try, inside, secret, show
from tenants import acting
from tenants.errors import DomainError


@require_safe
@secret
def see(request: HttpRequest, token: str) -> HttpResponse:
    """The booking, what can be done with it, and right after booking or moving that it worked."""
    now = timezone.now()
    booking = access.managed_booking(token)
    with inside(booking.tenant):
        just = next((name for name in ("booked", "moved") if name in request.GET), "")
        return _overview(request, booking, token, now, just)


@require_http_methods(["GET", "HEAD", "POST"])
@secret
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """GET says what cancelling does and asks, POST cancels."""
    now = timezone.now()
    booking = access.managed_booking(token)
    with inside(booking.tenant):
        form = CancelForm(
            request.POST if request.method == "POST" else None, reason_required=booking.service.reason_required
        )
        facts = _facts(request, booking, token, now)
        if request.method == "POST":
            count_try(request)
            if form.is_valid() or not facts["standing"].may_cancel:
                return _cancelled(request, booking, token, form, now)
        elif not facts["standing"].may_cancel:
            return HttpResponseRedirect(f"/manage/{token}")
        form.focus_first_error()
        status = 422 if form.errors else 200
        return show(request, booking.page, "bookings/cancel.html", facts | {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@secret
def reschedule(request: HttpRequest, token: str) -> HttpResponse:
    """GET offers the same picker, its own time counting as free, and asks to confirm; POST moves the booking."""
    now = timezone.now()
    booking = access.managed_booking(token)
    with inside(booking.tenant):
        if request.method != "POST" and not standing.of(booking, now=now, clock=clock.of(request)).may_move:
            return HttpResponseRedirect(f"/manage/{token}")
        place = _desk(request, booking, token, now)
        at = choices.instant(request.POST.get("instead", "")) or place.choice.time
        if request.method == "POST" and at is not None:
            return _moved(request, place, booking, token, at)
        if at is None:
            return screen.pick(request, place)
        if not place.is_offered(at):
            return screen.pick(request, place, taken=True)
        return screen.confirm_move(request, place, at)


@require_safe
@secret
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The booking as a file for any calendar."""
    booking = access.managed_booking(token)
    with inside(booking.tenant):
        text = ics.calendar_file(booking, reader="customer", method="PUBLISH", now=timezone.now())
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response["Content-Disposition"] = 'attachment; filename="booking.ics"'
    return response


def _overview(
    request: HttpRequest, booking: Booking, token: str, now: datetime, just: str = "", *, status: int = 200
) -> HttpResponse:
    """The booking as it stands; with another status after a change that was refused: the page says why."""
    facts = _facts(request, booking, token, now)
    facts["head"] = standing.heading(booking, facts["standing"], just)
    if facts["standing"].is_ahead and not booking.is_pending:
        facts["calendars"] = add_to_calendar.links(booking)
    return show(request, booking.page, "bookings/manage.html", facts, status=status)


def _cancelled(request: HttpRequest, booking: Booking, token: str, form: CancelForm, now: datetime) -> HttpResponse:
    reason = form.cleaned_data.get("reason", "")
    try:
        cancellation.cancel(booking=booking, now=now, actor=acting.visitor(booking.customer_email), reason=reason)
    except changing.NoLongerChangeable:
        booking.refresh_from_db(fields=["status"])
        if not booking.is_cancelled:  # else it was sent twice: the wish is fulfilled
            raise
    except (changing.NotAllowedToChange, changing.TooLateToChange) as refused:
        return _overview(request, booking, token, now, status=refused.status)
    return HttpResponseRedirect(f"/manage/{token}", status=303)


def _moved(request: HttpRequest, place: desk.Desk, booking: Booking, token: str, at: datetime) -> HttpResponse:
    count_try(request)
    senders.count_letters(page=booking.page, email=booking.customer_email, guests=booking.guests)
    try:
        rescheduling.reschedule(
            booking=booking, starts_at=at, now=place.now, actor=acting.visitor(booking.customer_email)
        )
    except changing.NoLongerChangeable:
        raise
    except (changing.NotAllowedToChange, changing.TooLateToChange) as refused:
        return _overview(request, booking, token, place.now, status=refused.status)
    except DomainError as refused:
        nearest = refused.extra.get("alternatives")
        return screen.confirm_move(request, place, at, problem=refused.detail, alternatives=nearest, status=409)
    return HttpResponseRedirect(f"/manage/{token}?moved", status=303)


def _desk(request: HttpRequest, booking: Booking, token: str, now: datetime) -> desk.Desk:
    place = desk.open_desk(
        request, page=booking.page, service=booking.service, path=f"/manage/{token}/reschedule", now=now,
        back=f"/manage/{token}", moving=booking, zone=booking.customer_time_zone,
    )  # fmt: skip
    return place


def _facts(request: HttpRequest, booking: Booking, token: str, now: datetime) -> dict[str, Any]:
    """What, when, where, with whom, in the zone the customer booked in."""
    reader = clock.of(request)
    zone = zones.known(booking.customer_time_zone) or zones.known("UTC")
    start, end = booking.starts_at.astimezone(zone), booking.ends_at.astimezone(zone)
    return {
        "booking": booking,
        "base": f"/manage/{token}",
        "standing": standing.of(booking, now=now, clock=reader),
        "day": reader.day(start.date(), year=True),
        "times": reader.times(start, end),
        "zone": zones.label(zone, booking.starts_at) if zone else "UTC",
        "person": _person(booking),
        "asks_first": booking.service.approval != Service.Approval.NONE,
        "initials": picker.initials(booking.page.display_name),
        "again": booking.page.path if booking.link_id is None else "",
    }


def _person(booking: Booking) -> str:
    """With whom, as far as that is settled: while colleagues are asked in turn, it is not."""
    hidden = booking.page.is_personal or booking.page.hides_staff or booking.is_in_turn
    return "" if hidden else picker.together(booking.hosts)
