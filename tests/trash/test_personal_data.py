"""What is kept of a person is found, handed out and erased; and goes by itself when its days are over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from bookings.models import Booking, PrivateLink
from bookings.services import erasure, retention, trash
from tenants.errors import InvalidInput
from tenants.models import AuditEvent, Job, Message, Role, Tenant
from tenants.services import pseudonyms
from tests.factories import ANA, NOW, book, clinic, stranger
from tests.trash.world import ACT, NINE, World, furnish, run_all

pytestmark = [pytest.mark.django_db, pytest.mark.row("S4.32")]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def calendar(contoso: Tenant) -> World:
    found = furnish(contoso)
    run_all()
    return found


def holding(*texts: str) -> dict[str, int]:
    """In which tables any of the texts stands, decrypted; Microsoft's side and the queue's left out."""
    found: dict[str, int] = {}
    with scopes_disabled():
        for model in apps.get_models():
            if model._meta.app_label in ("bookings", "tenants"):
                for row in model._base_manager.all():
                    text = " ".join(str(field.value_from_object(row)) for field in model._meta.concrete_fields).lower()
                    if any(one.lower() in text for one in texts):
                        found[model.__name__] = found.get(model.__name__, 0) + 1
    return found


def test_after_cancelling_and_erasing_nobody_finds_the_person_in_any_table(calendar: World, contoso: Tenant) -> None:
    with scope(tenant=stranger()):
        other = book(*clinic(Tenant.objects.exclude(pk=contoso.pk).get())[:2], NINE)
    assert set(holding(ANA.email)) >= {
        "Booking",
        "Message",
        "AuditEvent",
        "WebhookDelivery",
        "IdempotentAnswer",
        "PrivateLink",
    }
    mails = set(Message.objects.values_list("pk", flat=True))
    label = pseudonyms.pseudonym(tenant=contoso, address=ANA.email)
    made = erasure.erase(tenant=contoso, address="ANA@example.net", **ACT, cancels=True, reason="Asked by letter")
    run_all()
    other.refresh_from_db()
    assert other.customer_email == ANA.email
    with scopes_disabled():
        Booking._base_manager.filter(pk=other.pk).delete()
        for model in ("Message", "AuditEvent", "Job", "WebhookDelivery"):
            apps.get_model("tenants", model)._base_manager.exclude(tenant=contoso)._raw_delete("default")
    assert holding(ANA.email, ANA.name) == {}
    assert (made.counts["bookings"], made.kept_ahead) == (5, 0)
    told = Message.objects.exclude(pk__in=mails)
    assert [row.to for row in told] == [calendar.member.email]  # the host, by one digest; the person by none
    event = AuditEvent.objects.get(action="personalData.erased")
    assert (event.target, event.reason, event.after["cancelled"]) == (label, "Asked by letter", 4)
    assert AuditEvent.objects.filter(actor=label, action="booking.created").count() == 5
    assert Booking.objects.filter(erased_at=NOW).count() == 5
    with pytest.raises(InvalidInput):
        erasure.erase(tenant=contoso, address=ANA.email, **ACT, cancels=True)


def test_what_lies_ahead_is_kept_with_all_that_belongs_to_it_unless_told_otherwise(
    calendar: World, contoso: Tenant
) -> None:
    made = erasure.erase(tenant=contoso, address=ANA.email, **ACT, cancels=False)
    calendar.booking.refresh_from_db()
    assert (made.counts["bookings"], made.kept_ahead) == (1, 4)
    assert (calendar.booking.customer_email, calendar.booking.erased_at) == (ANA.email, None)
    assert Message.objects.filter(about_id=calendar.booking.pk, to=ANA.email).exists()
    assert AuditEvent.objects.filter(actor=ANA.email, target_id=calendar.booking.pk).exists()


def test_a_guest_is_taken_off_the_list_and_the_booking_stays_the_customers(calendar: World, contoso: Tenant) -> None:
    Booking.objects.filter(pk=calendar.booking.pk).update(ends_at=NOW, starts_at=NOW - timedelta(hours=1))
    erasure.erase(tenant=contoso, address="guest@example.net", **ACT, cancels=False)
    calendar.booking.refresh_from_db()
    assert (calendar.booking.guests, calendar.booking.customer_email) == ([], ANA.email)
    assert holding("guest@example.net") == {}


def test_the_days_erase_by_themselves_also_in_the_trash(calendar: World, contoso: Tenant, clock: Any) -> None:
    assert retention.erase_due(timezone.now()) == 0
    contoso.personal_data_days = 30
    contoso.save()
    trash.delete(page=calendar.page, **ACT)
    clock.move_to(NINE + timedelta(days=29))
    retention.erase_due(timezone.now())
    run_all()
    assert Booking.objects.filter(erased_at__isnull=False).count() == 1
    assert holding(ANA.email)["Booking"] == 4
    clock.move_to(NINE + timedelta(days=32))
    assert retention.erase_due(timezone.now()) == 1
    run_all()
    assert Booking.objects.filter(erased_at=None).count() == 0
    PrivateLink.objects.update(expires_at=timezone.now() - timedelta(days=31))
    clock.shift(timedelta(days=1))
    retention.erase_due(timezone.now())
    run_all()
    left = holding(ANA.email, "eva@example.net")
    assert set(left) <= {"IdempotentAnswer", "AuditEvent", "Message"}, left
    assert not AuditEvent.objects.filter(actor=ANA.email).exists()
    event = AuditEvent.objects.filter(action="personalData.expired").earliest("at")
    assert (event.actor, event.after["days"], event.after["bookings"]) == ("Daybook", 30, 1)
    assert not Job.objects.filter(state=Job.State.PARKED).exists()


def test_an_administrator_finds_copies_and_erases_and_nobody_else(
    calendar: World, client: Client, sign_in: Callable[..., object], django_assert_max_num_queries: Any
) -> None:
    for role in (Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER):
        sign_in(role)
        assert client.get("/organisation/privacy/").status_code == 404
        assert client.post("/organisation/privacy/erase/", {"address": ANA.email}).status_code == 404
    sign_in(Role.ADMINISTRATOR)
    with django_assert_max_num_queries(30):
        page = client.get("/organisation/privacy/", {"address": ANA.email}).content.decode()
    assert "Booked ahead" in page and "Bookings" in page
    copy = json.loads(client.post("/organisation/privacy/export/", {"address": ANA.email, "as": "json"}).content)
    assert len(copy["bookings"]) == 5 and copy["bookings"][0]["customerNotes"] == "First visit"
    assert copy["mails"] and copy["auditTrail"] and copy["privateLinks"]
    assert calendar.booking.manage_token not in json.dumps(copy)
    readable = client.post("/organisation/privacy/export/", {"address": ANA.email, "as": "html"})
    assert "First visit" in readable.content.decode() and "attachment" in readable["Content-Disposition"]
    assert AuditEvent.objects.filter(action="personalData.exported").count() == 2
    asked = client.get("/organisation/privacy/erase/", {"address": ANA.email}).content.decode()
    assert "Keep them" in asked and "pseudonym" in asked
    assert not AuditEvent.objects.filter(action="personalData.erased").exists()
    answer = client.post(
        "/organisation/privacy/erase/", {"address": ANA.email, "ahead": "cancel", "reason": ""}, follow=True
    )
    assert "Erased." in answer.content.decode()
    assert not Booking.objects.filter(customer_email=ANA.email).exists()
    client.post("/organisation/privacy/", {"personal_data_days": "90"})
    assert Tenant.objects.get(name="Contoso").personal_data_days == 90
