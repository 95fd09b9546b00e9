"""Every action of the admin: what it does is done by the services, and stands in the audit trail with who did it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from bookings.models import BookingPage, EventLink, PrivateLink, WaitingEntry
from tenants.models import (
    AccessPolicy,
    AuditEvent,
    BusyRead,
    Connection,
    Job,
    Mailbox,
    Membership,
    Message,
    Role,
    Subscription,
    Tenant,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests import factories
from tests.admin.everything import everything
from tests.factories import MailboxFactory

pytestmark = pytest.mark.django_db
#: The list, the action, what the trail says of it. In this order: what one leaves, the next one finds.
ACTIONS: list[tuple[Any, str, str]] = [
    (BookingPage, "unpublish", "page.unpublished"),
    (BookingPage, "publish", "page.published"),
    (PrivateLink, "extend", "link.changed"),
    (PrivateLink, "send", "link.sent"),
    (PrivateLink, "revoke", "link.revoked"),
    (WaitingEntry, "take_off", "waiting.left"),
    (EventLink, "write_again", "booking.pushAsked"),
    (Message, "send_again", "mail.resent"),
    (Job, "park", "jobs.parked"),
    (Job, "try_again", "jobs.resumed"),
    (Subscription, "renew", "subscription.renewalAsked"),
    (BusyRead, "read_now", "calendar.readAsked"),
    (Connection, "test_now", "connection.testAsked"),
    (AccessPolicy, "personal_on", "policy.changed"),
    (AccessPolicy, "shared_off", "policy.changed"),
    (WebhookEndpoint, "switch_off", "webhook.switchedOff"),
    (WebhookEndpoint, "switch_on", "webhook.switchedOn"),
    (WebhookEndpoint, "send_test", "webhook.tested"),
    (WebhookDelivery, "replay", "webhook.replayed"),
]


@pytest.fixture
def owner(contoso: Tenant, client: Client) -> Membership:
    """Contoso's owner, signed in."""
    membership = factories.member(contoso, Role.OWNER)
    client.force_login(membership.user)
    return membership


def act(client: Client, row: Any, name: str, query: str = "", **values: str) -> str:
    """What the page says after an action on one row."""
    address = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{query}"
    sent = {"action": name, "_selected_action": [str(row.pk)]} | values
    return client.post(address, sent, follow=True).content.decode()


def test_every_action_acts_and_is_audited(owner: Membership, client: Client) -> None:
    everything(owner.tenant, "Zebra")
    PrivateLink.objects.update(max_uses=None)
    EventLink.objects.update(pushed_sequence=0)
    link = PrivateLink.objects.get()
    PrivateLink.objects.update(expires_at=link.created_at)
    for model, name, said in ACTIONS:
        before = AuditEvent.objects.filter(action=said).count()
        told = act(client, model.objects.first(), name)
        events = AuditEvent.objects.filter(action=said)
        assert events.count() == before + 1, (name, said, told)
        event = events.order_by("-at").first()
        assert event is not None and (event.source, event.actor) == ("admin", owner.user.email), name
        assert 'class="success"' in told, name
    link.refresh_from_db()
    assert link.revoked_at is not None and link.sent_at is not None
    assert (AccessPolicy.objects.get().personal_bookings, AccessPolicy.objects.get().shared_bookings) == (True, False)
    assert Message.objects.get(subject="Zebra 0").state == Message.State.FAILED  # until the worker has sent it
    assert Job.objects.filter(kind__in=["subscription.keep", "busy.pull", "webhook.deliver"]).count() >= 3


def test_a_page_goes_into_the_trash_after_a_question_and_comes_back(owner: Membership, client: Client) -> None:
    page, service, _ = factories.clinic(owner.tenant)
    factories.book(page, service, factories.at("2026-11-23 09:00"))
    asked = act(client, page, "put_into_trash")
    assert "1 booking" in asked and BookingPage.objects.filter(pk=page.pk).exists()
    assert "1 page lies in the trash." in act(client, page, "put_into_trash", confirmed="yes", ahead="keep")
    assert not BookingPage.objects.filter(pk=page.pk).exists()
    assert "1 page is back." in act(client, page, "restore", "?trash=yes")
    trail = AuditEvent.objects.filter(action__in=["page.deleted", "page.restored"]).order_by("at")
    assert [(event.action, event.source) for event in trail] == [("page.deleted", "admin"), ("page.restored", "admin")]


def test_what_a_service_refuses_is_said_and_the_rest_is_done(owner: Membership, client: Client) -> None:
    allowed = MailboxFactory(tenant=owner.tenant)
    refused = MailboxFactory(tenant=owner.tenant, capabilities=[], display_name="No Licence")
    sent = {"action": "activate", "_selected_action": [str(allowed.pk), str(refused.pk)]}
    said = client.post("/admin/tenants/mailbox/", sent, follow=True).content.decode()
    assert "1 page is being set up." in said and "No Licence" in said
    assert [page.mailbox for page in BookingPage.objects.all()] == [allowed]
    assert act(client, refused, "personal_off") and AccessPolicy.objects.get().mailbox == refused


def test_a_webhook_goes_with_what_it_was_told_and_a_connection_is_only_looked_at(
    owner: Membership, client: Client
) -> None:
    with scope(tenant=owner.tenant):
        everything(owner.tenant, "Zebra")
    endpoint, connection = WebhookEndpoint.objects.get(), Connection.objects.get()
    address = f"/admin/tenants/webhookendpoint/{endpoint.pk}/delete/"
    assert "Webhook deliveries: 1" in client.get(address).content.decode()
    client.post(address, {"post": "yes"})
    assert not WebhookDelivery.objects.exists()
    assert AuditEvent.objects.get(action="webhook.removed").source == "admin"
    shown = client.get(f"/admin/tenants/connection/{connection.pk}/change/").content.decode()
    assert "/organisation/connection/" in shown and 'name="_save"' not in shown
    assert client.get("/admin/tenants/connection/add/").status_code == 403
    assert client.post(f"/admin/tenants/connection/{connection.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Mailbox.objects.exists()
