"""The one screen of three steps: it shows the picker or the details, whole or the part that htmx asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from bookings.models import Service
from bookings.services import intake
from bookings.views import choice as choices
from bookings.views import holding, picker, stamps, zones
from bookings.views.desk import Desk
from bookings.views.forms import DetailsForm, brought
from bookings.views.visitor import show

#: What htmx may swap, by the id of its target.
_PARTS = {"times": "bookings/parts/times.html", "screen": "bookings/parts/screen.html"}
_WHOLE = "bookings/book.html"
_PICKER = "bookings/parts/picker.html"


def pick(request: HttpRequest, desk: Desk, *, taken: bool = False) -> HttpResponse:
    """The calendar and the times. `taken`: the time of the address is no longer on offer."""
    part = _part(request)
    if part == _PARTS["times"] and desk.choice.day:
        context = picker.times_only(desk, desk.choice.day)
    else:
        context = {
            **_frame(desk),
            **picker.whole(desk),
            "panel": _PICKER,
            "step": 2,
            "taken": taken,
            "stale": desk.is_stale(),
        }
    return show(request, desk.page, part or _WHOLE, {"desk": desk, **context})


def form_of(desk: Desk, data: Any = None) -> DetailsForm:
    """The form of this service: with its questions, as sent, or filled in with what the address brought."""
    asked = intake.asked(desk.service)
    extra: dict[str, Any] = {
        "asked": asked, "consent": desk.page.consent_text, "guests": desk.service.guests_allowed,
        "without": intake.not_collected(desk.page.tenant),
    }  # fmt: skip
    if data is not None:
        return DetailsForm(data, **extra)
    initial = {**brought(desk.choice.carried, asked), "request_key": stamps.issue(now=desk.now)}
    return DetailsForm(initial=initial, **extra)


def details(
    request: HttpRequest, desk: Desk, at: datetime, *, form: DetailsForm | None = None, status: int = 200,
    problem: str = "", alternatives: list[datetime] | None = None,
) -> HttpResponse:  # fmt: skip
    """The form for the chosen time. `alternatives` are nearest free times, to be taken with one click."""
    shown = form or form_of(desk)
    shown.focus_first_error()
    context = {"form": shown, "problem": problem, "alternatives": alternatives, "stale": desk.is_stale()}
    return last_step(request, desk, at, "details", context, status=status)


def confirm_move(
    request: HttpRequest, desk: Desk, at: datetime, *, status: int = 200, problem: str = "",
    alternatives: list[datetime] | None = None,
) -> HttpResponse:  # fmt: skip
    """The last look before a booking moves to the chosen time."""
    before = picker.when(desk, desk.moving.starts_at) if desk.moving else {}
    context = {"before": before, "problem": problem, "alternatives": alternatives}
    return last_step(request, desk, at, "move", context, status=status)


def last_step(
    request: HttpRequest, desk: Desk, at: datetime, panel: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Whatever follows the choice of the time `at`: the part `panel` beside the summary."""
    context = context | {
        **_frame(desk, at),
        "panel": f"bookings/parts/{panel}.html",
        "step": 3,
        "at": choices.as_text(at),
        "zone": desk.choice.zone.key,
        "staff": desk.choice.staff_id or "",
        "hold_key": holding.key_for_form(request) if desk.moving is None and desk.service.seats == 1 else "",
        "asks_first": desk.service.approval != Service.Approval.NONE,
        "others_may_ask": not desk.service.pending_holds,
        "alternatives": [_alternative(desk, time) for time in context.get("alternatives") or []],
        "action": f"{desk.path}{desk.choice.query(time=choices.as_text(at))}",
    }
    return show(request, desk.page, _part(request) or _WHOLE, context, status=status)


def too_quick() -> str:
    """The sentence for a form that was sent faster than people read."""
    return gettext("That was very quick. Please look over your details and send them once more; nothing is lost.")


def _frame(desk: Desk, at: datetime | None = None) -> dict[str, Any]:
    """What both steps show: the summary, the steps, the way back, and which zone the screen speaks."""
    return {
        "summary": picker.summary(desk, at),
        "back": f"{desk.back}{desk.choice.query()}" if desk.back else "",
        "moving": desk.moving,
        "path": desk.path,
        "link_only": desk.link is not None,
        "screen_zone": desk.choice.zone.key,
        "zone_given": desk.choice.zone_given,
    }


def _alternative(desk: Desk, at: datetime) -> dict[str, str]:
    local = at.astimezone(desk.choice.zone)
    return {
        "value": choices.as_text(at),
        "day": desk.clock.day(local.date()),
        "time": desk.clock.time(local),
        "zone": zones.label(desk.choice.zone, at),
    }


def _part(request: Any) -> str:
    """The template htmx asks for; none where a whole page is wanted."""
    if not request.htmx or request.htmx.history_restore_request:
        return ""
    return _PARTS.get(request.htmx.target or "", "")
