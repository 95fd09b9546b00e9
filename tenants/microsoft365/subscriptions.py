"""Subscriptions to change notifications of one mailbox's events (Graph: subscription-post-subscriptions).

| asked for                         | Microsoft                                                                       |
|-----------------------------------|---------------------------------------------------------------------------------|
| just under 10,080 minutes         | the longest life of a subscription to events                                    |
| … and refused                     | is asked for 4,230 minutes, the longest until 2024 and in some clouds           |
| again for the same mailbox        | 409 Conflict while the first one lives                                          |
| an address that does not answer   | NotReached: it sends a word there first, and wants it back within ten seconds   |

Microsoft calls https addresses only; the sandbox, which is asked over http itself, calls any.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import links
from tenants.microsoft365 import errors
from tenants.microsoft365.http import GraphClient

#: "Under seven days", with room for clocks that differ; and what was the longest before (Graph: subscription).
LONGEST, FALLBACK = timedelta(minutes=10_070), timedelta(minutes=4_230)
#: A subscription that is only tried, and that nobody renews where its removal fails.
SHORTEST = timedelta(minutes=45)


class NotReached(errors.Refused):
    """Microsoft could not reach the address that notifications go to."""

    default_remedy = gettext_lazy(
        "Let Microsoft reach the address in WEBHOOK_URL from the internet over https, with a valid certificate. Until "
        "then calendars are read at regular intervals."
    )


class NotOffered(errors.MicrosoftError):
    """Microsoft sends notifications to https addresses only, and WEBHOOK_URL is none."""

    default_remedy = gettext_lazy(
        "Set WEBHOOK_URL to the https address under which Microsoft reaches Daybook. Until then calendars are read at "
        "regular intervals."
    )


@dataclass(frozen=True, slots=True)
class RemoteSubscription:
    """A subscription as Microsoft has it."""

    id: str
    resource: str
    notification_url: str
    expires_at: datetime


def problem() -> str:
    """Why there can be no notifications, a sentence for an administrator; "" where there can be."""
    if settings.WEBHOOK_URL.startswith("https://") or settings.MICROSOFT_GRAPH_URL.startswith("http://"):
        return ""
    return _("Microsoft sends notifications to https addresses only, and WEBHOOK_URL is %(url)s.") % {
        "url": settings.WEBHOOK_URL
    }


def address(token: str) -> str:
    """Where Microsoft tells of changes; `/lifecycle` after it is where it tells of the subscription itself."""
    return f"{settings.WEBHOOK_URL}/webhooks/graph/{token}"


def is_ours(subscription: RemoteSubscription) -> bool:
    """Whether it leads to this installation: several may share an app registration."""
    return subscription.notification_url.startswith(address(""))


def token_of(subscription: RemoteSubscription) -> str:
    """The token in the address of one of ours."""
    return subscription.notification_url.removeprefix(address(""))


def create(client: GraphClient, mailbox: str, *, token: str, client_state: str, now: datetime) -> RemoteSubscription:
    """A new subscription to the events of `mailbox`, Graph's id of it. Raises NotReached, Conflict and others."""
    try:
        return _create(client, mailbox, token, client_state, now + LONGEST)
    except NotReached:
        raise
    except errors.Refused:
        return _create(client, mailbox, token, client_state, now + FALLBACK)


def _create(client: GraphClient, mailbox: str, token: str, client_state: str, until: datetime) -> RemoteSubscription:
    url = address(token)
    body = {
        "changeType": "created,updated,deleted",
        "notificationUrl": url,
        "lifecycleNotificationUrl": f"{url}/lifecycle",
        "resource": resource(mailbox),
        "expirationDateTime": _stamp(until),
        "clientState": client_state,
        "latestSupportedTlsVersion": "v1_2",
    }
    try:
        return _read(client.request("POST", "/subscriptions", json=body))
    except errors.Refused as error:
        if error.code.lower() == "validationerror" or "validation" in str(error).lower():
            raise NotReached(str(error), code=error.code) from error
        raise


def resource(mailbox: str) -> str:
    """The events of a mailbox, as a subscription names them."""
    return f"/users/{mailbox}/events"


def renew(client: GraphClient, subscription_id: str, *, now: datetime) -> RemoteSubscription:
    """The subscription with its longest life from `now`, and reauthorized. Raises NotThere when it is gone."""
    try:
        return _renew(client, subscription_id, now + LONGEST)
    except errors.Refused:
        return _renew(client, subscription_id, now + FALLBACK)


def _renew(client: GraphClient, subscription_id: str, until: datetime) -> RemoteSubscription:
    return _read(_ask(client, "PATCH", subscription_id, {"expirationDateTime": _stamp(until)}))


def remove(client: GraphClient, subscription_id: str) -> None:
    """Ends a subscription; one that is gone already is as well."""
    with suppress(errors.NotThere):
        _ask(client, "DELETE", subscription_id)


def _ask(client: GraphClient, method: str, subscription_id: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Graph says ResourceNotFound of a subscription as it does of a mailbox."""
    try:
        return client.request(method, f"/subscriptions/{quote(subscription_id, safe='')}", json=body)
    except errors.NoMailbox as error:
        raise errors.NotThere(str(error), code=error.code) from error


def everything(client: GraphClient) -> Iterator[RemoteSubscription]:
    """All subscriptions of the app registration in this organisation."""
    return (_read(item) for item in client.pages("/subscriptions", params={}))


def probe(client: GraphClient, mailbox: str) -> None:
    """Tries whether notifications of `mailbox` (Graph's id or address of it) come through: a short subscription.

    Nothing of it stays. A Conflict means that there is one already, so that they come. Raises NotOffered where
    `problem()` says why not, without asking; NotReached; and what `errors` lists.
    """
    why = problem()
    if why:
        raise NotOffered(why)
    until = datetime.now(UTC) + SHORTEST
    try:
        tried = _create(client, mailbox, links.new_token(), secrets.token_urlsafe(32), until)
    except errors.Conflict:
        return
    remove(client, tried.id)


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _read(item: dict[str, Any]) -> RemoteSubscription:
    """Graph's JSON; the fractions of a second come with seven digits."""
    until = datetime.fromisoformat(str(item["expirationDateTime"]))
    return RemoteSubscription(
        id=str(item["id"]), resource=str(item.get("resource") or ""),
        notification_url=str(item.get("notificationUrl") or ""),
        expires_at=until if until.tzinfo else until.replace(tzinfo=UTC),
    )  # fmt: skip
