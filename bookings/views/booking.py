"""Sends the details: one booking for one form, however often it arrives.

| what arrives                                   | answer                                                              |
|------------------------------------------------|---------------------------------------------------------------------|
| something missing or wrong                     | 422, the form with all that was typed, and the sentence beside it   |
| a form that is not ours, or filled in too fast | 422, “send it once more”; nothing is lost                           |
| a form for an address that is yet to be proved | 200, six digits are asked for (`proof`)                             |
| a time that is taken or not offered            | 409, the form and the nearest free times                            |
| all is well                                    | 303 to the booking                                                  |
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext

from bookings.services import booking as bookings
from bookings.services import private_links, senders
from bookings.views import choice as choices
from bookings.views import holding, proof, screen, stamps, waiting
from bookings.views.desk import Desk
from bookings.views.forms import DetailsForm
from bookings.views.visitor import count_try
from tenants import acting, error_pages, ratelimit
from tenants.errors import DomainError, InvalidInput
from tenants.services import idempotency


def visit(request: HttpRequest, desk: Desk) -> HttpResponse:
    """GET shows the picker or the details, POST books. Raises LinkUnusable where the desk's link is over."""
    if "waiting" in request.GET:
        desk.check_link()
        return waiting.visit(request, desk)
    if request.method == "POST" and "hold" in request.GET:
        desk.check_link()
        return holding.answer(request, desk)
    if request.method == "POST":
        return _send(request, desk)
    desk.check_link()
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
    form = screen.form_of(desk, request.POST)
    if not form.is_valid():
        desk.check_link()
        return screen.details(request, desk, at, form=form, status=422)
    if not _came_from_a_person(desk, form):
        desk.check_link()
        return _once_more(request, desk, at, form)
    if desk.choice_is_gone:
        anyone = replace(desk, choice=replace(desk.choice, staff_id=None))
        return _refused(request, anyone, at, form, str(bookings.NoStaff.detail))
    try:
        return proof.step(request, desk, at, form) or _book(request, desk, at, form)
    except ratelimit.TooManyTries as wait:
        problem = f"{wait.detail} {error_pages.waiting(wait.extra['retryAfter'])}"
        return _refused(request, desk, at, form, problem, status=wait.status)


def _book(request: HttpRequest, desk: Desk, at: datetime, form: DetailsForm) -> HttpResponse:
    senders.count(page=desk.page, email=form.cleaned_data["email"], guests=form.guests[:20])
    try:
        booked = HttpResponseRedirect(_book_once(request, desk, at, form), status=303)
        return holding.forget(booked, desk) if desk.kept else booked
    except InvalidInput as wrong:
        form.refuse(wrong)
        return screen.details(request, desk, at, form=form, status=422)
    except private_links.LinkUnusable:
        raise
    except idempotency.KeyReused:
        form.renew_key(now=desk.now)
        problem = gettext("This form has booked a meeting before. Send it again for another.")
        return _refused(request, desk, at, form, problem)
    except DomainError as refused:
        if refused.status not in (403, 409):
            raise
        nearest = refused.extra.get("alternatives")
        return _refused(request, desk, at, form, refused.detail, nearest, status=refused.status)


def _came_from_a_person(desk: Desk, form: DetailsForm) -> bool:
    age = stamps.age(form.cleaned_data["request_key"], now=desk.now)
    return age is not None and age >= settings.VISITOR_FILL_TIME


def _once_more(request: HttpRequest, desk: Desk, at: datetime, form: DetailsForm) -> HttpResponse:
    if stamps.age(form.cleaned_data["request_key"], now=desk.now) is None:
        form.renew_key(now=desk.now)
    return _refused(request, desk, at, form, screen.too_quick(), status=422)


def _refused(
    request: HttpRequest, desk: Desk, at: datetime, form: DetailsForm, problem: str,
    alternatives: list[datetime] | None = None, *, status: int = 409,
) -> HttpResponse:  # fmt: skip
    """The same form with everything that was typed, why it did not work, and what does."""
    return screen.details(request, desk, at, form=form, status=status, problem=problem, alternatives=alternatives)


def _book_once(request: HttpRequest, desk: Desk, at: datetime, form: DetailsForm) -> str:
    """The address of the booking that this form made, now or when it was first sent."""
    customer = form.customer(time_zone=desk.choice.zone.key, language=translation.get_language() or "en")
    details = form.details(campaign=desk.choice.brought("ref"))

    def act() -> idempotency.Answer:
        book = partial(
            bookings.book, page=desk.page, service=desk.service, starts_at=at, customer=customer, now=desk.now,
            actor=acting.visitor(customer.email), staff_id=desk.chosen_member, link=desk.link, details=details,
        )  # fmt: skip
        try:
            made = book(hold=desk.kept)
        except bookings.SlotTaken:
            # A form may overtake the request that keeps its time: then it is the visitor's own hold that is in the way.
            late = None if desk.kept else holding.current(request, desk.service, desk.now)
            if late is None:
                raise
            made = book(hold=late)
        return 303, f"/manage/{made.manage_token}"

    _status, address = idempotency.once(
        tenant=desk.page.tenant,
        caller=f"page:{desk.service.pk}",
        key=form.cleaned_data["request_key"],
        fingerprint=idempotency.fingerprint(at, customer, details, desk.chosen_member),
        act=act,
    )
    return f"{address}?booked"
