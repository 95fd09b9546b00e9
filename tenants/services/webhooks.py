"""Webhooks: what other programs of an organisation are told about its bookings.

    webhooks.tell(tenant=…, event="booking.created", body={…}, now=now)      # in the transaction of the change

| what happens                                   | then                                                            |
|------------------------------------------------|-----------------------------------------------------------------|
| an event that endpoints want                   | one delivery each, written in the transaction that had it       |
| the endpoint answers 2xx                       | delivered                                                       |
| anything else, or nothing                      | tried again with back-off, `MOST_ATTEMPTS` times: half a day    |
| all attempts in vain, nothing else arrived     | the endpoint is switched off, administrators are told by mail   |
| it answers 410                                 | the same, at once                                               |
| “send again”                                   | the same body under the same id                                 |

The body is `{"id", "event", "at", "data"}` in JSON. It is signed: `Daybook-Signature: t=<Unix time>,v1=<hex>` is the
HMAC-SHA256 of `<t>.<body>` with the endpoint's secret. The receiver compares it, refuses a `t` older than a few
minutes, and ignores an `id` it has seen. `tenants.webhook_delivery` sends.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import UUIDField
from django.utils import translation
from django.utils.translation import gettext as _

from tenants import letters, mail, outbox
from tenants.acting import SYSTEM, Actor
from tenants.errors import InvalidInput
from tenants.models import ADMINISTRATORS, Membership, Tenant, WebhookDelivery, WebhookEndpoint
from tenants.outbox import Wish
from tenants.prepared import Prepared, of
from tenants.services import audit

EVENTS = ("booking.created", "booking.confirmed", "booking.rescheduled", "booking.cancelled", "booking.declined")
#: Sent by a person's button only, to see whether the endpoint answers.
TEST_EVENT = "test"
MOST_ATTEMPTS = 20
#: More endpoints than that an organisation does not need.
MOST_ENDPOINTS = 20
State = WebhookDelivery.State

_ACTIVE = Prepared(
    lambda: WebhookEndpoint.objects.filter(tenant=of("tenant", UUIDField()), is_active=True).values_list("pk", "events")
)


def create(
    *, tenant: Tenant, url: str, now: datetime, actor: Actor, events: Sequence[str] = ()
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown this once; no `events`: all of them. Raises InvalidInput."""
    errors = {"url": _wrong_url(url), "events": _wrong_events(events)}
    if not errors["url"] and WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
        errors["url"] = _("At most %(most)d addresses.") % {"most": MOST_ENDPOINTS}
    if any(errors.values()):
        raise InvalidInput({name: [text] for name, text in errors.items() if text})
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.create(tenant=tenant, url=url.strip(), secret=secret, events=list(events))
        audit.record(
            tenant=tenant, actor=actor, action="webhook.created", target=endpoint, now=now,
            after={"url": endpoint.url, "events": list(events)},
        )  # fmt: skip
    return endpoint, secret


def switch(*, endpoint: WebhookEndpoint, on: bool, now: datetime, actor: Actor, reason: str = "") -> bool:
    """Switches an endpoint on or off. False where it was so already."""
    with transaction.atomic():
        if not WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=not on).update(is_active=on):
            return False
        action = "webhook.switchedOn" if on else "webhook.switchedOff"
        audit.record(
            tenant=endpoint.tenant, actor=actor, action=action, target=endpoint, now=now, reason=reason,
            before={"isActive": not on}, after={"isActive": on},
        )  # fmt: skip
    return True


def remove(*, endpoint: WebhookEndpoint, now: datetime, actor: Actor) -> None:
    """Forgets an endpoint with everything it was told."""
    with transaction.atomic():
        audit.record(
            tenant=endpoint.tenant, actor=actor, action="webhook.removed", target=endpoint, now=now,
            before={"url": endpoint.url, "events": endpoint.events},
        )  # fmt: skip
        endpoint.delete()


def tell(*, tenant: Tenant, event: str, body: Mapping[str, Any], now: datetime) -> None:
    """Has every active endpoint that wants `event` told of it, in the running transaction. One prepared query."""
    for pk, wanted in _ACTIVE.rows(tenant=tenant.pk):
        if not wanted or event in wanted:
            _queue(tenant, pk, event, body, now)


def test(*, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Sends an event that means nothing, for a person to see whether it arrives."""
    with transaction.atomic():
        _queue(endpoint.tenant, endpoint.pk, TEST_EVENT, {"message": "Daybook says hello."}, now)


def replay(*, delivery: WebhookDelivery, now: datetime, actor: Actor) -> None:
    """Sends the same body under the same id once more, whatever became of it."""
    with transaction.atomic():
        WebhookDelivery.objects.filter(pk=delivery.pk).update(state=State.QUEUED, attempts=0, last_error="")
        outbox.ensure(tenant=delivery.tenant, wish=_wish(delivery.pk, delivery.endpoint_id), now=now)
        audit.record(
            tenant=delivery.tenant, actor=actor, action="webhook.replayed", target=delivery, now=now,
            before={"state": str(delivery.state)}, after={"state": str(State.QUEUED)},
        )  # fmt: skip


def signature(*, secret: str, body: bytes, at: datetime) -> str:
    """The value of `Daybook-Signature` for `body` sent at `at`."""
    stamp = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def give_up(*, delivery: WebhookDelivery, now: datetime, at_once: bool = False) -> None:
    """After the last attempt, or `at_once` for one that wants nothing more: off, unless others arrived meanwhile."""
    endpoint = delivery.endpoint
    arrived = WebhookDelivery.objects.filter(endpoint=endpoint, delivered_at__gte=delivery.created_at)
    if not at_once and arrived.exists():
        return
    with transaction.atomic():
        if switch(endpoint=endpoint, on=False, now=now, actor=SYSTEM, reason=delivery.last_error[:200]):
            _tell_administrators(endpoint, delivery, now)


def _queue(tenant: Tenant, endpoint_id: uuid.UUID, event: str, data: Mapping[str, Any], now: datetime) -> None:
    pk = uuid.uuid4()
    body = {"id": str(pk), "event": event, "at": now.isoformat(), "data": data}
    WebhookDelivery.objects.create(
        id=pk, tenant=tenant, endpoint_id=endpoint_id, event=event, body=json.dumps(body, ensure_ascii=False),
        created_at=now,
    )  # fmt: skip
    outbox.write(tenant=tenant, wishes=[_wish(pk, endpoint_id)], now=now)


def _wish(delivery_id: uuid.UUID, endpoint_id: uuid.UUID) -> Wish:
    # One endpoint is told one thing at a time: a slow one keeps one worker busy, not all of them.
    return Wish(
        kind="webhook.deliver", dedupe_key=f"webhook:{delivery_id}", payload={"delivery": str(delivery_id)},
        lane=f"webhook:{endpoint_id}",
    )  # fmt: skip


def _tell_administrators(endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: datetime) -> None:
    """One mail to each: which address, why, and where to switch it on again."""
    tenant = endpoint.tenant
    people = Membership.objects.filter(tenant=tenant, role__in=ADMINISTRATORS, user__is_active=True)
    for membership in people.select_related("user"):
        user = membership.user
        with translation.override(user.language):
            letter = letters.Letter(
                subject=_("A webhook was switched off"),
                heading=_("A webhook was switched off"),
                sender=tenant.name,
                paragraphs=[_("The program at this address could not be told of your bookings. It is told nothing "
                              "more until somebody switches it on again.")],
                rows=[letters.Row(_("Address"), endpoint.url), letters.Row(_("Last error"), delivery.last_error)],
                action=letters.Action(_("See the webhooks"), f"{settings.SITE_URL}/organisation/webhooks/"),
                footer=_("You get this mail because you administer %(name)s.") % {"name": tenant.name},
            )  # fmt: skip
            text, html = letters.render(letter, tenant=tenant)
        message = mail.store(
            tenant=tenant, dedupe_key=f"webhookOff:{delivery.pk}:{now.timestamp()}:{user.pk}", template="webhookOff",
            to=user.email, to_name=user.name, subject=letter.subject, text=text, html=html, about_id=endpoint.pk,
        )  # fmt: skip
        mail.post(message, now=now)


def _wrong_url(url: str) -> str:
    """The sentence that says what is wrong with an address; empty where nothing is."""
    schemes = ["https", "http"] if settings.WEBHOOKS_INSIDE else ["https"]
    try:
        URLValidator(schemes=schemes)(url.strip())
        parts = urlsplit(url.strip())
        leads_somewhere = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except (ValidationError, ValueError):  # no such port, no such name
        leads_somewhere = False
    if not leads_somewhere:
        return _("Enter an address such as https://www.contoso.com/daybook.")
    if parts.username or parts.password:
        return _("Leave name and password out: the signature shows who sends.")
    return _("At most 500 characters.") if len(url.strip()) > 500 else ""


def _wrong_events(events: Sequence[str]) -> str:
    unknown = sorted(set(events) - set(EVENTS))
    return _("There is no event %(names)s.") % {"names": ", ".join(unknown)} if unknown else ""
