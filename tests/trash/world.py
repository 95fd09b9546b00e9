"""A booking calendar with a row of everything, what its rows are, and what is left of it anywhere."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django_scopes import scopes_disabled

from bookings.models import Booking, BookingPage, Service, StaffMember, WaitingEntry
from bookings.services import holds, hours, mail_codes, private_links, questions, reminders, waiting
from bookings.services.booking import Customer, Details
from tenants import acting, outbox
from tenants.models import Claim, Job, Tenant
from tenants.services import idempotency, webhooks
from tests.factories import ANA, NOW, BusinessPageFactory, ServiceFactory, StaffMemberFactory, at, book, member

NINE, TEN, ELEVEN = at("2026-11-24 09:00"), at("2026-11-24 10:00"), at("2026-11-24 11:00")
ACT: dict[str, Any] = {"now": NOW, "actor": acting.SYSTEM}
EVA = Customer(name="Eva Lang", email="eva@example.net", time_zone="Europe/Zurich")
#: What the trash leaves as it is: of the calendar, and of everything else.
APPS = ("bookings", "tenants")
#: The record that is meant to outlive it; the queue's jobs; what a person keeps for ten minutes.
APART = ("AuditEvent", "Job", "Hold", "WorkerHeartbeat")
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")


@dataclass
class World:
    """The calendar and what is in it."""

    page: BookingPage
    service: Service
    member: StaffMember
    booking: Booking
    asked: Booking
    shared: Booking
    waits: WaitingEntry
    link_token: str

    def ids(self) -> set[uuid.UUID]:
        """The ids of the page, and of every row that leads to it by foreign keys, over however many tables."""
        found: set[Any] = {self.page.pk, self.page.mailbox_id}
        kinds = set(apps.get_app_config("bookings").get_models())
        apart = ("managed_by", "redirect_to", "mailbox", "key")
        fields = [(model, field) for model in _models(APPS) for field in model._meta.concrete_fields]
        links = [(model, field) for model, field in fields if field.related_model in kinds and field.name not in apart]
        while True:
            before = len(found)
            for model, field in links:
                if model.__name__ != "AuditEvent":
                    found |= set(
                        model._base_manager.filter(**{f"{field.name}__in": found}).values_list("pk", flat=True)
                    )
            if len(found) == before:
                return {pk for pk in found if isinstance(pk, uuid.UUID)}


def furnish(tenant: Tenant, **member_fields: Any) -> World:
    """Services, staff, questions, reminders, links, bookings of every sort, a hold, a place in the list, copies."""
    endpoint, _secret = webhooks.create(tenant=tenant, url="https://hooks.example", **ACT)
    page = BusinessPageFactory(tenant=tenant, email="desk@contoso.com")
    doctor = StaffMemberFactory(page=page, **member_fields)
    service = ServiceFactory(page=page, waiting_list=True, guests_allowed=True)
    class_ = ServiceFactory(page=page, title="Class", seats=5)
    on_request = ServiceFactory(page=page, title="Surgery", approval=Service.Approval.HOST)
    private = ServiceFactory(page=page, title="Private", is_public=False)
    question = questions.create(page=page, label="Any allergies?", kind="text", **ACT)
    questions.assign(service=service, wanted={question: False}, **ACT)
    reminders.add(service=service, when="before", distance=timedelta(hours=2), reader="both", **ACT)
    hours.set_date(page=page, on_date=date(2026, 12, 24), intervals=[], **ACT)
    hours.add_time_off(page=page, staff_member=doctor, starts_at=at("2026-12-28 00:00"),
                       ends_at=at("2026-12-30 00:00"), reason="Away", **ACT)  # fmt: skip
    link = private_links.create(service=private, label="For Ana", email=ANA.email, **ACT)
    made = book(page, service, NINE, details=Details(guests=["guest@example.net"]))
    asked = book(page, on_request, TEN)
    shared = book(page, class_, ELEVEN)
    book(page, private, at("2026-11-24 13:00"), link=link)
    past = book(page, service, at("2026-11-23 10:00"))
    Booking.objects.filter(pk=past.pk).update(
        starts_at=NOW - timedelta(days=3), ends_at=NOW - timedelta(days=3, hours=-1)
    )
    Claim.objects.filter(owner_id=past.pk).delete()
    holds.place(page=page, service=service, starts_at=at("2026-11-24 15:00"), key="form", staff_id=None, now=NOW)
    waits = waiting.join(
        service=service, customer=EVA, first_date=date(2026, 11, 24), last_date=date(2026, 11, 25), **ACT
    )
    mail_codes.ask(page=page, request_key="k", address=ANA.email, name=ANA.name, language="en", now=NOW)
    answer = {"id": str(made.pk), "email": ANA.email}
    idempotency.once(tenant=tenant, caller="program", key="1", fingerprint="x", act=lambda: (201, answer))
    with scopes_disabled():
        LogEntry.objects.create(
            user=member(tenant).user, content_type=ContentType.objects.get_for_model(Booking), object_id=str(made.pk),
            object_repr="Ana", action_flag=CHANGE,
        )  # fmt: skip
    assert endpoint.deliveries.exists()
    return World(page, service, doctor, made, asked, shared, waits, link.token)


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but the audit trail, jobs and holds."""
    found = {}
    with scopes_disabled():
        for model in _models(APPS):
            if model.__name__ not in APART:
                rows = model._base_manager.order_by("pk").values()
                found[model._meta.label] = [dict(row) for row in rows]
    return found


def traces(ids: set[uuid.UUID]) -> dict[str, int]:
    """In which tables but the audit trail anything still names one of `ids`, and how often; decrypted, as stored."""
    found: dict[str, int] = {}
    with scopes_disabled():
        for model in _models():
            if model.__name__ == "AuditEvent":
                continue
            for row in model._base_manager.all():
                text = " ".join(str(field.value_from_object(row)) for field in model._meta.concrete_fields)
                if any(uuid.UUID(one) in ids for one in _UUID.findall(text)):
                    found[model._meta.label] = found.get(model._meta.label, 0) + 1
    return found


def _models(labels: tuple[str, ...] = ()) -> list[Any]:
    """Every table; of the sandbox none: it is Microsoft's side."""
    models = apps.get_models(include_auto_created=True)
    return [one for one in models if (one._meta.app_label in labels if labels else one._meta.app_label != "sandbox")]


def run_all() -> None:
    """Runs every job that is due now, and what comes of it, as a worker does."""
    for _round in range(8):
        due = Job.objects.filter(state=Job.State.PENDING, due_at__lte=timezone.now()).order_by("due_at", "created_at")
        ids = [str(pk) for pk in due.values_list("pk", flat=True)]
        if not ids:
            return
        outbox.run(ids)
