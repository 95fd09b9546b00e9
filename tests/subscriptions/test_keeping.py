"""Subscriptions are made for calendars that are needed, renewed, made anew, and taken away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from bookings.models import StaffMember
from tenants import outbox
from tenants.microsoft365 import credentials, errors, http
from tenants.microsoft365 import subscriptions as graph
from tenants.models import BusyRead, Connection, Job, Mailbox, Subscription
from tenants.sandbox import control
from tenants.services import subscriptions
from tests.factories import NOW, BusinessPageFactory, MailboxFactory, StaffMemberFactory, TenantFactory
from tests.microsoft365.organisation import CLIENT_ID, Microsoft365, run_due
from tests.sandbox.test_schema import SCHEMA

pytestmark = pytest.mark.django_db(transaction=True)
ACTIVE, FAILED = Subscription.State.ACTIVE, Subscription.State.FAILED


def swept(now: datetime) -> int:
    """What the worker does each minute, at `now`."""
    with time_machine.travel(now, tick=True):
        wished = subscriptions.keep_due(now)
        run_due()
    return wished


def requested(method: str) -> int:
    return len(control.requests(path="/v1.0/subscriptions*", method=method))


def test_a_calendar_that_is_needed_is_told_of_within_a_sweep(
    microsoft365: Microsoft365, bea: Mailbox, subscribed: Subscription
) -> None:
    microsoft365.mailbox("carl@contoso.com")  # takes no bookings
    assert swept(timezone.now()) == 0
    [remote] = control.subscriptions("bea@contoso.com")
    assert control.subscriptions("carl@contoso.com") == []
    assert (subscribed.state, subscribed.subscription_id, subscribed.last_error) == (ACTIVE, str(remote.pk), "")
    assert remote.change_type == "created,updated,deleted" and remote.immutable
    assert remote.lifecycle_url == f"{remote.notification_url}/lifecycle"
    assert subscribed.expires_at == remote.expires_at
    assert timedelta(days=6, hours=23) < remote.expires_at - timezone.now() < timedelta(days=7)
    assert BusyRead.objects.get(mailbox=bea).read_at is not None
    # The address and the secret stand nowhere in clear.
    token = remote.notification_url.rpartition("/")[2]
    assert token not in str(Subscription.objects.values_list()) and len(token) > 40
    assert remote.client_state == subscribed.client_state != ""


def test_it_is_renewed_when_half_of_its_life_is_over_and_not_before(subscribed: Subscription) -> None:
    half = subscribed.renewed_at + (subscribed.expires_at - subscribed.renewed_at) / 2
    assert swept(half - timedelta(minutes=5)) == 0
    assert swept(half + timedelta(minutes=1)) == 1
    renewed = Subscription.objects.get()
    assert renewed.subscription_id == subscribed.subscription_id
    assert renewed.expires_at - subscribed.expires_at > timedelta(days=3)
    assert swept(half + timedelta(minutes=2)) == 0 and requested("POST") == 1


def test_a_life_that_is_refused_as_too_long_is_asked_for_shorter(bea: Mailbox) -> None:
    refusal = {"code": "ExtensionError", "message": "Subscription expiration can only be 4230 minutes in the future."}
    control.fail(path="/v1.0/subscriptions", method="POST", status=400, **refusal)
    swept(timezone.now())
    row = Subscription.objects.get()
    assert row.state == ACTIVE and row.expires_at - row.renewed_at < timedelta(minutes=4231)
    half = row.renewed_at + timedelta(minutes=2120)
    control.fail(path="/v1.0/subscriptions/*", method="PATCH", status=400, **refusal)
    assert swept(half) == 1
    assert Subscription.objects.get().expires_at > row.expires_at


def test_one_that_microsoft_lost_is_made_anew_and_the_calendar_read(subscribed: Subscription, bea: Mailbox) -> None:
    control.subscriptions(bea.address)[0].delete()
    read_at = BusyRead.objects.get().read_at
    swept(subscribed.renewed_at + timedelta(days=4))
    row = Subscription.objects.get()
    assert row.state == ACTIVE and row.token_hash != subscribed.token_hash
    assert row.subscription_id == str(control.subscriptions(bea.address)[0].pk) != subscribed.subscription_id
    assert BusyRead.objects.get().read_at > read_at


def test_one_that_a_killed_run_left_behind_is_replaced(subscribed: Subscription, bea: Mailbox) -> None:
    Subscription.objects.update(subscription_id="", state=Subscription.State.WANTED)
    swept(timezone.now())
    [remote] = control.subscriptions(bea.address)
    row = Subscription.objects.get()
    assert (row.state, row.subscription_id) == (ACTIVE, str(remote.pk))
    assert row.subscription_id != subscribed.subscription_id


def test_what_is_needed_no_longer_is_taken_away(subscribed: Subscription, bea: Mailbox) -> None:
    StaffMember.objects.update(removed_at=NOW)
    assert swept(timezone.now()) == 1
    assert not Subscription.objects.exists() and control.subscriptions(bea.address) == []


def test_a_removed_connection_takes_everything_with_it_and_a_new_one_starts_anew(
    microsoft365: Microsoft365, subscribed: Subscription, bea: Mailbox
) -> None:
    connection = Connection.objects.get()
    Connection.objects.all().delete()
    assert subscriptions.keep_due(timezone.now()) == 0
    assert not Subscription.objects.exists()
    [left] = control.subscriptions(bea.address)  # Microsoft gives it up by itself, sooner or later
    connection.save(force_insert=True)
    swept(timezone.now())
    [remote] = control.subscriptions(bea.address)
    assert remote.pk != left.pk and Subscription.objects.get().subscription_id == str(remote.pk)


def test_a_broken_connection_leaves_it_alone_until_it_works_again(subscribed: Subscription) -> None:
    later = subscribed.renewed_at + timedelta(days=4)
    control.expire_secrets(CLIENT_ID)
    credentials.forget()
    swept(later)
    assert Connection.objects.get().state == Connection.State.BROKEN
    job = Job.objects.get(kind="subscription.keep")
    assert (job.state, job.waits_for) == (Job.State.PARKED, "connection")
    row = Subscription.objects.get()
    assert row.state == FAILED and "secret" in row.remedy.lower()
    assert swept(later + timedelta(minutes=1)) == 0 and requested("DELETE") == 0

    microsoft365_mended(subscribed)
    with time_machine.travel(later + timedelta(hours=1), tick=True):
        outbox.resume(tenant=subscribed.tenant, waits_for="connection", now=timezone.now())
        run_due()
    row = Subscription.objects.get()
    assert (row.state, row.remedy, row.subscription_id) == (ACTIVE, "", subscribed.subscription_id)


def microsoft365_mended(subscription: Subscription) -> None:
    from tenants.sandbox.models import AppSecret

    AppSecret.objects.update(expires_at=NOW + timedelta(days=365))
    Connection.objects.update(state=Connection.State.CONNECTED)


def test_an_address_that_microsoft_cannot_reach_is_said_with_its_remedy_and_tried_each_hour(
    microsoft365: Microsoft365, bea: Mailbox, settings: Any
) -> None:
    here = settings.WEBHOOK_URL
    settings.WEBHOOK_URL = "http://127.0.0.1:9"
    swept(timezone.now())
    row = Subscription.objects.get()
    assert row.state == FAILED and "WEBHOOK_URL" in row.remedy and "validation" in row.last_error
    assert Job.objects.get(kind="subscription.keep").state == Job.State.DONE  # the regular reads serve
    assert swept(timezone.now()) == 0
    settings.WEBHOOK_URL = here
    assert subscriptions.retry_failed(timezone.now()) == 1
    run_due()
    assert Subscription.objects.get().state == ACTIVE


def test_a_mailbox_that_a_policy_closes_waits_for_the_connection(bea: Mailbox) -> None:
    control.restrict_mailboxes(CLIENT_ID, [])
    swept(timezone.now())
    assert "Get-ApplicationAccessPolicy" in Subscription.objects.get().remedy
    assert Job.objects.get(kind="subscription.keep").waits_for == "connection"


def test_throttling_waits_and_goes_on(bea: Mailbox) -> None:
    control.throttle(path="/v1.0/subscriptions", retry_after=7)
    swept(timezone.now())
    assert Subscription.objects.get().last_error
    swept(timezone.now() + timedelta(seconds=10))
    assert Subscription.objects.get().state == ACTIVE


def test_without_https_nothing_is_asked_and_the_sweep_serves(subscribed: Subscription, settings: Any) -> None:
    settings.WEBHOOK_URL, settings.MICROSOFT_GRAPH_URL = "http://intranet", "https://graph.microsoft.com/v1.0"
    assert "http://intranet" in graph.problem()
    with pytest.raises(graph.NotOffered, match="https") as told:
        graph.probe(http.client_for(subscribed.tenant), "bea@contoso.com")
    assert "WEBHOOK_URL" in told.value.remedy
    Subscription.objects.all().delete()
    assert subscriptions.keep_due(timezone.now()) == 0 and subscriptions.compare_all(timezone.now()) == 0
    settings.WEBHOOK_URL = "https://daybook.example"
    assert graph.problem() == ""


def test_a_probe_tells_whether_notifications_come_and_leaves_nothing(
    microsoft365: Microsoft365, bea: Mailbox, settings: Any
) -> None:
    client = http.client_for(microsoft365.tenant)
    graph.probe(client, bea.graph_id)
    assert control.subscriptions(bea.address) == []
    settings.WEBHOOK_URL = "http://127.0.0.1:9"
    with pytest.raises(graph.NotReached):
        graph.probe(client, bea.address)
    settings.WEBHOOK_URL = f"{settings.MICROSOFT_GRAPH_URL}/elsewhere"  # answers, but not what it should
    with pytest.raises(graph.NotReached):
        graph.probe(client, bea.address)
    control.set_roles(CLIENT_ID, ["User.Read.All"])
    credentials.forget()
    with pytest.raises(errors.AccessDenied):
        graph.probe(client, bea.address)


def test_the_daily_comparison_removes_what_nobody_knows_and_replaces_what_is_gone(
    microsoft365: Microsoft365, subscribed: Subscription, bea: Mailbox
) -> None:
    carl = microsoft365.mailbox("carl@contoso.com")
    dana = microsoft365.mailbox("dana@contoso.com")
    client = http.client_for(microsoft365.tenant)
    now = timezone.now()
    graph.create(client, carl.graph_id, token="left-behind", client_state="x", now=now)
    elsewhere = graph.create(client, dana.graph_id, token="other", client_state="x", now=now)
    [known] = control.subscriptions(dana.address)
    known.notification_url = "https://staging.contoso.com/webhooks/graph/other"
    known.save()
    control.subscriptions(bea.address)[0].delete()

    assert subscriptions.compare_all(now) == 1
    run_due()
    run_due()
    assert control.subscriptions(carl.address) == []
    assert [str(one.pk) for one in control.subscriptions(dana.address)] == [elsewhere.id]  # not this installation's
    row = Subscription.objects.get()
    assert row.state == ACTIVE and row.subscription_id == str(control.subscriptions(bea.address)[0].pk)


def test_two_organisations_have_their_own(subscribed: Subscription) -> None:
    fabrikam = TenantFactory(name="Fabrikam", domain="fabrikam.com")
    with scope(tenant=fabrikam):
        box = MailboxFactory(tenant=fabrikam, syncs_calendar=True)
        StaffMemberFactory(page=BusinessPageFactory(tenant=fabrikam), mailbox=box)
        assert not Subscription.objects.exists()
    assert swept(timezone.now()) == 0  # not connected
    with scope(tenant=fabrikam):
        Connection.objects.create(
            tenant=fabrikam, client_id="c", directory_id="d", client_secret="s", secret_expires_on=NOW.date()
        )
    assert subscriptions.keep_due(timezone.now()) == 1
    with scopes_disabled():
        assert Job.objects.get(state=Job.State.PENDING).tenant_id == fabrikam.pk


def test_a_subscription_is_what_microsoft_describes(subscribed: Subscription, microsoft365: Microsoft365) -> None:
    if not SCHEMA.exists():
        pytest.skip("Microsoft's description of Graph is not beside this repository.")
    import yaml

    from tests.sandbox.test_schema import Description

    with SCHEMA.open(encoding="utf-8") as file:
        description = Description(yaml.load(file, Loader=yaml.CSafeLoader))
    answer = http.client_for(microsoft365.tenant).get(f"/subscriptions/{subscribed.subscription_id}")
    assert description.errors(answer, "microsoft.graph.subscription") == []
