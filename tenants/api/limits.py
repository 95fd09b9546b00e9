"""How often one caller may call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tenants import acting, ratelimit
from tenants.api.authentication import ApiPrincipal

_MINUTE = timedelta(minutes=1)


class CallerThrottle(BaseThrottle):
    """`API_CALLS_PER_MINUTE` for each key, and for each address without one; a view may set `calls_per_minute`.

    Raises TooManyTries, which becomes a 429 with Retry-After.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        user = request.user
        who = f"key:{user.client.pk}" if isinstance(user, ApiPrincipal) else f"ip:{acting.client_ip.get()}"
        limit = getattr(view, "calls_per_minute", settings.API_CALLS_PER_MINUTE)
        ratelimit.hit(what=f"api:{limit}", who=who, limit=limit, period=_MINUTE)
        return True
