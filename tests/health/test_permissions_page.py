"""Each permission: why, who needs it, granted or "Not granted for {organisation}", and whether it may go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.microsoft365 import permission_profiles
from tenants.microsoft365.permission_profiles import Grant
from tenants.models import Connection, Role, Tenant
from tenants.services import permission_list
from tests.factories import NOW

ADDRESS = "/organisation/permissions/"


def check(name: str, permission: str = "", *, ok: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": name, "ok": ok, "message": "403 denied", "remedy": "Grant it", "permission": permission} | more


def connection(tenant: Tenant, roles: list[str], *checks: dict[str, Any], **more: Any) -> Connection:
    return Connection.objects.create(
        tenant=tenant, secret_expires_on=NOW.date(), roles=roles, checks=[check("signIn"), *checks], tested_at=NOW,
        **more,
    )  # fmt: skip


def by_name(tenant: Tenant, found: Connection | None) -> dict[str, permission_list.Line]:
    return {line.permission.name: line for line in permission_list.of(tenant, found).lines}


@pytest.mark.row("S3.6")
def test_the_app_registration_is_asked_for_exactly_five() -> None:
    assert sorted(permission_profiles.ASKED) == [
        "Calendars.ReadWrite", "Group.Read.All", "Mail.Send", "Place.Read.All", "User.Read.All",
    ]  # fmt: skip


@pytest.mark.row("S2.77")
def test_every_permission_of_every_profile_says_what_it_is_for() -> None:
    for profile in permission_profiles.PROFILES.values():
        for name in profile.permissions:
            assert str(permission_profiles.PERMISSIONS[name].why) and profile in permission_profiles.serves(name)


@pytest.mark.django_db
@pytest.mark.row("S3.7")
def test_before_consent_each_is_not_granted_and_afterwards_it_is(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    page = client.get(ADDRESS).content.decode()
    assert page.count("Not granted for Contoso") == len(permission_profiles.PERMISSIONS)
    connection(contoso, list(permission_profiles.ASKED))
    page = client.get(ADDRESS).content.decode()
    assert page.count("Not granted for Contoso") == 3 and page.count(">Granted<") == 5
    assert "A booking becomes an event in the calendar of the person who takes it" in page


@pytest.mark.django_db
@pytest.mark.row("S2.20")
def test_what_nothing_in_use_needs_may_be_taken_back(contoso: Tenant) -> None:
    used = connection(contoso, [*permission_profiles.ASKED, "Mail.Read", "Sites.Read.All"])
    lines = by_name(contoso, used)
    assert {name for name, line in lines.items() if line.is_revocable} == {"Mail.Send", "Mail.Read", "Group.Read.All"}
    assert permission_list.of(contoso, used).strangers == ["Sites.Read.All"]
    contoso.mail_from = "desk@contoso.com"
    assert not by_name(contoso, used)["Mail.Send"].is_revocable
    assert [one.key for one in by_name(contoso, used)["Mail.Send"].needed_by] == ["mail"]


@pytest.mark.django_db
def test_a_role_that_no_token_names_is_a_warning_only_where_a_request_succeeds(
    contoso: Tenant, sign_in: Callable[..., object], client: Client
) -> None:
    sign_in(Role.ADMINISTRATOR)
    calendars = "Calendars.ReadWrite"
    used = connection(contoso, ["User.Read.All"], check("calendar", calendars), check("write", calendars))
    assert by_name(contoso, used)[calendars].grant == Grant.EXCHANGE
    assert "RBAC for Applications" in client.get(ADDRESS).content.decode()
    used.checks = [check("signIn"), check("calendar", calendars), check("write", calendars, ok=False)]
    used.save()
    line = by_name(contoso, used)[calendars]
    assert (line.grant, line.is_missed, line.remedy) == (Grant.MISSING, True, "Grant it")
    page = client.get(ADDRESS).content.decode()
    assert "2 permissions that are needed are not granted" in page and "403 denied" in page


@pytest.mark.django_db
def test_without_a_token_nothing_is_claimed(contoso: Tenant) -> None:
    assert {line.grant for line in by_name(contoso, None).values()} == {Grant.MISSING}
    untested = Connection.objects.create(tenant=contoso, secret_expires_on=NOW.date())
    assert {line.grant for line in by_name(contoso, untested).values()} == {Grant.UNKNOWN}
