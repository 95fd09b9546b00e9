"""What every page for visitors has in common.

It is not for search engines unless its owner wants that, a refusal becomes a page, and it may stand in a frame of the
sites that the organisation names (`embedding`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.gzip import gzip_page
from django_scopes import scope

from bookings.models import Booking, BookingPage
from bookings.services.trashed import CalendarDeleted
from bookings.views import embedding
from tenants import acting, branding, error_pages, ratelimit
from tenants.errors import DomainError, NotFound
from tenants.models import Membership, Tenant

View = Callable[..., HttpResponse]
#: Whose page this request shows, also where it ends in a refusal.
_shown: ContextVar[Tenant | None] = ContextVar("shown_organisation", default=None)


class SignInNeeded(DomainError):
    """The page is for the organisation's own people, and nobody is signed in."""

    code = "signInNeeded"
    status = 403
    detail = _("This page is for the organisation’s own people. Please sign in to open it.")


def visitor(view: View) -> View:
    """A page that anybody may open, and no search engine keeps unless the view says so (S1.38, S4.33)."""
    guarded = embedding.guarded(view)

    # Padded by a random length, so that sizes tell nothing of secrets (BREACH).
    @gzip_page
    @wraps(view)
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        request.embedded = embedding.is_embedded(request)
        request.may_be_indexed = False
        before = _shown.set(None)
        try:
            response = _answered(guarded, request, args, kwargs)
            if request.embedded:
                embedding.finish(request, response, _shown.get())
        finally:
            _shown.reset(before)
        if not (request.may_be_indexed and response.status_code == 200):
            response["X-Robots-Tag"] = "noindex, nofollow"
        response.headers.setdefault("Cache-Control", "private, no-cache")
        # A part of a page and the whole page share an address, and so do a page in a frame and one outside.
        patch_vary_headers(response, ["HX-Request", "HX-Target", "Sec-Fetch-Dest"])
        return response

    # `guarded` makes the check, where there is something to forge.
    wrapped.csrf_exempt = True  # type: ignore[attr-defined]
    return wrapped


def _answered(view: View, request: Any, args: Any, kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except SignInNeeded as closed:
        if not request.embedded:
            return redirect_to_login(request.get_full_path())
        # No sign-in inside a frame of another site: its cookies would not come along, nor should a password be typed.
        context = {"title": _("Please open this page by itself"), "way_out": request.path}
        return error_pages.answer(request, closed, **context, way_out_label=_("Open the page"), leaves_frame=True)
    except CalendarDeleted as deleted:
        return _whom_to_ask(request, deleted.page, deleted.booking)
    except DomainError as error:
        return error_pages.answer(request, error)


def _whom_to_ask(request: HttpRequest, page: BookingPage, booking: Booking | None) -> HttpResponse:
    """What a link of a calendar in the trash leads to: nothing can be done here, and who can be asked."""
    is_ahead = booking is not None and not booking.is_cancelled and booking.ends_at > timezone.now()
    facts = {"booking": booking, "is_ahead": is_ahead, "link_only": True}
    return show(request, page, "bookings/calendar_closed.html", facts, status=CalendarDeleted.status)


def secret(view: View) -> View:
    """A visitor's page whose address acts for whoever holds it: never stored, never told to another site."""

    shown = visitor(view)

    @wraps(shown)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = shown(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        # Not `no-referrer`: browsers then send forms with `Origin: null`, which the check against forgery refuses.
        response["Referrer-Policy"] = "same-origin"
        return response

    return wrapped


@contextmanager
def inside(tenant: Tenant) -> Iterator[None]:
    """Enters the organisation whose page is shown."""
    _shown.set(tenant)
    acting.bind(organisation=str(tenant.pk))
    with scope(tenant=tenant):
        yield


def admit(request: Any, page: BookingPage) -> None:
    """Lets in whom the page is for. Raises SignInNeeded, and NotFound for people of other organisations.

    | the page is for        | nobody signed in | one of the organisation | somebody else |
    |------------------------|------------------|-------------------------|---------------|
    | everyone               | comes in         | comes in                | comes in      |
    | the organisation       | signs in         | comes in                | 404           |
    """
    if not page.is_internal:
        return
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        raise SignInNeeded
    # Any organisation of theirs counts, not only the one they work in at the moment.
    if not Membership._base_manager.filter(user_id=request.user.pk, tenant_id=page.tenant_id).exists():
        raise NotFound


def speak(request: Any, page: BookingPage) -> None:
    """Goes on in the page's language where the visitor has chosen none and reads none that we speak."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    for wanted, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if wanted.partition("-")[0] in dict(settings.LANGUAGES):
            return
    translation.activate(page.language)
    request.LANGUAGE_CODE = page.language


def show(
    request: HttpRequest, page: BookingPage, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Renders a page in its organisation's looks."""
    # The way home leads to where a visitor may be: a private link's page shows nothing else.
    home = request.path if context.get("link_only") else page.path
    brand = branding.of(page.tenant, home=home, accent=page.accent, logo_url=page.logo_url)
    response = render(request, template, {"brand": brand, "page": page, **context}, status=status)
    branding.allow_logo(response, page.tenant, logo_url=page.logo_url)
    return response


def count_try(request: HttpRequest) -> None:
    """Counts one attempt to change something. Raises TooManyTries."""
    who = acting.client_ip.get() or request.META.get("REMOTE_ADDR", "")
    ratelimit.hit(what="visitor", who=who, limit=settings.VISITOR_TRIES, period=settings.VISITOR_TRIES_PERIOD)
