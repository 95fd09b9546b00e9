"""The way onto a waiting list: for whom nothing suits, from the picker of a service that keeps one (`?wait`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings.services import intake, senders, waiting
from bookings.views import choice as choices
from bookings.views import screen, stamps
from bookings.views.desk import Desk
from bookings.views.forms import DetailsForm
from bookings.views.visitor import count_try
from tenants import acting
from tenants.errors import InvalidInput

#: How far ahead the form looks unless told otherwise.
_AHEAD = timedelta(days=13)
_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class WaitingForm(DetailsForm):
    """Who waits, and for which days."""

    first_date = forms.DateField(label=_("From"), widget=_DATE, error_messages={"required": _("Please choose a day.")})
    last_date = forms.DateField(label=_("Until"), widget=_DATE, error_messages={"required": _("Please choose a day.")})

    template_name = "bookings/waiting_fields.html"
    service_names: ClassVar[dict[str, str]] = {"firstDate": "first_date", "lastDate": "last_date"}


def is_wanted(request: HttpRequest, desk: Desk) -> bool:
    """Whether the address asks for the waiting list of a service that has one."""
    return "wait" in request.GET and desk.service.waiting_list and desk.moving is None


def visit(request: HttpRequest, desk: Desk) -> HttpResponse:
    """GET shows the form, or that it worked; POST puts the visitor on the list."""
    if request.method == "POST":
        return _send(request, desk)
    if request.GET["wait"] == "done":
        return screen.aside(request, desk, "joined", {})
    first = max(desk.choice.day or desk.choice.month, desk.now.astimezone(desk.choice.zone).date())
    last = first if desk.choice.day else min(choices.next_month(first) - timedelta(days=1), first + _AHEAD)
    initial = {"first_date": first, "last_date": last, "request_key": stamps.issue(now=desk.now)}
    return _show(request, desk, WaitingForm(initial={**dict(desk.choice.carried), **initial}))


def _send(request: HttpRequest, desk: Desk) -> HttpResponse:
    count_try(request)
    form = WaitingForm(request.POST)
    if not form.is_valid():
        return _show(request, desk, form, status=422)
    age = stamps.age(form.cleaned_data["request_key"], now=desk.now)
    if age is None or age < settings.VISITOR_FILL_TIME:
        form.renew_key(now=desk.now)
        return _show(request, desk, form, status=422, problem=screen.too_quick())
    try:
        _join(desk, form)
    except InvalidInput as wrong:
        form.refuse(wrong)
        return _show(request, desk, form, status=422)
    except (intake.Blocked, waiting.NoWaitingList) as refused:
        return _show(request, desk, form, status=refused.status, problem=refused.detail)
    return HttpResponseRedirect(f"{desk.path}{desk.choice.query(wait='done')}", status=303)


def _join(desk: Desk, form: WaitingForm) -> None:
    customer = form.customer(time_zone=desk.choice.zone.key, language=translation.get_language() or "en")
    senders.count(page=desk.page, email=customer.email)
    waiting.join(
        service=desk.service, customer=customer, first_date=form.cleaned_data["first_date"],
        last_date=form.cleaned_data["last_date"], now=desk.now, actor=acting.visitor(customer.email),
        staff_id=desk.chosen_member,
    )  # fmt: skip


def _show(request: HttpRequest, desk: Desk, form: WaitingForm, *, status: int = 200, problem: str = "") -> HttpResponse:
    form.focus_first_error()
    person = desk.members[0].display_name if desk.chosen_member else ""
    context: dict[str, Any] = {"form": form, "problem": problem, "waiting_with": person or gettext("anyone")}
    context["action"] = f"{desk.path}{desk.choice.query(wait='')}"
    return screen.aside(request, desk, "wait", context, status=status)
