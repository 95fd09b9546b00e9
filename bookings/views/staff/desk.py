"""What every page of the staff area has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from bookings import staff_access
from tenants import branding, error_pages
from tenants.access import STAFF, MemberRequest, require_member
from tenants.errors import DomainError, InvalidInput, NotFound
from tenants.models import Membership
from tenants.services import health

View = Callable[..., HttpResponseBase]
PAGE, ACTION = ["GET", "HEAD", "POST"], ["POST"]


def staff_page(*roles: str, methods: list[str] = PAGE) -> Callable[[View], View]:
    """A page for members with one of `roles` (none: every member), in their own time zone.

    What is not there, or not theirs, is 404. An action that is refused says why where the member came from.
    """

    def wrap(view: View) -> View:
        @never_cache
        @_only(methods)
        @require_member(*roles)
        @wraps(view)
        def wrapped(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with timezone.override(request.user.time_zone):
                try:
                    return view(request, *args, **kwargs)
                except NotFound as error:
                    return error_pages.answer(request, error, brand=branding.of(request.tenant, home="/staff/"))
                except DomainError as error:
                    messages.error(request, first_sentence(error))
                    return back(request)

        return wrapped

    return wrap


class ByButtonOnly(DomainError):
    """The address of a button was opened as if it were a page, such as after signing in again."""

    code = "byButtonOnly"
    status = 405
    detail = _("This address belongs to a button. Nothing was changed; please use the button on its page again.")


def _only(methods: list[str]) -> Callable[[View], View]:
    """Answers other methods with a page that leads on (RFC 9110 15.5.6)."""

    def wrap(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in methods:
                return view(request, *args, **kwargs)
            words = {"way_out": "/staff/", "way_out_label": _("Go to the overview")}
            response = error_pages.answer(request, ByButtonOnly(), **words)
            response["Allow"] = ", ".join(methods)
            return response

        return wrapped

    return wrap


def back(request: HttpRequest) -> HttpResponse:
    """To the page that the form was on, on this site."""
    origin = request.headers.get("Referer", "")
    here = url_has_allowed_host_and_scheme(origin, allowed_hosts={request.get_host()})
    return redirect(origin if here and request.method == "POST" else "staff:dashboard")


def own_action(view: View) -> View:
    """A button of the staff area: POST only, for those who have pages."""
    return staff_page(*STAFF, methods=ACTION)(view)


def first_sentence(error: DomainError) -> str:
    """The most telling sentence of a refusal."""
    if isinstance(error, InvalidInput):
        return next((text for texts in error.errors.values() for text in texts), str(error.detail))
    return str(error.detail)


def show(request: Any, template: str, context: dict[str, Any], *, section: str, status: int = 200) -> HttpResponse:
    """Renders a page of the staff area with its frame: organisation, navigation, other organisations to switch to."""
    frame = {
        "brand": branding.of(request.tenant, home="/staff/"),
        "section": section,
        "manages_pages": staff_access.manages_pages(request),
        "has_pages": request.membership.role in STAFF,
        "other_organisations": others(request),
    }
    if request.membership.administers and "banner" not in context:
        frame["banner"] = health.banner(timezone.now())
    response = render(request, template, frame | context, status=status)
    branding.allow_logo(response, request.tenant)
    return response


def others(request: HttpRequest) -> list[Membership]:
    """The person's memberships in other organisations, for the switch."""
    current = request.membership  # type: ignore[attr-defined]
    rows = Membership._base_manager.filter(user_id=current.user_id).exclude(pk=current.pk)  # theirs, wherever
    return list(rows.select_related("tenant").order_by("tenant__name"))


def explain_in(form: forms.BaseForm, error: InvalidInput) -> None:
    """Puts a service's refusals beside the fields they are about."""
    for name, texts in error.errors.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)


def tried(form: forms.BaseForm, act: Callable[[], Any]) -> bool:
    """Runs the use case for a valid form; False, with the reasons in the form, where it refuses."""
    try:
        act()
    except InvalidInput as error:
        explain_in(form, error)
        return False
    return True
