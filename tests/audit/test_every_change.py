"""Whoever changes anything, wherever: a row of the audit trail says who, from where and by which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from bookings.models import Approval, Booking, PrivateLink, WaitingEntry
from config.demonstration import seed
from tenants import acting
from tenants.models import AuditEvent, Tenant, TenantModel, User
from tenants.services import api_clients
from tests.audit.walking import Form, FormReader, writes
from tests.isolation.addresses import templates
from tests.isolation.furnished import furnished
from tests.isolation.test_every_address import a_row_of

#: Tables that keep what the site does by itself, and why a line there needs none in the trail.
BY_ITSELF = {
    "tenants_auditevent": "the trail itself",
    "tenants_job": "a wish that follows from a change, which has its line",
    "tenants_message": "a mail that follows from a change; its own log tells what became of it",
    "tenants_webhookdelivery": "the same for programs that are told",
    "tenants_claim": "follows from a booking, a hold or an offer",
    "tenants_claimkey": "made once for everybody who can be claimed",
    "tenants_idempotentanswer": "an answer kept to be given again",
    "tenants_busyread": "the copy of Outlook",
    "tenants_busyperiod": "the copy of Outlook",
    "bookings_hold": "ten minutes of a visitor's form",
    "bookings_eventlink": "what was pushed to Outlook",
    "bookings_assignment": "the ledger of who got which booking, itself never changed",
    "bookings_mailcode": "a code that proves an address",
}
WATCHED = {
    model._meta.db_table for model in apps.get_models() if issubclass(model, TenantModel) or model in (Tenant, User)
} - set(BY_ITSELF)
#: Acts that leave every value as it was.
NOTHING_DIFFERS = ("connection.testAsked", "people.importAsked")
#: Who sends the forms of members.
OWNER = "olivia.keller@contoso.com"


class EveryChange(TestCase):
    """Every form of the furnished demonstration is sent: in the browser, the admin, from mails, by a program."""

    @classmethod
    def setUpTestData(cls) -> None:
        now = timezone.now()
        seed.run(now)
        cls.contoso = Tenant.objects.get(name="Contoso")
        cls.owner = User.objects.get(email=OWNER)
        with scope(tenant=cls.contoso):
            cls.values = furnished(cls.contoso, now)
            cls.booking = Booking.objects.filter(status=Booking.Status.CONFIRMED, starts_at__gt=now).first()
            cls.tokens = [
                *(f"/manage/{cls.booking.manage_token}{rest}" for rest in ("", "/cancel", "/reschedule")),
                *(f"/approve/{one.token}" for one in Approval.objects.filter(state=Approval.State.WAITING)[:1]),
                *(f"/waiting/{one.token}" for one in WaitingEntry.objects.all()[:1]),
                *(f"/bookwithme/link/{one.token}" for one in PrivateLink.objects.filter(revoked_at=None)[:1]),
            ]
            _client, cls.key = api_clients.create(
                tenant=cls.contoso, name="Program", scopes=list(api_clients.SCOPES), now=now, actor=acting.SYSTEM
            )

    def setUp(self) -> None:
        cache.clear()
        self.wrong: list[str] = []
        self.sent: set[tuple[str, str]] = set()
        self.told: Counter[str] = Counter()

    def test_every_form_of_the_staff_and_the_organisation(self) -> None:
        self.client.force_login(self.owner)
        for path in self.own_addresses():
            self.send_all(path, actor=OWNER, source="web")
        assert not self.wrong, "\n".join(self.wrong)
        assert len(self.told) >= 25, self.told

    def test_a_silent_change_would_be_found(self) -> None:
        """The control: what the walks look for is seen."""
        with scope(tenant=self.contoso), writes() as tables:
            Booking.objects.filter(pk=self.booking.pk).update(customer_phone="1")
            Booking.objects.filter(pk=self.contoso.pk).delete()
        self.judge("A hand", tables & WATCHED, [], "", "")
        assert (tables, len(self.wrong)) == ({"bookings_booking"}, 1)

    def test_every_form_of_the_admin(self) -> None:
        self.client.force_login(self.owner)
        for path in self.admin_addresses():
            self.send_all(path, actor=OWNER, source="admin")
        assert not self.wrong, "\n".join(self.wrong)
        assert {"mailbox.changed", "service.changed"} <= set(self.told), self.told

    def test_every_link_of_a_mail(self) -> None:
        for path in self.tokens:
            self.send_all(path, actor="", source="")
        assert not self.wrong, "\n".join(self.wrong)
        assert {"booking.cancelled", "waiting.left"} <= set(self.told), self.told

    def test_every_call_of_a_program(self) -> None:
        for method, path, body in self.calls():
            self.send(method, path, body, actor="Program", source="api")
        assert not self.wrong, "\n".join(self.wrong)
        assert {"page.created", "service.changed", "service.deleted", "booking.cancelled", "link.created"} <= set(
            self.told
        ), self.told

    def own_addresses(self) -> Iterator[str]:
        """Every address of the staff area and of the organisation's pages, once."""
        for template, names in dict(templates()).items():
            # That every parameter has a value is what the isolation tests ask for.
            if template.startswith(("staff/", "organisation/")) and set(names) <= set(self.values):
                yield "/" + template % {name: self.values[name] for name in names}

    def admin_addresses(self) -> Iterator[str]:
        """Forms to add, change and delete a row of each model."""
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            yield reverse(f"{name}_add")
            row = a_row_of(self.contoso, model)
            if row is not None:
                yield reverse(f"{name}_change", args=[row.pk])
                yield reverse(f"{name}_delete", args=[row.pk])

    def calls(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """What a program may do; each on the organisation as it was."""
        page = f"/api/v1/pages/{self.values['address']}"
        service = f"{page}/services/{self.values['service_id']}"
        yield "POST", "/api/v1/pages", {"kind": "business", "displayName": "Lunch"}
        yield "POST", f"{page}/services", {"displayName": "Eye test"}
        yield "PATCH", service, {"displayName": "Vaccination and advice"}
        yield "DELETE", service, {}
        yield "POST", f"{page}/links", {"serviceId": str(self.values["service_id"])}
        yield "DELETE", f"/api/v1/bookings/{self.booking.pk}", {}

    def send_all(self, path: str, *, actor: str, source: str) -> None:
        """Every form on the page at `path`, by every button."""
        answer = self.client.get(path)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            return
        reader = FormReader(path)
        reader.feed(answer.content.decode())
        forms: list[Form] = [form for form in reader.forms if not form.action.startswith(("/accounts/", "/i18n/"))]
        for form in forms:
            for address, values in form.sendings():
                if (address, str(values)) not in self.sent:
                    self.sent.add((address, str(values)))
                    self.send("POST", address, values, actor=actor, source=source)

    def send(self, method: str, path: str, values: Any, *, actor: str, source: str) -> None:
        """One sending; afterwards everything is as before."""
        headers, kind = {}, {}
        if source == "api":
            headers, kind = {"HTTP_AUTHORIZATION": f"Bearer {self.key}"}, {"content_type": "application/json"}
        with transaction.atomic():
            begun = timezone.now()
            with writes() as tables:
                answer = getattr(self.client, method.lower())(path, values, **kind, **headers)
            with scopes_disabled():
                events = list(AuditEvent.objects.filter(at__gte=begun))
            self.judge(f"{method} {path}: {answer.status_code}", tables & WATCHED, events, actor, source)
            transaction.set_rollback(True)
        cache.clear()

    def judge(self, said: str, tables: set[str], events: list[AuditEvent], actor: str, source: str) -> None:
        """Puts down what is wrong with the trail of one sending."""
        self.told.update(event.action for event in events)
        if tables and not events:
            self.wrong.append(f"{said} wrote into {sorted(tables)} and left no trail")
        hands = [event for event in events if event.actor_kind != AuditEvent.ActorKind.SYSTEM]
        if events and not hands:
            self.wrong.append(f"{said} names nobody in {[event.action for event in events]}")
        for event in events:
            if event.ip is None:
                self.wrong.append(f"{said}: {event.action} names no address")
        for event in hands:
            if event.actor != (actor or event.actor) or event.source not in (source or event.source, "directory"):
                self.wrong.append(f"{said}: {event.action} by {event.actor}, {event.source}")
            if not event.before and not event.after and event.action not in NOTHING_DIFFERS:
                self.wrong.append(f"{said}: {event.action} tells no value")
