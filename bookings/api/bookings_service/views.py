"""The two requests of a booking page: which services there are, and when its people are free."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django_scopes import scope

from bookings.api.bookings_service import availability, businesses, catalogue
from bookings.api.bookings_service.businesses import Refusal
from bookings.models import BookingPage
from tenants import acting, ratelimit
from tenants.errors import DomainError

View = Callable[..., HttpResponse]


def answers(*methods: str) -> Callable[[Callable[[HttpRequest, BookingPage, datetime], dict[str, Any]]], View]:
    """Finds the page and enters its organisation; what the view returns, and every refusal, becomes JSON.

    Nobody signs in, and a CSRF token would protect nothing: no cookie says who asks (S1.16).
    """

    def decorate(view: Callable[[HttpRequest, BookingPage, datetime], dict[str, Any]]) -> View:
        @csrf_exempt
        @wraps(view)
        def run(request: HttpRequest, business: str) -> HttpResponse:
            if request.method not in methods:
                return _error(405, "ErrorInvalidRequest", "Use " + " or ".join(methods) + ".", Allow=", ".join(methods))
            now = timezone.now()
            try:
                ratelimit.hit(
                    what="bookingsService", who=acting.client_ip.get() or "", limit=settings.API_CALLS_PER_MINUTE,
                    period=timedelta(minutes=1),
                )  # fmt: skip
                page = businesses.page(business, now)
                with scope(tenant=page.tenant):
                    return JsonResponse(view(request, page, now))
            except DomainError as refusal:
                wait = refusal.extra.get("retryAfter")
                headers = {} if wait is None else {"Retry-After": str(wait)}
                return _error(refusal.status, refusal.code, refusal.detail, **headers)

        return run

    return decorate


def _error(status: int, code: str, message: str, **headers: str) -> JsonResponse:
    return JsonResponse({"error": {"code": code, "message": message}}, status=status, headers=headers)


@answers("GET", "HEAD")
def services(request: HttpRequest, page: BookingPage, now: datetime) -> dict[str, Any]:
    """The public services, in the order of the page; none is an answer too (S1.27)."""
    return catalogue.answer(page)


@answers("POST")
def staff_availability(request: HttpRequest, page: BookingPage, now: datetime) -> dict[str, Any]:
    """When the people asked for are available, busy or out of office."""
    try:
        body = json.loads(request.body)
    except RequestDataTooBig as large:
        raise Refusal("The request is too large.") from large
    except (ValueError, RecursionError) as wrong:
        raise Refusal("The body is no JSON.") from wrong
    return availability.answer(page, availability.understand(body), now)
