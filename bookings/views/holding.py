"""The time that a visitor's browser keeps while the form is filled in. Without JavaScript nothing is kept.

The page's script asks (`POST <address>?hold`) as soon as the form is shown, with the key that stands in the form. The
answer keeps it as a cookie of this address; where a frame of another site keeps no cookies, the script sends it along.
Whoever has the key sees the time as free, books it, exchanges it for another one, and lets go of it by leaving.
"""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from bookings.models import Hold, Service
from bookings.services import holds
from tenants import acting, ratelimit
from tenants.links import hash_token, new_token

if TYPE_CHECKING:
    from datetime import datetime

    from bookings.views.desk import Desk

COOKIE = "kept_time"
#: Exchanged times per visitor's network address, for one try to book.
_PER_TRY = 5
#: What `new_token` makes.
_KEY = re.compile(r"[\w-]{43}", re.ASCII)


def current(request: HttpRequest, service: Service, now: datetime) -> Hold | None:
    """What this browser keeps of `service`; a query only where it says that it keeps something."""
    key = _key(request)
    if not key or service.seats > 1:
        return None
    return Hold.objects.filter(key_hash=hash_token(key), service=service, expires_at__gt=now).first()


def answer(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keeps the chosen time, or lets go of it: `{"key", "until", "seconds"}`, empty where nothing is kept."""
    key = _key(request)
    if "release" in request.POST:
        if key:
            holds.release(key)
        return forget(HttpResponse(status=204), desk)
    at = desk.choice.time
    if at is None or not _may_try(request):
        return JsonResponse({})
    key = key or new_token()
    kept = holds.place(
        page=desk.page, service=desk.service, starts_at=at, key=key, staff_id=desk.chosen_member, now=desk.now
    )
    if kept is None:
        return JsonResponse({})
    seconds = ceil((kept.expires_at - desk.now).total_seconds())
    until = desk.clock.time(kept.expires_at.astimezone(desk.choice.zone))
    response = JsonResponse({"key": key, "until": until, "seconds": seconds})
    response.set_cookie(
        COOKIE, key, max_age=seconds, path=desk.path, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return response


def forget(response: HttpResponse, desk: Desk) -> HttpResponse:
    """Takes the key back from the browser."""
    response.delete_cookie(COOKIE, path=desk.path, samesite="Lax")
    return response


def key_for_form(request: HttpRequest) -> str:
    """The key of what this browser keeps, or will: the form has it before anything is kept, so it never comes late."""
    return _key(request) or new_token()


def _key(request: HttpRequest) -> str:
    """The key that the browser says it has; empty where it is none of ours, which no cookie could carry back."""
    key = request.POST.get("hold") or request.headers.get("X-Hold") or request.COOKIES.get(COOKIE, "")
    return key if _KEY.fullmatch(key) else ""


def _may_try(request: HttpRequest) -> bool:
    who = acting.client_ip.get() or request.META.get("REMOTE_ADDR", "")
    limit = settings.VISITOR_TRIES * _PER_TRY
    try:
        ratelimit.hit(what="hold", who=who, limit=limit, period=settings.VISITOR_TRIES_PERIOD)
    except ratelimit.TooManyTries:
        return False
    return True
