"""What Microsoft tells is believed when it can be proved, answered at once, and is a hint to read only."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import requests
from django.test import Client
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from bookings.services import offers
from tenants.models import BusyRead, Connection, Job, Mailbox, Subscription
from tenants.sandbox import control, notifier, seed
from tenants.sandbox.models import Event
from tenants.services import busy_times
from tests.calendar.clinic import NINE, Clinic
from tests.factories import NOW, TenantFactory, at
from tests.microsoft365.organisation import DIRECTORY_ID, Microsoft365, copy_of, run_due

pytestmark = pytest.mark.django_db(transaction=True)


def pulls() -> list[Job]:
    return list(Job.objects.filter(kind="busy.pull"))


def path_of(subscription: Subscription) -> str:
    """The path that only Microsoft knows."""
    [remote] = control.subscriptions(subscription.mailbox.address)
    return "/" + remote.notification_url.partition("://")[2].partition("/")[2]


def told(subscription: Subscription, **more: Any) -> dict[str, Any]:
    return {
        "subscriptionId": subscription.subscription_id, "clientState": subscription.client_state,
        "changeType": "updated", "tenantId": DIRECTORY_ID, "resource": "Users/x/Events/y",
    } | more  # fmt: skip


def post(path: str, *values: dict[str, Any], client: Client | None = None) -> int:
    body = json.dumps({"value": values})
    return (client or Client()).post(path, body, content_type="application/json").status_code


def test_a_change_in_outlook_is_here_without_waiting_for_the_sweep(
    microsoft365: Microsoft365, bea: Mailbox, subscribed: Subscription
) -> None:
    event = microsoft365.put(bea, "Dentist", NINE)
    control.settle()
    run_due()
    assert copy_of(bea) == [("Dentist", "11-24 09:00", "11-24 09:30")]
    microsoft365.change(event, {"subject": "Doctor"})
    control.settle()
    run_due()
    assert [title for title, *_ in copy_of(bea)] == ["Doctor"]
    microsoft365.remove(event)
    control.settle()
    run_due()
    assert copy_of(bea) == []
    assert len(pulls()) == 1  # one wish, fulfilled again and again
    assert Subscription.objects.get().notified_at is not None


def test_a_notification_told_ten_times_changes_nothing(
    microsoft365: Microsoft365, bea: Mailbox, subscribed: Subscription
) -> None:
    microsoft365.put(bea, "Dentist", NINE)
    control.settle()
    run_due()
    before, path = copy_of(bea), path_of(subscribed)
    for _ in range(10):
        assert post(path, told(subscribed), told(subscribed)) == 202
    assert len(pulls()) == 1 and pulls()[0].state == Job.State.PENDING
    run_due()
    assert copy_of(bea) == before and len(pulls()) == 1


@pytest.mark.parametrize("event", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_a_lifecycle_event_told_ten_times_is_done_once(
    microsoft365: Microsoft365, bea: Mailbox, subscribed: Subscription, event: str
) -> None:
    Subscription.objects.update(renewed_at=timezone.now() - timedelta(hours=1))
    path, mine = f"{path_of(subscribed)}/lifecycle", told(subscribed, lifecycleEvent=event)
    for _ in range(5):
        assert post(path, mine) == 202
    run_due()
    run_due()
    for _ in range(5):
        assert post(path, mine) in (202, 404)
    run_due()
    asked = {method: len(control.requests(path="/v1.0/subscriptions*", method=method)) for method in ("POST", "PATCH")}
    assert (
        asked
        == {
            "reauthorizationRequired": {"POST": 1, "PATCH": 1},
            # Microsoft did not take it away after all: the one there was makes room for the new one.
            "subscriptionRemoved": {"POST": 3, "PATCH": 0},
            "missed": {"POST": 1, "PATCH": 0},
        }[event]
    )
    [remote] = control.subscriptions(bea.address)
    assert Subscription.objects.get().subscription_id == str(remote.pk)
    assert Subscription.objects.get().state == Subscription.State.ACTIVE


def test_what_was_missed_while_there_was_no_subscription_is_read(
    microsoft365: Microsoft365, bea: Mailbox, subscribed: Subscription
) -> None:
    control.lose_notifications(bea.address)
    microsoft365.put(bea, "Dentist", NINE)
    control.lifecycle(bea.address, "subscriptionRemoved")
    control.settle()
    run_due()
    run_due()
    assert len(copy_of(bea)) == 1
    assert Subscription.objects.get().subscription_id not in ("", subscribed.subscription_id)


def test_a_lost_notification_costs_minutes_not_the_change(
    microsoft365: Microsoft365, bea: Mailbox, subscribed: Subscription, settings: Any
) -> None:
    settings.SYNC_SWEEP_SECONDS = 600
    control.lose_notifications(bea.address)
    microsoft365.put(bea, "Dentist", NINE)
    control.settle()
    run_due()
    assert copy_of(bea) == [] and Subscription.objects.get().notified_at is None
    BusyRead.objects.update(read_at=timezone.now() - timedelta(seconds=660))
    assert busy_times.pull_due(timezone.now()) == 1
    run_due()
    assert len(copy_of(bea)) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"clientState": "guessed"},
        {"clientState": None},
        {"clientState": ""},
        {"tenantId": str(uuid.uuid4())},
        {"tenantId": None},
        {"tenantId": "contoso.com"},
    ],
)
def test_what_cannot_be_proved_is_answered_and_ignored(
    microsoft365: Microsoft365, subscribed: Subscription, forged: dict[str, Any]
) -> None:
    Job.objects.all().delete()
    path = path_of(subscribed)
    assert post(path, told(subscribed, **forged)) == 202
    assert post(f"{path}/lifecycle", told(subscribed, lifecycleEvent="subscriptionRemoved", **forged)) == 202
    assert not Job.objects.exists() and Subscription.objects.get().notified_at is None
    assert post(path, told(subscribed, **forged), told(subscribed)) == 202
    assert len(pulls()) == 1


def test_an_address_that_nobody_has_is_not_found(subscribed: Subscription) -> None:
    assert post("/webhooks/graph/no-such-token", told(subscribed)) == 404
    assert post("/webhooks/graph/no-such-token/lifecycle", told(subscribed)) == 404
    assert Client().get(path_of(subscribed)).status_code == 405


def test_the_handshake_gives_the_word_back_as_text_before_anything_is_known(db: None) -> None:
    word = "Validation: Testing <script>alert(1)</script> & ümlaut+%2B"
    for path in ("/webhooks/graph/unknown", "/webhooks/graph/unknown/lifecycle"):
        answer = Client(enforce_csrf_checks=True).post(path, query_params={"validationToken": word})
        assert answer.status_code == 200 and answer.content.decode() == word
        assert answer["Content-Type"].startswith("text/plain")
        assert answer["X-Content-Type-Options"] == "nosniff"
    for wrong in ("", "x" * 2_001):
        assert Client().post("/webhooks/graph/x", query_params={"validationToken": wrong}).status_code == 400


@pytest.mark.parametrize("body", ["", "[]", "null", '{"value": 1}', '{"value": ["x"]}', "{" * 50_000, "\xff"])
def test_what_is_no_notification_is_refused(subscribed: Subscription, body: str) -> None:
    answer = Client().post(path_of(subscribed), body, content_type="application/json")
    assert answer.status_code == 400


def test_too_much_is_refused(subscribed: Subscription) -> None:
    path = path_of(subscribed)
    with mock.patch("tenants.views.graph_webhooks.LARGEST", 100):
        assert post(path, told(subscribed, more="x" * 200)) == 413
    with mock.patch("tenants.views.graph_webhooks.KNOWN", 2), mock.patch("tenants.views.graph_webhooks.STRANGERS", 1):
        assert [post(path, told(subscribed)) for _ in range(4)].count(429) >= 1
        assert [post("/webhooks/graph/nobody", {}) for _ in range(3)].count(429) >= 1


def test_a_notification_is_answered_in_a_moment(subscribed: Subscription, live_server: Any) -> None:
    url = live_server.url + path_of(subscribed)
    requests.post(url, json={"value": [told(subscribed)]}, timeout=5)
    answer = requests.post(url, json={"value": [told(subscribed)] * 50}, timeout=5)
    assert answer.status_code == 202 and answer.elapsed < timedelta(seconds=1)


def test_another_organisations_secret_opens_nothing(microsoft365: Microsoft365, subscribed: Subscription) -> None:
    fabrikam = TenantFactory(name="Fabrikam", domain="fabrikam.com")
    directory = str(uuid.uuid4())
    with scope(tenant=fabrikam):
        box = Mailbox.objects.create(tenant=fabrikam, kind="UserMailbox", address="eve@fabrikam.com", time_zone="UTC")
        Connection.objects.create(
            tenant=fabrikam, client_id="c", directory_id=directory, client_secret="s", secret_expires_on=NOW.date()
        )
        theirs = Subscription.objects.create(
            tenant=fabrikam, mailbox=box, token_hash="0" * 64, client_state="theirs", subscription_id="theirs",
            state=Subscription.State.ACTIVE,
        )  # fmt: skip
    Job.objects.all().delete()
    eve = told(theirs, tenantId=directory)
    assert post(path_of(subscribed), eve, told(theirs)) == 202
    with scopes_disabled():
        assert not Job.objects.exists()


def test_a_room_echoes_each_booking_and_one_read_serves(microsoft365: Microsoft365, bea: Mailbox) -> None:
    words: list[dict[str, Any]] = []
    room = seed.create_room(organisation=microsoft365.organisation, address="room@contoso.com", display_name="Room")
    with mock.patch.object(notifier, "_post", lambda url, body: words.extend(body["value"])):
        remote = subscribe(microsoft365, str(room.pk))
        event = microsoft365.put(bea, "Review", NINE, rooms=[room])
        control.settle()
        assert kinds(words) == ["created", "updated", "updated", "updated"]
        words.clear()
        microsoft365.change(event, {"subject": "Other"})
        control.settle()
        assert kinds(words) == ["updated", "updated", "updated"]
        words.clear()
        Event.objects.filter(mailbox=room).update(is_organizer=True)
        microsoft365.remove(Event.objects.get(mailbox=room))
        control.settle()
        assert kinds(words) == ["deleted", "updated", "updated"]
    assert {word["subscriptionId"] for word in words} == {remote} and {word["tenantId"] for word in words} == {
        DIRECTORY_ID
    }
    assert words[0]["resourceData"]["@odata.type"] == "#Microsoft.Graph.Event"


def kinds(words: list[dict[str, Any]]) -> list[str]:
    return [word["changeType"] for word in words]


def subscribe(microsoft365: Microsoft365, mailbox: str) -> str:
    from tenants.microsoft365 import http
    from tenants.microsoft365 import subscriptions as graph

    client = http.client_for(microsoft365.tenant)
    return graph.create(client, mailbox, token="t", client_state="s", now=timezone.now()).id


def test_a_change_that_was_undone_is_not_told(microsoft365: Microsoft365, bea: Mailbox) -> None:
    from django.db import transaction

    words: list[Any] = []
    with mock.patch.object(notifier, "_post", lambda url, body: words.append(body)):
        subscribe(microsoft365, bea.graph_id)
        with transaction.atomic():
            microsoft365.put(bea, "Dentist", NINE)
            transaction.set_rollback(True)
        control.settle()
    assert words == []


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Europe/Zurich", "America/Los_Angeles"])
def test_a_night_when_clocks_change_is_told_as_any_other(microsoft365: Microsoft365, zone: str) -> None:
    """The clocks of Zurich go back on 31 October 2027 at 3:00; offers of the next morning are right at once."""
    from tenants.services import subscriptions

    clinic = Clinic(microsoft365, maximum_advance=timedelta(days=400))
    Mailbox.objects.filter(pk=clinic.bea.pk).update(time_zone=zone)
    clinic.member.time_zone, clinic.member.uses_business_hours = zone, True
    clinic.member.save()
    subscriptions.keep_due(timezone.now())
    run_due()
    starts_at = at("2027-10-31 08:00")  # nine o'clock in Zurich, the morning after
    assert is_free(clinic, starts_at)
    microsoft365.put(clinic.bea, "Night shift", at("2027-10-30 22:00"), end_at=starts_at + timedelta(minutes=30))
    control.settle()
    run_due()
    assert not is_free(clinic, starts_at) and is_free(clinic, starts_at + timedelta(minutes=30))


def is_free(clinic: Clinic, at_: Any) -> bool:
    clinic.service.refresh_from_db()
    found = offers.free_staff(
        page=clinic.page, service=clinic.service, staff=[clinic.member], starts_at=at_, now=timezone.now()
    )
    return bool(found)
