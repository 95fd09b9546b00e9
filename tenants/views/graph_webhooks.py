"""Where Microsoft tells that a calendar changed (Graph: change-notifications-delivery-webhooks).

| asked                                    | answered                                                                  |
|------------------------------------------|---------------------------------------------------------------------------|
| with `validationToken`                   | 200 and the token as plain text: may come before the subscription is ours |
| at an address that nobody has            | 404                                                                       |
| more than `LARGEST`, or no notifications | 413, 400                                                                  |
| too often from one address               | 429: Microsoft comes back                                                 |
| with notifications                       | 202; those with the right client state and directory make a wish          |

The answer is always quick: nothing is read from Microsoft here, and what was told is a hint only.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tenants import acting, ratelimit
from tenants.services import graph_notifications

#: Bytes of a body, and characters of a word to give back: several times what Microsoft sends.
LARGEST, LONGEST_TOKEN = 256_000, 2_000
MINUTE = timedelta(minutes=1)
#: Calls in a minute: handshakes and unknown addresses from one address, notifications for one subscription.
STRANGERS, KNOWN = 1_200, 600


@csrf_exempt
@require_POST
def notified(request: HttpRequest, token: str) -> HttpResponse:
    """Something changed in a calendar."""
    return _answer(request, token, graph_notifications.hear)


@csrf_exempt
@require_POST
def lifecycle(request: HttpRequest, token: str) -> HttpResponse:
    """Something happens to the subscription itself."""
    return _answer(request, token, graph_notifications.hear_lifecycle)


def _answer(request: HttpRequest, token: str, hear: Any) -> HttpResponse:
    try:
        if "validationToken" in request.GET:
            return _handshake(request.GET["validationToken"])
        subscription = graph_notifications.known(token)
        if subscription is None:
            _count("strangers", str(acting.client_ip.get()), STRANGERS)
            return HttpResponse(status=404)
        _count("notifications", str(subscription.pk), KNOWN)
    except ratelimit.TooManyTries as refused:
        return HttpResponse(status=429, headers={"Retry-After": str(refused.extra["retryAfter"])})
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST:
        return HttpResponse(status=413)
    told = _notifications(request)
    if told is None:
        return HttpResponse(status=400)
    hear(subscription, told, now=timezone.now())
    return HttpResponse(status=202)


def _handshake(word: str) -> HttpResponse:
    """Gives the word back so that no browser takes it for a page."""
    _count("strangers", str(acting.client_ip.get()), STRANGERS)
    if not word or len(word) > LONGEST_TOKEN:
        return HttpResponse(status=400)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return HttpResponse(word, content_type="text/plain; charset=utf-8", headers=headers)


def _count(what: str, who: str, limit: int) -> None:
    ratelimit.hit(what=f"graph-{what}", who=who, limit=limit, period=MINUTE)


def _notifications(request: HttpRequest) -> list[dict[str, Any]] | None:
    """The notifications of the body; None where it holds none."""
    try:
        body = json.loads(request.body)
        value = body["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else None
