"""Who may have booking pages, as programs ask and set it (CONTRACT, section 5)."""

from __future__ import annotations

import pytest
from django_scopes import scope

from tenants.models import AccessPolicy, AuditEvent, Mailbox, Tenant
from tests.api.conftest import Program, program
from tests.factories import MailboxFactory, stranger

pytestmark = pytest.mark.django_db
PATH = "/users/Ana.P@contoso.onmicrosoft.com/access"


@pytest.fixture
def ana(contoso: Tenant) -> Mailbox:
    """Ana, who signs in with another name than her address."""
    return MailboxFactory(
        tenant=contoso, address="ana@contoso.com", display_name="Ana", principal_name="ana.p@contoso.onmicrosoft.com",
        has_bookings_plan=True, licences=["6fd2c87f-b296-42f0-b197-1e91e994b900"],
    )  # fmt: skip


@pytest.mark.row("S1.4", "S4.18")
def test_everybody_is_listed_page_by_page(contoso_api: Program, contoso: Tenant, ana: Mailbox) -> None:
    for number in range(3):
        MailboxFactory(tenant=contoso, display_name=f"Zed {number}", has_bookings_plan=False)
    status, body, _ = contoso_api("GET", "/users?top=2")
    assert status == 200 and body["nextLink"]
    first = body["value"][0]
    assert (first["userPrincipalName"], first["mail"]) == ("ana.p@contoso.onmicrosoft.com", "ana@contoso.com")
    assert (first["products"], first["bookingsServicePlan"], first["bookingsCapability"]) == (
        ["Office 365 E3"],
        True,
        True,
    )
    assert (first["state"], first["url"], first["anonymousUrl"]) == ("notSetUp", None, None)
    assert body["value"][1]["state"] == "noLicence"
    assert [one["displayName"] for one in contoso_api("GET", "/users?search=PEREZ")[1]["value"]] == []
    assert [one["displayName"] for one in contoso_api("GET", "/users?search=ana.p")[1]["value"]] == ["Ana"]


@pytest.mark.row("S4.17", "S4.19")
def test_a_persons_switch_is_read_and_set_with_the_rule_that_decides(contoso_api: Program, ana: Mailbox) -> None:
    status, body, _ = contoso_api("GET", PATH)
    assert (status, body["personal"]["allowed"], body["personalBookings"]) == (200, True, None)
    assert body["capability"] == {
        "name": "BPOS_S_BookingsAddOn", "present": True, "persistedCapabilities": ana.capabilities, "readAt": None,
    }  # fmt: skip
    status, body, _ = contoso_api("PATCH", PATH, {"personalBookings": False})
    assert (status, body["personal"]["allowed"], body["personal"]["rule"]) == (200, False, "userSwitch")
    assert body["shared"]["allowed"], "the other switch stays"
    assert AuditEvent.objects.get(action="policy.changed").actor == "Program"
    assert contoso_api("PATCH", PATH, {"personalBookings": None})[1]["personal"]["allowed"]
    status, body, _ = contoso_api("PATCH", PATH, {"sharedBookings": "perhaps"})
    assert (status, list(body["errors"])) == (400, ["sharedBookings"])


def test_scopes_and_strangers(contoso_api: Program, contoso: Tenant, ana: Mailbox) -> None:
    reader = program(contoso, name="Reader", scopes=["admin:read"])
    assert reader("GET", PATH)[0] == 200
    assert reader("PATCH", PATH, {"personalBookings": False})[0] == 403
    assert program(contoso, name="Booker", scopes=["bookings:read"])("GET", "/users")[0] == 403
    fabrikam = program(stranger())
    assert fabrikam("GET", PATH)[0] == 404 and fabrikam("PATCH", PATH, {"personalBookings": False})[0] == 404
    assert fabrikam("GET", "/users")[1]["value"] == []
    with scope(tenant=contoso):
        assert not AccessPolicy.objects.filter(mailbox=ana).exists()


def test_the_description_names_them(contoso_api: Program) -> None:
    paths = contoso_api("GET", "/schema/?format=json")[1]["paths"]
    assert set(paths["/api/v1/users"]) == {"get"}
    assert {"get", "patch"} <= set(paths["/api/v1/users/{upn}/access"])
