"""Sends the details: one booking for one form, however often it arrives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext

from bookings.services import booking as bookings
from bookings.services import private_links
from bookings.views import choice as choices
from bookings.views import screen
from bookings.views.desk import Desk
from bookings.views.forms import DetailsForm, new_key
from bookings.views.visitor import count_try
from tenants import acting
from tenants.errors import DomainError, InvalidInput
from tenants.services import idempotency


def visit(request: HttpRequest, desk: Desk) -> HttpResponse:
    """GET shows the picker or the details, POST books. Raises LinkUnusable where the desk's link is over."""
    if request.method == "POST":
        return _send(request, desk)
    _check_link(desk)
    if desk.choice.time is None:
        return screen.pick(request, desk)
    if not desk.members or not desk.is_offered(desk.choice.time):
        return screen.pick(request, desk, taken=True)
    return screen.details(request, desk, desk.choice.time)


def _send(request: HttpRequest, desk: Desk) -> HttpResponse:
    count_try(request)
    at = choices.instant(request.POST.get("instead", "")) or desk.choice.time
    if at is None:
        return screen.pick(request, desk, taken=True)
    form = DetailsForm(request.POST)
    if not form.is_valid():
        _check_link(desk)
        return screen.details(request, desk, at, form=form, status=422)
    if desk.choice_is_gone:
        anyone = replace(desk, choice=replace(desk.choice, staff_id=None))
        return _refused(request, anyone, at, form, str(bookings.NoStaff.detail))
    try:
        return HttpResponseRedirect(_book_once(desk, at, form), status=303)
    except InvalidInput as wrong:
        form.refuse(wrong)
        return screen.details(request, desk, at, form=form, status=422)
    except private_links.LinkUnusable:
        raise
    except idempotency.KeyReused:
        problem = gettext("This form has booked a meeting before. Send it again for another.")
        return _refused(request, desk, at, form, problem)
    except DomainError as refused:
        return _refused(request, desk, at, form, refused.detail, refused.extra.get("alternatives"))


def _check_link(desk: Desk) -> None:
    # A form that is sent twice is answered twice, even where its first booking used the link up.
    if desk.link is not None:
        private_links.check(link=desk.link, now=desk.now)


def _refused(
    request: HttpRequest, desk: Desk, at: Any, form: DetailsForm, problem: str, alternatives: Any = None
) -> HttpResponse:
    """The same form with everything that was typed, why it did not work, and what does."""
    data = request.POST.copy()
    data["request_key"] = new_key()
    form.data = data
    return screen.details(request, desk, at, form=form, status=409, problem=problem, alternatives=alternatives)


def _book_once(desk: Desk, at: Any, form: DetailsForm) -> str:
    """The address of the booking that this form made, now or when it was first sent."""
    customer = form.customer(time_zone=desk.choice.zone.key, language=translation.get_language() or "en")

    def act() -> idempotency.Answer:
        made = bookings.book(
            page=desk.page, service=desk.service, starts_at=at, customer=customer, now=desk.now,
            actor=acting.visitor(customer.email), staff_id=_staff_id(desk), link=desk.link,
        )  # fmt: skip
        return 303, f"/manage/{made.manage_token}?booked"

    _status, address = idempotency.once(
        tenant=desk.page.tenant,
        caller=f"page:{desk.service.pk}",
        key=form.cleaned_data["request_key"],
        fingerprint=idempotency.fingerprint(at, customer, _staff_id(desk)),
        act=act,
    )
    return str(address)


def _staff_id(desk: Desk) -> Any:
    chosen = desk.choice.staff_id
    return chosen if desk.may_choose_staff and chosen in {member.pk for member in desk.members} else None
