"""Hears what Microsoft tells of calendars and of the subscriptions to them (`subscriptions` keeps those).

| told                    | done                                                                 |
|-------------------------|----------------------------------------------------------------------|
| a change                | a wish to read that calendar: one, however often it is told          |
| reauthorizationRequired | renewed, unless it was within `JUST_NOW`                             |
| subscriptionRemoved     | made anew, and the calendar read                                     |
| missed                  | a wish to read the calendar                                          |
| anything without the subscription's client state and its directory | nothing                   |
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.crypto import constant_time_compare
from django_scopes import scope, scopes_disabled

from tenants import links
from tenants.fields import UNREADABLE
from tenants.models import Connection, Subscription
from tenants.services import busy_times, subscriptions

log = logging.getLogger(__name__)

#: Renewing and reauthorizing again within this time is refused (Graph: change-notifications-lifecycle-events).
JUST_NOW = timedelta(minutes=10)


def known(token: str) -> Subscription | None:
    """The subscription whose address holds this token, of whichever organisation."""
    with scopes_disabled():
        found = Subscription.objects.filter(token_hash=links.hash_token(token))
        return found.select_related("tenant", "mailbox__tenant").first()


def hear(subscription: Subscription, told: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Wishes to read the calendar, if one of the notifications is Microsoft's."""
    with scope(tenant=subscription.tenant), transaction.atomic():
        if _true(subscription, told):
            Subscription.objects.filter(pk=subscription.pk).update(notified_at=now)
            busy_times.request_pull(subscription.mailbox, now=now)


def hear_lifecycle(subscription: Subscription, told: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Does what Microsoft asks about the subscription itself; told again, nothing more."""
    with scope(tenant=subscription.tenant), transaction.atomic():
        events = {
            one.get("lifecycleEvent")
            for one in _true(subscription, told)
            if subscription.subscription_id and one.get("subscriptionId") == subscription.subscription_id
        }
        if "subscriptionRemoved" in events:
            subscriptions.want_anew(subscription, now)
        elif "reauthorizationRequired" in events:
            older = Subscription.objects.filter(pk=subscription.pk, renewed_at__lt=now - JUST_NOW)
            if older.update(state=Subscription.State.WANTED):
                subscriptions.ask([subscription.mailbox], now)
        if "missed" in events:
            busy_times.request_pull(subscription.mailbox, now=now)


def _true(subscription: Subscription, told: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The notifications that carry this subscription's secret and come from its directory."""
    connection = Connection.objects.filter(is_active=True).first()
    if connection is None or subscription.client_state in ("", UNREADABLE):
        return []
    found = [one for one in told if _is_true(one, subscription.client_state, connection.directory_id)]
    if len(found) < len(told):
        log.warning("notifications that are not Microsoft's", extra={"subscription": str(subscription.pk)})
    return found


def _is_true(one: Mapping[str, Any], state: str, directory: str) -> bool:
    """The directory may be known by the name of a domain only, which Microsoft does not tell."""
    is_secret = constant_time_compare(str(one.get("clientState") or ""), state)
    try:
        return is_secret and uuid.UUID(str(one.get("tenantId"))) == uuid.UUID(directory)
    except ValueError:
        return is_secret and "." in directory
