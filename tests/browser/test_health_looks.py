"""Overview, health, parked jobs, calendars and permissions as a person and as axe see them, when much is broken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants.models import BusyRead, Connection, Job, Mailbox, Subscription
from tests.browser.conftest import shot
from tests.browser.test_screenshots import SIGHTS, without_findings
from tests.browser.test_staff_looks import sign_in
from tests.factories import clinic

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.slow]
HOUR = timedelta(hours=1)
EXPIRED = "AADSTS7000222: The provided client secret keys for app '5f0c6a1e-2f5b-4b43-9a59-0b4f3c9de001' are expired."
RENEW = "Make a new client secret in Microsoft Entra and save it in the Microsoft 365 connection."
ADDRESSES = {
    "overview": "/organisation/", "health": "/organisation/health/",
    "parked": "/organisation/health/parked/?cause=outlook.push", "calendars": "/organisation/health/calendars/",
    "permissions": "/organisation/permissions/",
}  # fmt: skip


def broken(tenant: Any, now: datetime) -> None:
    """A connection whose secret has ended, with all that follows."""
    roles, calendars = ["User.Read.All", "Mail.Send", "Sites.Read.All"], "Calendars.ReadWrite"
    checks = [{"name": "signIn", "ok": True}, {"name": "calendar", "ok": True, "permission": calendars}]
    Connection.objects.create(
        tenant=tenant, client_secret="a", second_secret="b", secret_expires_on=now.date() + timedelta(days=3),
        second_secret_expires_on=now.date() + timedelta(days=12), state="broken", last_error=EXPIRED, remedy=RENEW,
        tested_at=now - 2 * HOUR, roles=roles, checks=checks,
    )  # fmt: skip
    _page, _service, members = clinic(tenant, staff=2)
    for number, one in enumerate(members):
        Mailbox.objects.filter(pk=one.mailbox_id).update(syncs_calendar=True)
        error = "503 UnknownError: Service unavailable" if number else ""
        BusyRead.objects.create(
            tenant=tenant, mailbox=one.mailbox, read_at=now - 3 * number * HOUR, last_error=error,
            failed_at=now if number else None,
        )  # fmt: skip
        Subscription.objects.create(
            tenant=tenant, mailbox=one.mailbox, token_hash=str(number), client_state="x", notified_at=now,
            state="failed" if number else "active", last_error=error, remedy="Microsoft must reach WEBHOOK_URL.",
        )  # fmt: skip
    for number, waits_for in enumerate(["connection"] * 3 + ["mail"] + [""] * 2):
        Job.objects.create(
            tenant=tenant, kind="outlook.push", dedupe_key=str(number), state="parked", waits_for=waits_for,
            due_at=now, last_error=EXPIRED, remedy=RENEW,
        )  # fmt: skip


def test_what_is_broken_is_clear_and_accessible_in_every_width(
    site: Any, live_server: Any, calm: Any, client: Any
) -> None:
    broken(site, timezone.now())
    sign_in(calm, live_server, client, site)
    for width, height, scheme in SIGHTS:
        calm.set_viewport_size({"width": width, "height": height})
        calm.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for name, address in ADDRESSES.items():
            calm.goto(live_server.url + address)
            assert calm.locator("h1").count() == 1, name
            shot(calm, f"organisation-{name}-{width}-{scheme}")
            without_findings(calm)
            wide = calm.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} scrolls sideways by {wide} px"
