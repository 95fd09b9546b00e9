"""Sends webhooks: the outbox's `webhook.deliver`. The only place outside Microsoft 365 that speaks HTTP outwards.

An administrator's address must not reach what only our servers reach (server-side request forgery): the name is
resolved here, every address it has must be public, the connection goes to the very address that was checked, and a
redirect is not followed. The certificate is checked against the name. `WEBHOOKS_INSIDE` lifts the wall for an
installation whose programs live beside it.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import requests.utils
import urllib3
from django.conf import settings
from django.db.models import F
from urllib3.util import Timeout

from tenants import outbox
from tenants.fields import UNREADABLE
from tenants.models import Job, WebhookDelivery
from tenants.services import webhooks

TIMEOUT = Timeout(connect=5, read=10)


class NotReached(Exception):
    """There was no answer: the sentence for an administrator."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a request goes: the address that was checked, under the name that was asked for."""

    scheme: str
    host: str
    port: int
    address: str
    path: str


@outbox.handles("webhook.deliver")
def deliver(job: Job, now: datetime) -> None:
    """Sends one delivery and writes down how it went. Raises `RetryLater` while there are attempts left."""
    delivery = (
        WebhookDelivery.objects.select_related("endpoint__tenant").filter(pk=job.payload["delivery"]).first()
    )  # fmt: skip
    if delivery is None or delivery.state != WebhookDelivery.State.QUEUED:
        return
    if UNREADABLE in (delivery.body, delivery.endpoint.secret):
        _note(delivery, state=WebhookDelivery.State.FAILED, last_error="The stored content cannot be decrypted.")
        return
    if not delivery.endpoint.is_active and delivery.event != webhooks.TEST_EVENT:
        _note(delivery, state=WebhookDelivery.State.FAILED, last_error="The webhook is switched off.")
        return
    WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") + 1)
    delivery.attempts += 1
    try:
        status = send(delivery, now)
    except NotReached as failed:
        _failed(delivery, None, str(failed), now)
        return
    if 200 <= status < 300:
        _note(delivery, state=WebhookDelivery.State.DELIVERED, status_code=status, delivered_at=now, last_error="")
        return
    _failed(delivery, status, f"The address answered {status}.", now)


def send(delivery: WebhookDelivery, now: datetime) -> int:
    """Posts the body, signed, and returns the status of the answer. Raises NotReached."""
    target, body = _target(delivery.endpoint.url), delivery.body.encode()
    default = 443 if target.scheme == "https" else 80
    headers = {
        "Host": target.host if target.port == default else f"{target.host}:{target.port}",
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Daybook-Webhook/1",
        "Daybook-Event": delivery.event,
        "Daybook-Delivery": str(delivery.pk),
        "Daybook-Signature": webhooks.signature(secret=delivery.endpoint.secret, body=body, at=now),
    }
    try:
        with _pool(target) as pool:
            answer = pool.urlopen(
                "POST", target.path, body=body, headers=headers, redirect=False, retries=False, timeout=TIMEOUT,
                preload_content=False,
            )  # fmt: skip
            answer.close()  # what it says beyond its status is not read: it may never end
            return int(answer.status)
    except (urllib3.exceptions.HTTPError, OSError) as fault:
        raise NotReached(f"The address could not be reached: {type(fault).__name__}.") from fault


def _pool(target: _Target) -> urllib3.HTTPConnectionPool:
    if target.scheme == "http":
        return urllib3.HTTPConnectionPool(target.address, target.port, maxsize=1)
    trusted = ssl.create_default_context(cafile=requests.utils.DEFAULT_CA_BUNDLE_PATH)
    return urllib3.HTTPSConnectionPool(
        target.address, target.port, maxsize=1, ssl_context=trusted, server_hostname=target.host,
        assert_hostname=target.host,
    )  # fmt: skip


def _target(url: str) -> _Target:
    """Where `url` leads. Raises NotReached for a name that is unknown or leads to a place that is not public."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode() if not _is_literal(parts.hostname) else str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme == "http" and not settings.WEBHOOKS_INSIDE:
        raise NotReached("The address is not encrypted (https).")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        raise NotReached("The name of the address is not known.") from unknown
    addresses = [str(row[4][0]).partition("%")[0] for row in found]
    if not settings.WEBHOOKS_INSIDE and not all(is_public(address) for address in addresses):
        raise NotReached("The address leads into a private network.")
    path = parts.path or "/"
    return _Target(parts.scheme, host, port, addresses[0], f"{path}?{parts.query}" if parts.query else path)


def is_public(address: str) -> bool:
    """Whether an IP address is one that everybody reaches; one of version 4 that is wrapped in version 6 counts too."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        # Translated to version 4 (RFC 6052), and the old way to write one (RFC 4291 2.5.5.1).
        if any(ip in ipaddress.ip_network(network) for network in ("64:ff9b::/96", "::/96")):
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


def _is_literal(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return False
    return True


def _failed(delivery: WebhookDelivery, status: int | None, sentence: str, now: datetime) -> None:
    """Notes the failure; asks to be called again, or gives up."""
    delivery.last_error = sentence
    gone = status == 410
    if gone or delivery.attempts >= webhooks.MOST_ATTEMPTS or delivery.event == webhooks.TEST_EVENT:
        _note(delivery, state=WebhookDelivery.State.FAILED, status_code=status, last_error=sentence)
        if delivery.event != webhooks.TEST_EVENT:
            webhooks.give_up(delivery=delivery, now=now, at_once=gone)
        return
    _note(delivery, status_code=status, last_error=sentence)
    raise outbox.RetryLater(sentence)


def _note(delivery: WebhookDelivery, **fields: object) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**fields)
