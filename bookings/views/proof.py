"""The step between details and booking on pages that ask for it: six digits from a mail prove the address.

Everything that was typed travels with the step, unseen; going back to the details shows it again.
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import translation

from bookings.services import mail_codes, senders
from bookings.views import screen
from bookings.views.desk import Desk
from bookings.views.forms import DetailsForm
from tenants.errors import DomainError


def step(request: HttpRequest, desk: Desk, at: datetime, form: DetailsForm) -> HttpResponse | None:
    """The page that asks for the digits; None where the address is proved, or the page does not ask.

    `form` is a valid one. Raises TooManyTries for an address that was sent too many codes.
    """
    key, address = form.cleaned_data["request_key"], form.cleaned_data["email"]
    proof = {"tenant": desk.page.tenant, "request_key": key, "address": address, "now": desk.now}
    if (
        not desk.page.asks_mail_code
        or mail_codes.is_confirmed(**proof)
        or senders.is_blocked(desk.page.tenant, address)
    ):
        return None  # a blocked sender is refused by the booking, without a mail
    desk.check_link()
    if "edit" in request.POST:
        return screen.details(request, desk, at, form=form)
    digits = request.POST.get("code", "").strip()
    if digits and "resend" not in request.POST:
        try:
            mail_codes.confirm(**proof, digits=digits)
        except (mail_codes.WrongCode, mail_codes.CodeOver) as wrong:
            return _ask(request, desk, at, form, wrong)
        return None
    mail_codes.ask(
        page=desk.page, request_key=key, address=address, name=form.cleaned_data["name"],
        language=translation.get_language() or "en", now=desk.now,
    )  # fmt: skip
    return _ask(request, desk, at, form)


def _ask(
    request: HttpRequest, desk: Desk, at: datetime, form: DetailsForm, wrong: DomainError | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "address": form.cleaned_data["email"],
        "problem": wrong.detail if wrong else "",
        "minutes": int(mail_codes.VALID_FOR.total_seconds()) // 60,
    }
    return screen.last_step(request, desk, at, "proof", context, status=wrong.status if wrong else 200)
