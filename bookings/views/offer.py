"""A time offered by a one-time link: GET shows it, POST books it or says no. Whoever has the link acts for its reader.

| the offer is …                 | GET                                      | POST                                     |
|--------------------------------|------------------------------------------|------------------------------------------|
| open                           | the time, and a button that books it     | 303 to the booking                       |
| open, its time gone            | the nearest free times, one click each   | 409, the same                            |
| used for this very time        | 410, with the way to the booking         | 303 to the booking: it was sent twice    |
| over, or another one was used  | 410, says why                            | 410                                      |
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bookings import access
from bookings.models import Service, TimeOffer
from bookings.services import intake, taking, time_offers
from bookings.views import choice as choices
from bookings.views import clock, picker, zones
from bookings.views.forms import DetailsForm
from bookings.views.visitor import admit, count_try, inside, secret, show
from tenants import acting
from tenants.errors import DomainError, InvalidInput


class OfferForm(DetailsForm):
    """What the service asks beyond what is known from the booking or the waiting list."""

    template_name = "bookings/offer_fields.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "email", "phone", "notes", "request_key", "website"):
            del self.fields[name]


@require_http_methods(["GET", "HEAD", "POST"])
@secret
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Shows an offered time (GET); books or refuses it (POST)."""
    now = timezone.now()
    found = access.time_offer(token)
    with inside(found.tenant):
        if found.tenant.blocks_outside:
            admit(request, found.service.page)
        try:
            if request.method == "POST":
                count_try(request)
                return _refused(found, now) if "refuse" in request.POST else _book(request, found, now)
            time_offers.check(offer=found, now=now)
        except time_offers.OfferOver as over:
            return _over(request, found, over, now)
        if taking.is_free(found, now=now):
            return _shown(request, found, now)
        return _gone(request, found, now, _("This time is no longer free."), status=200)


def _book(request: HttpRequest, found: TimeOffer, now: datetime) -> HttpResponse:
    if found.booking is not None:
        return HttpResponseRedirect(f"/manage/{found.booking.manage_token}", status=303)
    time_offers.check(offer=found, now=now)
    form = _form(found, request.POST)
    if not form.is_valid():
        return _shown(request, found, now, form=form, status=422)
    instead = choices.instant(request.POST.get("instead", ""))
    try:
        made = taking.take(offer=found, now=now, details=form.details(campaign=""), instead=instead)
    except InvalidInput as wrong:
        form.refuse(wrong)
        return _shown(request, found, now, form=form, status=422)
    except time_offers.OfferOver:
        raise
    except DomainError as refused:
        if refused.status != 409:
            raise
        return _gone(request, found, now, str(refused.detail), form=form, status=409)
    return HttpResponseRedirect(f"/manage/{made.manage_token}?booked", status=303)


def _refused(found: TimeOffer, now: datetime) -> HttpResponse:
    """Says no: the time goes to the next one, the place in the list is kept."""
    time_offers.check(offer=found, now=now)
    if found.entry is None:
        return HttpResponseRedirect(f"/offer/{found.token}", status=303)
    time_offers.end(offer=found, now=now, actor=acting.visitor(found.entry.customer_email, source="offer"))
    return HttpResponseRedirect(f"/waiting/{found.entry.token}?refused", status=303)


def _form(found: TimeOffer, data: Any = None) -> OfferForm:
    service, origin = found.service, found.origin
    extra = {
        "asked": intake.asked(service), "consent": service.page.consent_text, "guests": service.guests_allowed,
    }  # fmt: skip
    if data is not None:
        return OfferForm(data, **extra)
    known = {f"q_{row['question']}": row.get("chosen", row["answer"]) for row in origin.answers} if origin else {}
    guests = ", ".join(origin.guests) if origin else ""
    return OfferForm(initial=known | {"guests": guests}, **extra)


def _shown(
    request: HttpRequest, found: TimeOffer, now: datetime, *, form: OfferForm | None = None, status: int = 200
) -> HttpResponse:
    form = form or _form(found)
    form.focus_first_error()
    reader, zone = clock.of(request), _zone(found)
    held = time_offers.is_held(found, now=now)
    until = found.expires_at.astimezone(zone)
    context = _facts(request, found) | {
        "form": form,
        "held": held,
        "until": reader.time(until) if until.date() == now.astimezone(zone).date() else _until(reader, until),
        "may_refuse": found.entry_id is not None,
        "waits_for_approval": found.service.approval != Service.Approval.NONE,
    }
    return show(request, found.service.page, "bookings/offer.html", context, status=status)


def _gone(
    request: HttpRequest, found: TimeOffer, now: datetime, problem: str, *, status: int, form: OfferForm | None = None
) -> HttpResponse:
    """The offered time cannot be had: the nearest ones that can."""
    reader, zone = clock.of(request), _zone(found)
    options = [
        {"value": choices.as_text(at), "day": reader.day(at.astimezone(zone).date()),
         "time": reader.time(at.astimezone(zone))}
        for at in taking.alternatives(found, now=now)
    ]  # fmt: skip
    context = _facts(request, found) | {
        "form": form or _form(found), "problem": problem, "alternatives": options,
        "may_refuse": found.entry_id is not None,
    }  # fmt: skip
    return show(request, found.service.page, "bookings/offer.html", context, status=status)


def _over(request: HttpRequest, found: TimeOffer, over: time_offers.OfferOver, now: datetime) -> HttpResponse:
    page, service = found.service.page, found.service
    context = {
        "used": over.code == "offerUsed",
        "text": over.detail,
        "manage": f"/manage/{found.booking.manage_token}" if found.booking else "",
        "again": page.path if service.is_public and time_offers.is_reachable(service, now) else "",
        "place": f"/waiting/{found.entry.token}" if found.entry else "",
        "link_only": not service.is_public,
    }
    return show(request, page, "bookings/offer_over.html", context, status=over.status)


def _facts(request: HttpRequest, found: TimeOffer) -> dict[str, Any]:
    """What, when, with whom, for whom: in the zone the customer gave."""
    reader, zone, service = clock.of(request), _zone(found), found.service
    start = found.starts_at.astimezone(zone)
    hidden = service.page.is_personal or service.page.hides_staff
    person = found.staff_member.display_name if found.staff_member and not hidden else ""
    return {
        "offer": found,
        "service": service,
        "customer": taking.customer_of(found),
        "day": reader.day(start.date(), year=True),
        "times": reader.times(start, (found.starts_at + service.duration).astimezone(zone)),
        "zone": zones.label(zone, found.starts_at),
        "person": person,
        "initials": picker.initials(service.page.display_name),
        "action": f"/offer/{found.token}",
        "link_only": not service.is_public,
    }


def _until(reader: clock.Clock, until: datetime) -> str:
    return _("%(day)s, %(time)s") % {"day": reader.day(until.date()), "time": reader.time(until)}


def _zone(found: TimeOffer) -> Any:
    return zones.known(taking.customer_of(found).time_zone) or zones.known("UTC")
