"""What was written in the audit trail stays as it was written; only a person's name can be taken out of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django_scopes import scope, scopes_disabled

from bookings.services import cancellation
from tenants import acting
from tenants.models import AuditEvent, Tenant
from tenants.models.audit import AppendOnly
from tenants.services import audit
from tenants.services.pseudonyms import pseudonym
from tests.factories import NOW, TenantFactory, at, book, clinic, stranger

pytestmark = pytest.mark.django_db
ANA = "ana@example.net"


def written(tenant: Tenant, actor: str = ANA, **fields: Any) -> AuditEvent:
    """One event about the organisation itself."""
    values: dict[str, Any] = {"action": "test.done", "target": tenant, "now": NOW} | fields
    return audit.record(tenant=tenant, actor=acting.visitor(actor), **values)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda event: AuditEvent.objects.update(actor="nobody"),
        lambda event: AuditEvent.objects.filter(pk=event.pk).update(after={}),
        lambda event: AuditEvent.objects.all().delete(),
        lambda event: AuditEvent.objects.bulk_update([event], ["actor"]),
        lambda event: AuditEvent.objects.update_or_create(pk=event.pk, defaults={"actor": "nobody"}),
        lambda event: AuditEvent.objects.bulk_create(
            [event], update_conflicts=True, update_fields=["actor"], unique_fields=["id"]
        ),
        lambda event: event.save(),
        lambda event: event.delete(),
    ],
)
def test_no_way_leads_to_a_change(contoso: Tenant, attempt: Any) -> None:
    event = written(contoso)
    with pytest.raises(AppendOnly):
        attempt(event)
    with scopes_disabled(), pytest.raises(AppendOnly):
        attempt(event)
    assert AuditEvent.objects.get().actor == ANA


def test_only_with_its_organisation_the_trail_ends() -> None:
    with scopes_disabled():
        gone, stays = TenantFactory(name="Gone"), TenantFactory(name="Stays")
        written(gone)
        written(stays)
        gone.delete()
        assert [event.tenant for event in AuditEvent.objects.all()] == [stays]


def test_a_person_is_taken_out_and_what_happened_stays(contoso: Tenant) -> None:
    page, service, _ = clinic(contoso)
    booking = book(page, service, at("2026-11-24 08:00"))
    token = acting.client_ip.set("203.0.113.9")
    cancellation.cancel(booking=booking, now=NOW, actor=acting.visitor(ANA), reason="Ana Pérez is ill")
    acting.client_ip.reset(token)
    written(contoso, "staff@contoso.com", after={"to": ["Ana@Example.net", "diana@example.net"], "name": "ana PÉREZ"})
    written(contoso, "diana@example.net", now=NOW + timedelta(hours=1), reason="Ana Pérez, another one")
    kept = {event.pk: (event.at, event.action, event.target_id) for event in AuditEvent.objects.all()}

    act: dict[str, Any] = {"tenant": contoso, "address": ANA, "names": ["Ana Pérez"], "about": [booking.pk]}
    assert audit.pseudonymise(**act) == 3
    assert audit.pseudonymise(**act) == 0

    label = pseudonym(tenant=contoso, address=" ANA@example.net")
    assert {event.pk: (event.at, event.action, event.target_id) for event in AuditEvent.objects.all()} == kept
    created, cancelled = AuditEvent.objects.filter(target_id=booking.pk).order_by("action").reverse()
    assert (created.actor, created.after["status"]) == (label, "confirmed")
    assert (cancelled.actor, cancelled.ip, cancelled.reason) == (label, None, f"{label} is ill")
    mail = AuditEvent.objects.get(actor="staff@contoso.com")
    assert mail.after == {"to": [label, "diana@example.net"], "name": label}
    namesake = AuditEvent.objects.get(actor="diana@example.net")
    assert namesake.reason == "Ana Pérez, another one"


def test_the_trail_of_another_organisation_is_not_touched(contoso: Tenant) -> None:
    fabrikam = stranger()
    with scope(tenant=fabrikam):
        theirs = written(fabrikam)
    written(contoso)
    assert audit.pseudonymise(tenant=contoso, address=ANA) == 1
    with scope(tenant=fabrikam):
        assert AuditEvent.objects.get(pk=theirs.pk).actor == ANA
    assert pseudonym(tenant=contoso, address=ANA) != pseudonym(tenant=fabrikam, address=ANA)
