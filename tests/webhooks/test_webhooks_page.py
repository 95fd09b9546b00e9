"""Administrators add an address, see its secret once, what arrived, and send it again; nobody else finds any of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from tenants import acting
from tenants.models import Role, Tenant, WebhookDelivery, WebhookEndpoint
from tenants.services import webhooks
from tests.factories import NOW, stranger
from tests.pages.conftest import monday
from tests.pages.reading import text
from tests.staff.conftest import sign_in
from tests.webhooks.conftest import Listener

__all__ = ["monday", "sign_in"]
SignIn = Callable[..., Any]
PATH = "/organisation/webhooks/"


def test_the_secret_is_shown_once(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    sign_in(Role.ADMINISTRATOR)
    made = client.post(PATH, {"url": "https://hooks.example.com/daybook", "events": ["booking.created"]})
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    assert endpoint.events == ["booking.created"]
    for path in (PATH, f"{PATH}{endpoint.pk}/"):
        assert endpoint.secret not in client.get(path).content.decode()


def test_all_events_are_kept_as_everything(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    sign_in(Role.OWNER)
    client.post(PATH, {"url": "https://hooks.example.com/", "events": list(webhooks.EVENTS)})
    assert WebhookEndpoint.objects.get().events == []


def test_an_address_that_makes_no_sense_is_asked_again(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    sign_in(Role.ADMINISTRATOR)
    answer = client.post(PATH, {"url": "http://hooks.example.com/", "events": ["booking.created"]})
    assert "Enter an address such as https://" in text(answer)
    assert not WebhookEndpoint.objects.exists()


def test_a_failed_delivery_is_seen_and_sent_again(
    contoso: Tenant, sign_in: SignIn, client: Client, listener: Listener, endpoint: Any, work: Any
) -> None:
    sign_in(Role.ADMINISTRATOR)
    path = f"{PATH}{endpoint[0].pk}/"
    listener.status = 410
    webhooks.tell(tenant=contoso, event="booking.created", body={}, now=NOW)
    work()
    seen = text(client.get(path))
    assert "The address answered 410." in seen
    assert "Switched off" in seen
    assert "1 delivery failed" in text(client.get(PATH))
    listener.status = 200
    client.post(f"{path}switch/", {"on": "yes"})
    client.post(f"{path}deliveries/{WebhookDelivery.objects.get().pk}/replay/")
    work()
    assert WebhookDelivery.objects.get().state == "delivered"
    client.post(f"{path}test/")
    work()
    assert [event["event"] for event in listener.events] == ["booking.created", "booking.created", "test"]
    assert "The record of 2 messages is deleted too." in text(client.get(f"{path}remove/"))
    assert WebhookEndpoint.objects.exists()
    client.post(f"{path}remove/")
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER])
def test_nobody_else_finds_them(contoso: Tenant, sign_in: SignIn, client: Client, endpoint: Any, role: str) -> None:
    sign_in(role)
    for below in ("", f"{endpoint[0].pk}/", f"{endpoint[0].pk}/remove/", f"{endpoint[0].pk}/switch/"):
        for method in (client.get, client.post):
            assert method(PATH + below).status_code in (404, 405)
    assert WebhookEndpoint.objects.get().is_active


def test_a_stranger_finds_none_of_it(contoso: Tenant, sign_in: SignIn, client: Client) -> None:
    foreign = stranger()
    with scope(tenant=foreign):
        theirs, _secret = webhooks.create(
            tenant=foreign, url="https://hooks.example.com/", now=NOW, actor=acting.SYSTEM
        )  # fmt: skip
        webhooks.test(endpoint=theirs, now=NOW)
        delivery = theirs.deliveries.get()
    sign_in(Role.OWNER)
    assert "hooks.example.com" not in text(client.get(PATH))
    assert client.get(f"{PATH}{theirs.pk}/").status_code == 404
    for below in ("switch/", "test/", "remove/", f"deliveries/{delivery.pk}/replay/"):
        assert client.post(f"{PATH}{theirs.pk}/{below}").status_code == 404
