"""Webhooks: every change of a booking is told, signed, tried again, sent again, and never into private networks."""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_scopes import scope

from bookings.services import cancellation, decisions, rescheduling
from tenants import acting, webhook_delivery
from tenants.errors import InvalidInput
from tenants.models import AuditEvent, Job, Message, Role, Tenant, WebhookDelivery, WebhookEndpoint
from tenants.services import webhooks
from tests.factories import NOW, at, book, clinic, member, stranger
from tests.pages.conftest import monday
from tests.webhooks.conftest import Listener

__all__ = ["monday"]
START = at("2026-11-24 09:00")
Work = Callable[..., None]
ANA = acting.visitor("ana@example.net")


def later(attempt: int) -> Any:
    """A moment at which every back-off is over."""
    return NOW + timedelta(hours=2 * (attempt + 1))


def test_made_moved_and_cancelled_a_booking_is_told_each_time(
    contoso: Tenant, listener: Listener, endpoint: Any, work: Work
) -> None:
    page, service, members = clinic(contoso)
    booking = book(page, service, START)
    booking = rescheduling.reschedule(booking=booking, starts_at=START + timedelta(hours=1), now=NOW, actor=ANA)
    cancellation.cancel(booking=booking, now=NOW, actor=ANA, reason="Ill", quiet=True)
    work()
    told = {event["event"]: event["data"] for event in listener.events}
    assert set(told) == {"booking.created", "booking.rescheduled", "booking.cancelled"}
    assert told["booking.created"]["status"] == "confirmed"
    assert told["booking.created"]["start"] == "2026-11-24T09:00:00+00:00"
    assert told["booking.created"]["staffMemberIds"] == [str(members[0].pk)]
    assert told["booking.created"]["customer"]["email"] == "ana@example.net"
    assert told["booking.rescheduled"]["start"] == "2026-11-24T10:00:00+00:00"
    assert (told["booking.cancelled"]["status"], told["booking.cancelled"]["reason"]) == ("cancelled", "Ill")
    assert booking.manage_token not in str(listener.heard), "links that act are nobody else's"


def test_a_request_is_told_and_so_is_the_answer(contoso: Tenant, listener: Listener, endpoint: Any, work: Work) -> None:
    page, service, _members = clinic(contoso, approval="host")
    first, second = book(page, service, START), book(page, service, START + timedelta(hours=2))
    staff = acting.Actor(kind="person", label="anna@contoso.com", source="web")
    decisions.approve(approval=first.approvals.get(), now=NOW, actor=staff, by="Anna")
    decisions.reject(approval=second.approvals.get(), now=NOW, actor=staff, by="Anna", reason="Not my field")
    work()
    told = sorted((event["event"], event["data"]["status"]) for event in listener.events)
    assert told == [
        ("booking.confirmed", "confirmed"), ("booking.created", "pendingApproval"),
        ("booking.created", "pendingApproval"), ("booking.declined", "declined"),
    ]  # fmt: skip


def test_the_receiver_can_check_who_sent_it(contoso: Tenant, listener: Listener, endpoint: Any, work: Work) -> None:
    """As the module's own docstring tells a receiver to."""
    page, service, _members = clinic(contoso)
    book(page, service, START)
    work()
    path, headers, body = listener.heard[0]
    assert path == "/hook?key=1"
    stamp, _comma, signed = headers["Daybook-Signature"].partition(",")
    text = stamp.removeprefix("t=").encode() + b"." + body
    assert signed == "v1=" + hmac.new(endpoint[1].encode(), text, hashlib.sha256).hexdigest()
    assert int(stamp.removeprefix("t=")) == int(NOW.timestamp())
    assert headers["Daybook-Event"] == listener.events[0]["event"] == "booking.created"
    assert headers["Daybook-Delivery"] == listener.events[0]["id"]


def test_secret_and_content_are_stored_encrypted(contoso: Tenant, endpoint: Any) -> None:
    page, service, _members = clinic(contoso)
    book(page, service, START)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tenants_webhookdelivery UNION SELECT secret FROM tenants_webhookendpoint")
        stored = str(cursor.fetchall())
    assert "ana@example.net" not in stored
    assert endpoint[1] not in stored


def test_only_what_was_asked_for_is_told(contoso: Tenant, listener: Listener, work: Work) -> None:
    webhooks.create(tenant=contoso, url=listener.url, events=["booking.cancelled"], now=NOW, actor=acting.SYSTEM)
    page, service, _members = clinic(contoso)
    cancellation.cancel(booking=book(page, service, START), now=NOW, actor=ANA)
    work()
    assert [event["event"] for event in listener.events] == ["booking.cancelled"]


def test_without_endpoints_one_query_is_the_price(contoso: Tenant) -> None:
    page, service, _members = clinic(contoso)
    book(page, service, START)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        webhooks.tell(tenant=contoso, event="booking.created", body={}, now=NOW)
    assert len(seen) == 1


def test_a_change_that_is_taken_back_is_told_to_nobody(contoso: Tenant, endpoint: Any) -> None:
    from django.db import transaction

    page, service, _members = clinic(contoso)
    with pytest.raises(RuntimeError), transaction.atomic():
        book(page, service, START)
        raise RuntimeError
    assert not WebhookDelivery.objects.exists()


def test_a_failure_is_tried_again_until_it_arrives(
    contoso: Tenant, listener: Listener, endpoint: Any, work: Work
) -> None:
    webhooks.tell(tenant=contoso, event="booking.created", body={"n": 1}, now=NOW)
    listener.status = 500
    work()
    waiting = WebhookDelivery.objects.get()
    assert (waiting.state, waiting.attempts, waiting.status_code) == ("queued", 1, 500)
    assert Job.objects.get(kind="webhook.deliver").due_at > NOW
    listener.status = 200
    work(later(0))
    arrived = WebhookDelivery.objects.get()
    assert (arrived.state, arrived.attempts, arrived.status_code, arrived.last_error) == ("delivered", 2, 200, "")
    bodies = {body for _path, _headers, body in listener.heard}
    assert len(bodies) == 1, "the same bytes each time"
    signatures = {headers["Daybook-Signature"] for _path, headers, _body in listener.heard}
    assert len(signatures) == 2, "signed anew: an old signature is refused"


def test_one_that_never_answers_is_switched_off_and_administrators_hear_of_it(
    contoso: Tenant, listener: Listener, endpoint: Any, work: Work
) -> None:
    admin, scheduler = member(contoso, Role.ADMINISTRATOR), member(contoso, Role.SCHEDULER)
    listener.status = 503
    webhooks.tell(tenant=contoso, event="booking.created", body={}, now=NOW)
    for attempt in range(webhooks.MOST_ATTEMPTS):
        assert WebhookEndpoint.objects.get().is_active
        Job.objects.filter(kind="webhook.deliver").update(due_at=NOW)
        work(later(attempt))
    assert not WebhookEndpoint.objects.get().is_active
    assert WebhookDelivery.objects.get().state == "failed"
    mails = Message.objects.filter(template="webhookOff")
    assert [mail.to for mail in mails] == [admin.user.email] != [scheduler.user.email]
    assert listener.url in mails[0].text
    assert AuditEvent.objects.filter(action="webhook.switchedOff").count() == 1
    webhooks.tell(tenant=contoso, event="booking.created", body={}, now=NOW)
    assert WebhookDelivery.objects.count() == 1


def test_one_that_answers_others_stays_on(contoso: Tenant, listener: Listener, endpoint: Any, work: Work) -> None:
    webhooks.tell(tenant=contoso, event="booking.created", body={"n": 1}, now=NOW)
    WebhookDelivery.objects.update(attempts=webhooks.MOST_ATTEMPTS - 1)
    webhooks.tell(tenant=contoso, event="booking.created", body={"n": 2}, now=NOW + timedelta(minutes=1))
    second = WebhookDelivery.objects.get(attempts=0)
    WebhookDelivery.objects.filter(pk=second.pk).update(state="delivered", delivered_at=NOW + timedelta(minutes=2))
    listener.status = 400
    work(later(0))
    assert WebhookEndpoint.objects.get().is_active
    assert WebhookDelivery.objects.filter(state="failed").count() == 1


def test_gone_is_gone_at_once(contoso: Tenant, listener: Listener, endpoint: Any, work: Work) -> None:
    listener.status = 410
    webhooks.tell(tenant=contoso, event="booking.created", body={}, now=NOW)
    work()
    assert not WebhookEndpoint.objects.get().is_active


def test_sent_again_it_is_the_same(contoso: Tenant, listener: Listener, endpoint: Any, work: Work) -> None:
    webhooks.tell(tenant=contoso, event="booking.created", body={"n": 1}, now=NOW)
    work()
    webhooks.replay(delivery=WebhookDelivery.objects.select_related("tenant").get(), now=later(0), actor=acting.SYSTEM)
    work(later(0))
    assert len(listener.heard) == 2
    assert listener.heard[0][2] == listener.heard[1][2]
    assert WebhookDelivery.objects.get().state == "delivered"


def test_a_test_event_reaches_one_that_is_off_and_switches_nothing(
    contoso: Tenant, listener: Listener, endpoint: Any, work: Work
) -> None:
    webhooks.switch(endpoint=endpoint[0], on=False, now=NOW, actor=acting.SYSTEM)
    webhooks.test(endpoint=endpoint[0], now=NOW)
    work()
    assert [event["event"] for event in listener.events] == ["test"]
    listener.status = 500
    webhooks.test(endpoint=endpoint[0], now=NOW)
    work()
    assert WebhookDelivery.objects.filter(state="failed").count() == 1, "a person looks: it is tried once"


def test_a_redirect_is_not_followed(contoso: Tenant, listener: Listener, endpoint: Any, work: Work) -> None:
    listener.status, listener.location = 302, listener.url
    webhooks.tell(tenant=contoso, event="booking.created", body={}, now=NOW)
    work()
    assert len(listener.heard) == 1
    assert WebhookDelivery.objects.get().last_error == "The address answered 302."


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "::a00:1", "2002:7f00:1::",
     "::", "2001:db8::1", "ff02::1"],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not webhook_delivery.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses_are(address: str) -> None:
    assert webhook_delivery.is_public(address)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "10.0.0.5"]])
def test_a_name_that_leads_inside_is_not_asked(
    contoso: Tenant, listener: Listener, work: Work, settings: Any, monkeypatch: pytest.MonkeyPatch,
    addresses: list[str],
) -> None:  # fmt: skip
    settings.WEBHOOKS_INSIDE = False
    webhooks.create(
        tenant=contoso, url=f"https://harmless.example:{listener.server_port}/", now=NOW, actor=acting.SYSTEM
    )
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, listener.server_port)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: rows)
    webhooks.tell(tenant=contoso, event="booking.created", body={}, now=NOW)
    work()
    assert listener.heard == []
    assert WebhookDelivery.objects.get().last_error == "The address leads into a private network."


def test_the_connection_goes_to_the_address_that_was_checked(
    contoso: Tenant, listener: Listener, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers differently the second time leads nowhere else: it is asked once."""
    webhooks.create(
        tenant=contoso, url=f"http://rebinding.example.com:{listener.server_port}/x", now=NOW, actor=acting.SYSTEM
    )
    real, asked = socket.getaddrinfo, []

    def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "rebinding.example.com" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    webhooks.tell(tenant=contoso, event="booking.created", body={}, now=NOW)
    work()
    assert len(listener.heard) == 1
    assert asked.count("rebinding.example.com") == 1
    assert listener.heard[0][1]["Host"] == f"rebinding.example.com:{listener.server_port}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.com",
        "http://example.com/x",
        "https://",
        "https://user:pass@example.com/",
        "https://a b/",
        "https://example.com:99999/",
        "https://example.com:0/",
        f"https://{'ä' * 63}.example/",
    ],
)
def test_addresses_that_make_no_sense_are_refused(contoso: Tenant, url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        webhooks.create(tenant=contoso, url=url, now=NOW, actor=acting.SYSTEM)
    assert list(refused.value.errors) == ["url"]


def test_an_event_that_does_not_exist_is_refused(contoso: Tenant) -> None:
    with pytest.raises(InvalidInput) as refused:
        webhooks.create(
            tenant=contoso, url="https://example.com/", events=["booking.eaten"], now=NOW, actor=acting.SYSTEM
        )
    assert list(refused.value.errors) == ["events"]


def test_another_organisations_program_hears_nothing(contoso: Tenant, listener: Listener, work: Work) -> None:
    foreign = stranger()
    with scope(tenant=foreign):
        webhooks.create(tenant=foreign, url=listener.url, now=NOW, actor=acting.SYSTEM)
    page, service, _members = clinic(contoso)
    book(page, service, START)
    work()
    assert listener.heard == []
