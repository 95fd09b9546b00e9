"""What is copied or erased is one person's: not a namesake's, not a colleague's, and nothing that opens an account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings.models import Booking
from bookings.services import data_export, erasure, personal_data
from bookings.services.booking import Customer, Details
from tenants import acting, mail
from tenants.models import AuditEvent, Job, Message, Role, Tenant, WebhookDelivery
from tenants.services import audit, invitations, pseudonyms
from tests.factories import ANA, NOW, book, clinic, member
from tests.trash.world import ACT, NINE, furnish, run_all

pytestmark = [pytest.mark.django_db, pytest.mark.row("S4.32")]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.mark.parametrize(
    ("text", "is_hers"),
    [
        ("mail ana@example.net now", True),
        ('{"to": "ANA@example.net"}', True),
        (r'{"note": "Mail:\nana@example.net"}', True),
        (r'{"note": "\u201cana@example.net\u201d"}', True),
        ("remind:ana@example.net", True),
        ("diana@example.net", False),
        ("d'ana@example.net", False),
        ("x+ana@example.net", False),
        ("ana@example.net.au", False),
        ("ana+x@example.net", False),
    ],
)
def test_an_address_is_found_whole_or_not_at_all(text: str, is_hers: bool) -> None:
    assert pseudonyms.holds(text, "ana@example.net") is is_hers


def test_a_namesakes_jobs_deliveries_and_trail_are_nobody_elses(contoso: Tenant) -> None:
    furnish(contoso)
    page, service, _doctor = clinic(contoso)
    diana = Customer(name="Diana", email=f"di{ANA.email}", time_zone="Europe/Zurich")
    hers = book(page, service, NINE, customer=diana, actor=acting.visitor(diana.email))
    deliveries = [one.pk for one in WebhookDelivery.objects.all() if diana.email in one.body]
    jobs = {one.pk for one in Job.objects.all() if str(hers.pk) in json.dumps(one.payload)}
    found = personal_data.find(tenant=contoso, address=ANA.email)
    assert not found.audit.filter(target_id=hers.pk).exists()
    assert "diana" not in json.dumps(data_export.export(found=found, **ACT)).lower().replace(ANA.email, "")
    erasure.erase(tenant=contoso, address=ANA.email, **ACT, cancels=True)
    assert deliveries and WebhookDelivery.objects.filter(pk__in=deliveries).count() == len(deliveries)
    assert jobs and Job.objects.filter(pk__in=jobs).count() == len(jobs)
    assert AuditEvent.objects.filter(target_id=hers.pk, actor=diana.email).exists()


def test_of_somebody_elses_booking_ahead_only_the_guest_is_erased(contoso: Tenant) -> None:
    world = furnish(contoso)
    run_all()
    reminders = set(Job.objects.filter(kind="mail.reminder", payload__booking=str(world.booking.pk)).values_list("pk"))
    told = {row.pk: "guest@example.net" in row.text + row.html for row in Message.objects.filter(to=ANA.email)}
    erasure.erase(tenant=contoso, address="guest@example.net", **ACT, cancels=True)
    world.booking.refresh_from_db()
    assert (world.booking.guests, world.booking.customer_email) == ([], ANA.email)
    assert reminders and set(Job.objects.filter(pk__in=[pk for (pk,) in reminders]).values_list("pk")) == reminders
    kept = set(Message.objects.filter(pk__in=told).values_list("pk", flat=True))
    assert kept == {pk for pk, names_the_guest in told.items() if not names_the_guest}
    assert not personal_data.find(tenant=contoso, address="guest@example.net").as_guest.exists()


def test_a_guest_at_a_domain_with_letters_beyond_ascii_is_found(contoso: Tenant) -> None:
    made = book(*clinic(contoso)[:2], NINE, details=Details(guests=[]))
    Booking.objects.filter(pk=made.pk).update(guests=["gast@müller.example"])
    assert personal_data.find(tenant=contoso, address="gast@müller.example").as_guest.get() == made


def test_the_copy_holds_nothing_that_opens_an_account(
    contoso: Tenant, client: Client, sign_in: Callable[..., object]
) -> None:
    owner = member(contoso, Role.OWNER)
    invitations.invite(tenant=contoso, email="boss@contoso.com", role=Role.OWNER, now=NOW, actor=acting.SYSTEM,
                       acting_as=None)  # fmt: skip
    for template, address in (("account/email/password_reset_key", owner.user.email), ("mailCode", ANA.email)):
        words: dict[str, Any] = {"subject": "Key", "text": "open-s3sam3"}
        mail.store(tenant=contoso, dedupe_key=template, template=template, to=address, **words)
    sign_in(Role.ADMINISTRATOR)
    for address in ("boss@contoso.com", owner.user.email, ANA.email):
        for form in ("json", "html"):
            answer = client.post("/organisation/privacy/export/", {"address": address, "as": form})
            assert answer.status_code == 200
            copy = answer.content.decode()
            assert "/accounts/invitation/" not in copy and "s3sam3" not in copy


def test_nobody_with_a_role_is_taken_out_of_the_trail(
    contoso: Tenant, client: Client, sign_in: Callable[..., Any]
) -> None:
    me = sign_in(Role.ADMINISTRATOR)
    mine = Customer(name="Me", email=me.user.email, time_zone="Europe/Zurich")
    made = book(*clinic(contoso)[:2], NINE, customer=mine, actor=acting.visitor(mine.email))
    Booking.objects.filter(pk=made.pk).update(starts_at=NOW - timedelta(hours=2), ends_at=NOW - timedelta(hours=1))
    done = audit.record(tenant=contoso, actor=acting.person(me.user), action="tenant.changed", target=contoso, now=NOW)
    asked = client.get("/organisation/privacy/erase/", {"address": me.user.email}).content.decode()
    assert "Kept until the role is taken away." in asked and "with a pseudonym" not in asked
    client.post("/organisation/privacy/erase/", {"address": me.user.email, "reason": ""})
    made.refresh_from_db()
    assert made.erased_at == NOW
    assert AuditEvent.objects.get(pk=done.pk).actor == me.user.email
