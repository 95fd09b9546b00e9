"""Every request body we send, held against Microsoft's own description of Graph."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tenants.microsoft365 import http
from tenants.models import Tenant
from tests.calendar.clinic import TEN, Clinic, cancel, reschedule
from tests.microsoft365.organisation import Microsoft365, run_due
from tests.sandbox.test_schema import SCHEMA, Description

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def microsofts() -> Description:
    if not SCHEMA.exists():
        pytest.skip("Microsoft's description of Graph is not beside this repository: our requests are not checked.")
    with SCHEMA.open(encoding="utf-8") as file:
        return Description(yaml.load(file, Loader=yaml.CSafeLoader))


def test_every_body_is_one_that_microsoft_describes(
    microsoft365: Microsoft365, microsofts: Description, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, Any, str]] = []
    send = http.GraphClient._send

    def noted(self: http.GraphClient, method: str, url: str, token: str, options: dict[str, Any]) -> Any:
        sent.append((method, options["json"], options["headers"]["Prefer"]))
        return send(self, method, url, token, options)

    monkeypatch.setattr(http.GraphClient, "_send", noted)
    microsoft365.tenant.invitation_sender = Tenant.InvitationSender.OUTLOOK
    microsoft365.tenant.save()
    clinic = Clinic(microsoft365, is_online=True)
    booking = clinic.book()
    run_due()
    reschedule(booking, TEN)
    run_due()
    cancel(booking, reason="Bea is ill")
    run_due()
    microsoft365.pull(clinic.bea, booking.created_at)

    assert [method for method, _, _ in sent] == ["POST", "PATCH", "POST", "GET"]
    created, moved, cancelled, _none = (body for _, body, _ in sent)
    for body in (created, moved):
        assert microsofts.errors(body, "microsoft.graph.event") == []
    assert set(moved) == {"start", "end"}
    assert cancelled == {"comment": "Bea is ill"}
    assert all('IdType="ImmutableId"' in prefer and 'outlook.timezone="UTC"' in prefer for _, _, prefer in sent)
    assert "odata.maxpagesize=200" in sent[-1][2]
