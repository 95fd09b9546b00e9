"""Subscriptions to the events of a mailbox (Graph: subscription-post-subscriptions, -update, -delete, -list)."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from .. import gateway, lists, notifier, times
from ..errors import GraphError, bad_request, resource_not_found
from ..gateway import Call
from ..models import Subscription
from .users import READ_CALENDARS

RESOURCE = re.compile(r"^/?users/([^/]+)/(?:calendar/)?events/?$", re.IGNORECASE)
#: "Under 7 days"; what ends sooner than 45 minutes is given as long.
LONGEST, SHORTEST = timedelta(minutes=10_080), timedelta(minutes=45)
KINDS = {"created", "updated", "deleted"}


def subscription_json(one: Subscription) -> dict[str, Any]:
    """A subscription as Graph answers it; the client state is told by notifications only."""
    return {
        "id": str(one.pk),
        "resource": one.resource,
        "applicationId": str(one.application.client_id),
        "changeType": one.change_type,
        "clientState": None,
        "notificationUrl": one.notification_url,
        "lifecycleNotificationUrl": one.lifecycle_url or None,
        "expirationDateTime": times.stamp(one.expires_at),
        "latestSupportedTlsVersion": "v1_2",
        "includeResourceData": False,
    }


def create(call: Call) -> HttpResponseBase:
    """201, after both addresses gave back the word that they were sent. Outside of any transaction."""
    body = call.body
    resource = str(body.get("resource") or "")
    named = RESOURCE.match(resource)
    if named is None:
        raise bad_request(f"Unsupported resource '{resource}'.")
    call.user = call.application.organisation.users.select_related("organisation").named(named.group(1))
    gateway.open_mailbox(call)
    change_type = _change_type(body)
    addresses = [str(body.get(name) or "") for name in ("notificationUrl", "lifecycleNotificationUrl")]
    state = str(body.get("clientState") or "")
    if urlsplit(addresses[0]).scheme not in ("http", "https"):
        raise bad_request("The notificationUrl must be an absolute address.")
    if len(state) > 128:
        raise bad_request("The clientState must not be longer than 128 characters.")
    expires_at = _until(body, call.now)
    active = Subscription.objects.filter(application=call.application, mailbox=call.mailbox, expires_at__gt=call.now)
    if active.filter(change_type=change_type).exists():
        message = "A subscription with the same resource and change type exists already."
        raise GraphError(409, "ExtensionError", message)
    for url in filter(None, addresses):
        _shake_hands(url)
    one = Subscription.objects.create(
        application=call.application, mailbox=call.mailbox, resource=resource, change_type=change_type,
        notification_url=addresses[0], lifecycle_url=addresses[1], client_state=state, expires_at=expires_at,
        immutable=call.preferences.immutable,
    )  # fmt: skip
    return gateway.answer(call, subscription_json(one), status=201)


def _change_type(body: dict[str, Any]) -> str:
    kinds = [kind.strip().lower() for kind in str(body.get("changeType") or "").split(",")]
    if not set(kinds) <= KINDS:
        raise bad_request("The changeType is invalid.")
    return ",".join(kinds)


def _until(body: dict[str, Any], now: datetime) -> datetime:
    try:
        until = datetime.fromisoformat(str(body.get("expirationDateTime")))
        if until <= now:
            raise bad_request("Subscription expiration must be in the future.")
    except (ValueError, TypeError):
        raise bad_request("The expirationDateTime is invalid.") from None
    if until > now + LONGEST:
        minutes = int(LONGEST.total_seconds() // 60)
        raise bad_request(f"Subscription expiration can only be {minutes} minutes in the future.")
    return max(until, now + SHORTEST)


def _shake_hands(url: str) -> None:
    """Sends a word that needs escaping, as Microsoft's do."""
    if not notifier.shakes_hands(url, f"Validation: Testing client application {secrets.token_hex(8)} & more"):
        message = (
            "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation "
            "request."
        )
        raise GraphError(400, "ValidationError", message)


def list_subscriptions(call: Call) -> HttpResponseBase:
    """Those of this application."""
    rows = Subscription.objects.filter(application=call.application, expires_at__gt=call.now)
    rows = rows.select_related("application")
    return gateway.answer(call, lists.page(call, list(rows), subscription_json, default=100))


def _one(call: Call) -> Subscription:
    key = call.ids["subscription"]
    try:
        rows = Subscription.objects.filter(pk=uuid.UUID(key), application=call.application, expires_at__gt=call.now)
    except ValueError:
        raise resource_not_found(key) from None
    one = rows.select_related("application", "mailbox").first()
    if one is None:
        raise GraphError(404, "ResourceNotFound", "The object was not found.")
    return one


def get(call: Call) -> HttpResponseBase:
    """One of this application."""
    return gateway.answer(call, subscription_json(_one(call)))


def renew(call: Call) -> HttpResponseBase:
    """200 with the new end; the only thing of a subscription that can be changed and matters."""
    one = _one(call)
    one.expires_at = _until(call.body, call.now)
    one.save(update_fields=["expires_at"])
    return gateway.answer(call, subscription_json(one))


def delete(call: Call) -> HttpResponseBase:
    """204."""
    _one(call).delete()
    return HttpResponse(status=204)


subscriptions_view = gateway.endpoint(POST=(create, READ_CALENDARS), GET=(list_subscriptions, READ_CALENDARS))
subscription_view = gateway.endpoint(
    GET=(get, READ_CALENDARS), PATCH=(renew, READ_CALENDARS), DELETE=(delete, READ_CALENDARS)
)
