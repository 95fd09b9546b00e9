"""`bookings_urls` in every state: the sentences of the document's script where it has one, ours where it confuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from bookings.services import pages
from tenants import acting
from tenants.models import Mailbox, Tenant
from tests.commands.running import run
from tests.factories import NOW, MailboxFactory

ANA = ("bookings_urls", "--tenant", "contoso.com", "--user", "ana.p@contoso.onmicrosoft.com")
ENABLED = "User 'Ana' has Microsoft Bookings enabled in Exchange Online."
NOT_ENABLED = "User 'Ana' does not have Microsoft Bookings enabled in Exchange Online."


@pytest.fixture
def ana(contoso: Tenant) -> Mailbox:
    """Ana, by her sign-in name."""
    return MailboxFactory(
        tenant=contoso, address="ana@contoso.com", display_name="Ana", principal_name="Ana.P@contoso.onmicrosoft.com",
        has_bookings_plan=True, directory_object_id="1",
    )  # fmt: skip


@pytest.mark.row("S1.11", "S1.12", "S1.39")
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"capabilities": []}, [NOT_ENABLED]),
        (
            {"has_bookings_plan": False, "capabilities": []},
            [NOT_ENABLED, "User 'Ana' has no licence with the Microsoft Bookings service plan."],
        ),
        (
            {"licence_error": "503 serviceNotAvailable"},
            ["User 'Ana' could not be checked; this does not mean that they have no page: 503 serviceNotAvailable"],
        ),
        ({"account_enabled": False}, [ENABLED, "The account of user 'Ana' is disabled in the directory."]),
        (
            {"account_enabled": False, "directory_object_id": ""},
            ["User 'Ana' is not in the directory any more."],
        ),
    ],
)
def test_what_keeps_somebody_from_a_page_is_named(ana: Mailbox, changes: dict[str, object], told: list[str]) -> None:
    Mailbox.objects.filter(pk=ana.pk).update(**changes)
    assert run(*ANA).splitlines() == told


@pytest.mark.row("S1.27", "S1.28", "S1.29")
def test_a_page_without_public_types_is_active_and_has_its_addresses(ana: Mailbox) -> None:
    page = pages.activate_personal(mailbox=ana, now=NOW, actor=acting.SYSTEM)
    page.services.all().delete()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        told = run(*ANA).splitlines()
    assert told[1] == "User 'Ana' set up their Personal Bookings page already. It has no public meeting types."
    assert told[2:] == [
        f"Microsoft Bookings URL of user 'Ana' is '{page.url}'.",
        f"Microsoft Bookings anonymous URL of user 'Ana': is '{page.anonymous_url}'",
    ]
