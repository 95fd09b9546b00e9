"""`manage.py access_policy` (S4.17-S4.27)."""

from __future__ import annotations

import pytest
from django.core.management import CommandError

from tenants.models import AccessPolicy, AuditEvent, Mailbox, Tenant
from tests.commands.running import as_json, run
from tests.factories import MailboxFactory, stranger

pytestmark = pytest.mark.django_db
COMMAND = ("access_policy", "--tenant", "contoso.com")
ME = "MicrosoftOWSPersonalBookings"


@pytest.fixture
def adam(contoso: Tenant) -> Mailbox:
    """Somebody with a licence."""
    return MailboxFactory(tenant=contoso, address="adam@contoso.com", display_name="Adam")


def told(*arguments: str) -> dict[str, list[str]]:
    """What it prints, by name."""
    found: dict[str, list[str]] = {}
    for line in run(*COMMAND, *arguments).splitlines():
        name, _, value = line.partition(" :")
        found.setdefault(name.strip(), []).append(value.strip())
    return found


@pytest.mark.row("S4.17", "S4.21", "S4.27")
def test_the_organisation_is_shown_with_rule_and_line(contoso: Tenant) -> None:
    shown = told()
    assert (shown["Allowed"], shown["Rule"]) == (["True"], ["organisationEmpty"])
    assert shown["PowerShellOn"] == [""]
    assert shown["PowerShellOff"] == [
        "Set-OrganizationConfig -EwsEnabled: $true",
        f'Set-OrganizationConfig -EwsApplicationAccessPolicy EnforceBlockList -EwsBlockList @{{Add="{ME}"}}',
    ]
    assert "30 to 60 minutes" in shown["Effect"][0]


@pytest.mark.row("S4.20", "S4.24", "S4.26")
def test_exchanges_values_and_our_switches_are_set_and_decide(contoso: Tenant, adam: Mailbox) -> None:
    values = ("EwsEnabled=True", "ewsapplicationaccesspolicy=enforceblocklist", f"EwsBlockList=Other,{ME}")
    blocked = told("--set", *values)
    line = f'Set-OrganizationConfig -EwsApplicationAccessPolicy EnforceBlockList -EwsBlockList @{{Remove="{ME}"}}'
    assert (blocked["Rule"], blocked["PowerShellOn"]) == (["organisationBlockList"], [line])
    user = told("--user", "ADAM@contoso.com")
    assert (user["Allowed"], user["Rule"], user["SharedAllowed"]) == (["False"], ["organisationBlockList"], ["True"])
    assert told("--set", "EwsBlockList=")["Allowed"] == ["True"]
    off = told("--user", "adam@contoso.com", "--set", "personal=off", "shared=on")
    assert (off["Rule"], off["SharedRule"]) == (["userSwitch"], ["userSwitch"])
    back = told("--user", "adam@contoso.com", "--set", "personal=inherit")
    assert (back["Allowed"], back["PersonalBookings"]) == (["True"], ["inherit"])
    event = AuditEvent.objects.filter(action="policy.changed", target="adam@contoso.com").latest("at")
    assert (event.actor, event.before, event.after) == (
        "access_policy", {"personal_bookings": False}, {"personal_bookings": None}
    )  # fmt: skip


@pytest.mark.row("S4.20")
def test_shared_off_leaves_personal_on_and_the_other_way_round(contoso: Tenant, adam: Mailbox) -> None:
    shown = as_json(*COMMAND, "--user", adam.address, "--format", "json")
    assert shown["Allowed"] and shown["SharedAllowed"]
    told("--set", "shared=off")
    shown = told("--user", adam.address)
    assert (shown["Allowed"], shown["SharedAllowed"], shown["SharedRule"]) == (
        ["True"],
        ["False"],
        ["organisationSwitch"],
    )
    told("--set", "shared=on", "personal=off")
    shown = told("--user", adam.address)
    assert (shown["Allowed"], shown["SharedAllowed"], shown["Rule"]) == (["False"], ["True"], ["organisationSwitch"])


@pytest.mark.parametrize(
    "wanted",
    ["personal=maybe", "everything=on", "EwsEnabled=perhaps", "EwsApplicationAccessPolicy=AllowAll", "personal"],
)
def test_what_is_not_understood_changes_nothing(contoso: Tenant, wanted: str) -> None:
    with pytest.raises(CommandError):
        run(*COMMAND, "--set", "personal=off", wanted)
    assert not AccessPolicy.objects.exists()


def test_people_of_another_organisation_are_not_found(contoso: Tenant, adam: Mailbox) -> None:
    stranger()
    with pytest.raises(CommandError, match=r"There is no user adam@contoso\.com\."):
        run("access_policy", "--tenant", "fabrikam.example", "--user", adam.address, "--set", "personal=off")
    assert not AccessPolicy.objects.exists()
