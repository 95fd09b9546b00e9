"""The organisation's own settings, as its administrators keep them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from tenants.models import AuditEvent, Role, Tenant
from tests.factories import member, stranger
from tests.staff.conftest import sign_in

__all__ = ["sign_in"]

pytestmark = pytest.mark.django_db
ADDRESS = "/organisation/settings/"
FORM = {
    "name": "Contoso", "time_zone": "Europe/Zurich", "language": "en", "accent": "#2456d6", "logo_url": "",
    "bookings_enabled": "on", "invitation_sender": "daybook", "tentative_is_busy": "on", "out_of_office_is_busy": "on",
    "frame_ancestors": "", "collects_phone": "on", "collects_notes": "on", "collects_answers": "on",
}  # fmt: skip


@pytest.mark.row("S0.14")
def test_an_administrator_requires_staff_approval_and_the_trail_says_so(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    assert "Require staff approval" in client.get(ADDRESS).content.decode()
    assert client.post(ADDRESS, FORM | {"require_staff_approval": "on"}).status_code == 302
    contoso.refresh_from_db()
    event = AuditEvent.objects.get(action="tenant.changed")
    assert contoso.require_staff_approval
    assert (event.before, event.after) == ({"require_staff_approval": "False"}, {"require_staff_approval": "True"})


def test_sites_that_may_embed_are_kept_as_origins(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.OWNER)
    client.post(ADDRESS, FORM | {"frame_ancestors": "https://www.Contoso.com/\nhttps://*.contoso.com"})
    contoso.refresh_from_db()
    assert contoso.frame_ancestors == ["https://www.contoso.com", "https://*.contoso.com"]


@pytest.mark.parametrize("wrong", ["contoso.com", "https://contoso.com/page", "*", "https://a.example; script-src *"])
def test_what_is_no_site_is_refused_beside_its_field(
    contoso: Tenant, sign_in: Callable[..., object], client: Client, wrong: str
) -> None:
    sign_in(Role.OWNER)
    answer = client.post(ADDRESS, FORM | {"frame_ancestors": wrong, "name": "Other"})
    contoso.refresh_from_db()
    assert "without anything behind" in answer.content.decode()
    assert (contoso.name, contoso.frame_ancestors) == ("Contoso", [])


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER])
def test_nobody_else_finds_the_settings(
    contoso: Tenant, sign_in: Callable[..., object], client: Client, role: str
) -> None:
    sign_in(role)
    assert client.get(ADDRESS).status_code == client.post(ADDRESS, FORM | {"name": "Mine"}).status_code == 404
    assert "/organisation/" not in client.get("/staff/").content.decode()


def test_an_administrator_of_another_organisation_changes_only_their_own(contoso: Tenant, client: Client) -> None:
    other = stranger()
    with scopes_disabled():
        client.force_login(member(other, Role.ADMINISTRATOR).user)
    client.post(ADDRESS, FORM | {"name": "Fabrikam now", "require_staff_approval": "on"})
    contoso.refresh_from_db()
    other.refresh_from_db()
    assert (contoso.name, contoso.require_staff_approval, other.name) == ("Contoso", False, "Fabrikam now")
