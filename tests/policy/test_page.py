"""The policy doctor: both switches, what Exchange says, who gains and who loses, and the line to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from tenants.models import AccessPolicy, AuditEvent, Mailbox, Role, Tenant
from tenants.services import policies
from tests.factories import MailboxFactory, member, stranger
from tests.pages.reading import text
from tests.policy import scene
from tests.staff.conftest import sign_in

__all__ = ["sign_in"]

pytestmark = pytest.mark.django_db
INDEX = "/organisation/policy/"
EXCHANGE = "/organisation/policy/exchange/"
PASTE = f"""
EwsEnabled : True

EwsApplicationAccessPolicy : EnforceBlockList
EwsAllowList               :
EwsBlockList               : {{{scene.ME}}}
"""
ON = f'Set-OrganizationConfig -EwsApplicationAccessPolicy EnforceBlockList -EwsBlockList @{{Remove="{scene.ME}"}}'
OFF = f'Set-OrganizationConfig -EwsApplicationAccessPolicy EnforceBlockList -EwsBlockList @{{Add="{scene.ME}"}}'


@pytest.fixture
def adam(contoso: Tenant) -> Mailbox:
    """Somebody with a licence."""
    return MailboxFactory(tenant=contoso, address="adam@contoso.com", display_name="Adam")


@pytest.mark.row("S4.17", "S4.21", "S4.25", "S4.27")
def test_a_paste_is_looked_at_kept_and_decides(
    contoso: Tenant, adam: Mailbox, sign_in: Callable[..., Any], client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    shown = text(client.get(INDEX))
    assert "Case C" in shown and OFF in shown and "30 to 60 minutes" in shown and "2 may have a personal page" in shown
    looked = text(client.post(EXCHANGE, {"text": PASTE, "act": "look"}))
    assert "2 people may no longer have one" in looked and "Adam May no longer Case B" in looked
    assert not AccessPolicy.objects.exists()
    client.post(EXCHANGE, {"text": PASTE, "act": "keep"})
    event = AuditEvent.objects.get(action="policy.changed")
    assert event.after["ews_block_list"] == [scene.ME] and event.before["ews_block_list"] == []
    shown = text(client.get(INDEX))
    assert "Case B: the organisation’s EwsBlockList holds" in shown and ON in shown and "0 may have" in shown
    wished = text(client.get(f"{EXCHANGE}?wish=on"))
    assert ON in wished and "2 people may then have a personal page" in wished
    assert policies.decide(adam).powershell == (ON,)


@pytest.mark.row("S4.26", "S4.27")
def test_one_persons_values_are_typed_and_the_line_names_them(
    contoso: Tenant, adam: Mailbox, sign_in: Callable[..., Any], client: Client
) -> None:
    sign_in(Role.OWNER)
    address = f"/organisation/policy/{adam.pk}/"
    typed = {
        "enabled": "True",
        "policy": "EnforceAllowList",
        "allow_list": "OWA\nOutlook",
        "block_list": "",
        "act": "keep",
    }
    client.post(f"{address}exchange/", typed)
    shown = text(client.get(address))
    line = f'Set-CASMailbox -Identity adam@contoso.com -EwsAllowList @{{Add="{scene.ME}"}}'
    assert line in shown and "Case A: only what this person’s EwsAllowList holds" in shown
    assert client.get(INDEX).content.decode().count("Not allowed</span>") == 1
    client.post(f"{address}switch/", {"kind": "shared", "set": "off"})
    assert "Shared booking pages are switched off for this person." in text(client.get(address))
    client.post(f"{address}switch/", {"kind": "shared", "set": "inherit"})
    assert AccessPolicy.objects.get(mailbox=adam).shared_bookings is None


def test_many_people_are_pasted_as_a_file_and_strangers_in_it_are_told(
    contoso: Tenant, adam: Mailbox, sign_in: Callable[..., Any], client: Client
) -> None:
    sign_in(Role.OWNER)
    file = (f'"PrimarySmtpAddress","EwsEnabled","EwsApplicationAccessPolicy","EwsBlockList"\n'
            f'"Adam@contoso.com","True","EnforceBlockList","{scene.ME}"\n"eve@contoso.com","True","",""\n')  # fmt: skip
    looked = text(client.post(EXCHANGE, {"text": file, "act": "look"}))
    assert "1 name belongs to nobody here and is left out: eve@contoso.com" in looked
    client.post(EXCHANGE, {"text": file, "act": "keep"})
    assert policies.decide(adam).rule == "userBlockList"
    refused = client.post(EXCHANGE, {"text": "EwsAllowList : {a, b…}", "act": "keep"})
    assert "FormatEnumerationLimit" in text(refused)
    assert AccessPolicy.objects.count() == 1


@pytest.mark.row("S0.2", "S4.17", "S4.20")
def test_the_switches_act_at_once(contoso: Tenant, adam: Mailbox, sign_in: Callable[..., Any], client: Client) -> None:
    sign_in(Role.ADMINISTRATOR)
    client.post(f"{INDEX}switch/", {"kind": "shared", "set": "off"})
    client.post(f"{INDEX}switch/", {"kind": "personal", "set": "off"})
    contoso.refresh_from_db()
    assert not contoso.bookings_enabled and not policies.decide(adam).allowed
    client.post(f"{INDEX}switch/", {"kind": "personal", "set": "on"})
    assert policies.decide(adam).allowed
    assert client.post(f"{INDEX}switch/", {"kind": "other", "set": "on"}).status_code == 404
    assert client.get(f"{INDEX}switch/").status_code == 405


def test_five_thousand_people_cost_few_queries(
    contoso: Tenant, sign_in: Callable[..., Any], client: Client, django_assert_max_num_queries: Any
) -> None:
    sign_in(Role.OWNER)
    Mailbox.objects.bulk_create(
        Mailbox(tenant=contoso, kind="UserMailbox", address=f"p{n}@contoso.com", display_name=f"P {n:04}",
                time_zone="UTC", capabilities=["BPOS_S_BookingsAddOn"] if n % 2 else [])
        for n in range(5000)
    )  # fmt: skip
    with django_assert_max_num_queries(19):
        shown = text(client.get(f"{INDEX}?only=refused&p=2"))
    assert "5001 people" in shown and "Page 2 of 50" in shown and "2501 may have a personal page" in shown
    lines = b"".join(client.get(f"{INDEX}?only=refused&format=csv").streaming_content).decode().splitlines()
    assert len(lines) == 2501 and lines[1].startswith("P 0000,p0@contoso.com,no,capability,")
    with django_assert_max_num_queries(19):
        client.post(EXCHANGE, {"text": PASTE, "act": "look"})


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER])
def test_others_find_nothing(contoso: Tenant, sign_in: Callable[..., Any], client: Client, role: str) -> None:
    sign_in(role)
    for address in (INDEX, EXCHANGE):
        assert client.get(address).status_code == client.post(address, {"act": "keep"}).status_code == 404


def test_an_administrator_of_another_organisation_reaches_only_their_own(
    contoso: Tenant, adam: Mailbox, client: Client
) -> None:
    other = stranger()
    with scopes_disabled():
        client.force_login(member(other, Role.ADMINISTRATOR).user)
    assert "Adam" not in text(client.get(INDEX))
    for place in ("", "exchange/"):
        assert client.get(reverse("organisation:policy_person", args=[adam.pk]) + place).status_code == 404
    client.post(f"{INDEX}{adam.pk}/switch/", {"kind": "personal", "set": "off"})
    client.post(EXCHANGE, {"text": PASTE.replace("\n\n", f"\nPrimarySmtpAddress : {adam.address}\n"), "act": "keep"})
    client.post(f"{INDEX}switch/", {"kind": "personal", "set": "off"})
    assert policies.decide(adam).allowed and not AccessPolicy.objects.exists()
