"""The waiting list as a visitor sees it: joined where nothing is free, seen and left by the link in the mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from bookings import access
from bookings.models import TimeOffer, WaitingEntry
from bookings.services import intake, senders, waiting
from bookings.services.intake import Blocked
from bookings.views import clock, picker, stamps, zones
from bookings.views.desk import Desk
from bookings.views.forms import DetailsForm
from bookings.views.visitor import count_try, inside, secret, show
from tenants import acting
from tenants.errors import InvalidInput

#: How many days the form proposes.
_PROPOSED = timedelta(days=13)
_FIELD_OF = {"firstDate": "first_date", "lastDate": "last_date", "staff": "staff"}
_DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class WaitingForm(DetailsForm):
    """Who waits, and for which days."""

    template_name = "bookings/waiting_fields.html"

    first_date = forms.DateField(label=_("From"), widget=_DATE)
    last_date = forms.DateField(label=_("Until"), widget=_DATE)

    def __init__(self, *args: Any, team: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if team:
            choices = [("", _("Anyone who is free")), *team]
            self.fields["staff"] = forms.ChoiceField(label=_("With"), choices=choices, required=False)

    def refuse(self, wrong: InvalidInput) -> None:
        """Shows what the service found wrong, at the field it is about."""
        super().refuse(InvalidInput({_FIELD_OF.get(name, name): texts for name, texts in wrong.errors.items()}))


def visit(request: HttpRequest, desk: Desk) -> HttpResponse:
    """`?waiting` of a service's address: GET asks who waits for which days, POST puts them on the list.

    The answer says nothing about who is on the list already: the link to the place goes by mail only.
    """
    if not desk.service.waiting_list:
        raise waiting.NoWaitingList
    if request.method == "POST":
        return _send(request, desk)
    if "joined" in request.GET:
        return show(request, desk.page, "bookings/waiting_joined.html", _frame(desk))
    return _form_page(request, desk, _form(desk))


@require_http_methods(["GET", "HEAD", "POST"])
@secret
def entry(request: HttpRequest, token: str) -> HttpResponse:
    """The place in the list (GET), and the button that leaves it (POST)."""
    now = timezone.now()
    found = access.waiting_entry(token)
    with inside(found.tenant):
        if request.method == "POST":
            count_try(request)
            waiting.leave(entry=found, now=now, actor=acting.visitor(found.customer_email))
            return HttpResponseRedirect(f"/waiting/{token}", status=303)
        return show(request, found.service.page, "bookings/waiting.html", _place(request, found, now))


def _send(request: HttpRequest, desk: Desk) -> HttpResponse:
    count_try(request)
    form = _form(desk, request.POST)
    if not form.is_valid():
        return _form_page(request, desk, form, status=422)
    shown_for = stamps.age(form.cleaned_data["request_key"], now=desk.now)
    if shown_for is None or shown_for < settings.VISITOR_FILL_TIME:
        problem = gettext("That was very quick. Please look over your details and send them once more.")
        return _form_page(request, desk, form, status=422, problem=problem)
    customer = form.customer(time_zone=desk.choice.zone.key, language=translation.get_language() or "en")
    data = form.cleaned_data
    chosen = next((member.pk for member in desk.team if str(member.pk) == data.get("staff")), None)
    senders.count(page=desk.page, email=customer.email)
    try:
        waiting.join(
            service=desk.service, customer=customer, first_date=data["first_date"], last_date=data["last_date"],
            staff_id=chosen, link=desk.link, now=desk.now, actor=acting.visitor(customer.email),
        )  # fmt: skip
    except InvalidInput as wrong:
        form.refuse(wrong)
        return _form_page(request, desk, form, status=422)
    except Blocked as blocked:
        return _form_page(request, desk, form, status=403, problem=str(blocked.detail))
    return HttpResponseRedirect(f"{desk.path}{desk.choice.query(waiting='', joined='')}", status=303)


def _form(desk: Desk, data: Any = None) -> WaitingForm:
    team = [(str(member.pk), member.display_name) for member in desk.team] if desk.may_choose_staff else []
    if data is not None:
        return WaitingForm(data, team=team, without=intake.not_collected(desk.page.tenant))
    first = max(desk.choice.day or desk.now.astimezone(desk.choice.zone).date(), desk.now.date())
    last = first if desk.choice.day else first + _PROPOSED
    brought = {name: desk.choice.brought(name) for name in ("name", "email", "phone", "notes")}
    initial = brought | {
        "first_date": first, "last_date": last, "staff": str(desk.choice.staff_id or ""),
        "request_key": stamps.issue(now=desk.now),
    }  # fmt: skip
    return WaitingForm(initial=initial, team=team, without=intake.not_collected(desk.page.tenant))


def _form_page(
    request: HttpRequest, desk: Desk, form: WaitingForm, *, status: int = 200, problem: str = ""
) -> HttpResponse:
    form.focus_first_error()
    context = _frame(desk) | {
        "form": form, "problem": problem, "action": f"{desk.path}{desk.choice.query(waiting='')}",
    }  # fmt: skip
    return show(request, desk.page, "bookings/waiting_join.html", context, status=status)


def _frame(desk: Desk) -> dict[str, Any]:
    return {
        "service": desk.service, "duration": clock.duration(desk.service.duration),
        "zone": zones.label(desk.choice.zone, desk.now), "initials": picker.initials(desk.page.display_name),
        "back": f"{desk.path}{desk.choice.query()}", "link_only": desk.link is not None,
    }  # fmt: skip


def _place(request: HttpRequest, found: WaitingEntry, now: datetime) -> dict[str, Any]:
    """Where the entry stands, in the customer's zone."""
    reader = clock.of(request)
    zone = zones.known(found.customer_time_zone) or zones.known("UTC")
    is_open = found.state in waiting.OPEN
    offers = TimeOffer.objects.filter(entry=found, used_at=None, expires_at__gt=now) if is_open else ()
    return {
        "entry": found,
        "service": found.service,
        "open": is_open,
        "place": waiting.place(found) if is_open else 0,
        "offer": next(iter(offers), None),
        "first": reader.day(found.first_date, year=True),
        "last": reader.day(found.last_date, year=True),
        "zone": zones.label(zone, now) if zone else "UTC",
        "person": found.staff_member.display_name if found.staff_member and not found.service.page.hides_staff else "",
        "initials": picker.initials(found.service.page.display_name),
        "refused": "refused" in request.GET,
        "again": found.service.page.path if found.service.is_public else "",
        "action": f"/waiting/{found.token}",
        "link_only": not found.service.is_public,
    }
