"""A new organisation, and a key for its programs."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError
from django.test import Client
from django_scopes import scope

from tenants.links import hash_token
from tenants.models import ApiClient, AuditEvent, Domain, Mailbox, Membership, Role, Tenant, User
from tests.api.conftest import Program
from tests.commands.running import as_json, run

GUID = "5a3f0000-1111-4222-8333-444455556666"
FABRIKAM = ("Fabrikam", "--domain", "Fabrikam.com", "--admin", "Ada@fabrikam.com")


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test writes."""


def test_it_makes_an_organisation_whose_administrator_can_sign_in() -> None:
    answer = as_json("create_tenant", *FABRIKAM, "--time-zone", "Europe/Zurich", "--entra-tenant-id", GUID)
    assert set(answer) == {"tenantId", "domain", "admin", "password"}
    assert (answer["tenantId"], answer["domain"], answer["admin"]) == (GUID, "fabrikam.com", "ada@fabrikam.com")
    tenant = Tenant.objects.get(directory_id=GUID)
    assert (tenant.name, tenant.time_zone) == ("Fabrikam", "Europe/Zurich")
    with scope(tenant=tenant):
        assert Domain.objects.get().verified_at is not None
        assert Membership.objects.get().role == Role.OWNER
        assert Mailbox.objects.get().has_bookings
        assert AuditEvent.objects.get().action == "tenant.created"
    assert EmailAddress.objects.get().verified
    signed_in = Client().post("/accounts/login/", {"login": "ada@fabrikam.com", "password": answer["password"]})
    assert signed_in.status_code == 302


def test_a_password_may_be_given() -> None:
    run("create_tenant", *FABRIKAM, "--password", "a long and winding road")
    assert User.objects.get().check_password("a long and winding road")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"--domain": "fabrikam.com"}, "domain fabrikam.com belongs to an organisation"),
        ({"--admin": "ADA@fabrikam.com"}, "ada@fabrikam.com already"),
        ({"--domain": "not a domain"}, "no mail domain"),
        ({"--admin": "nobody"}, "valid email"),
        ({"--time-zone": "Mars/Olympus"}, "not a time zone"),
        ({"--password": "password12"}, "too common"),
        ({"--password": "short"}, "too short"),
        ({"--entra-tenant-id": GUID}, "Entra tenant belongs"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(changes: dict[str, str], sentence: str) -> None:
    run("create_tenant", *FABRIKAM, "--entra-tenant-id", GUID)
    options: dict[str, Any] = {"--domain": "other.example", "--admin": "eve@other.example"} | changes
    with pytest.raises(CommandError, match=sentence):
        run("create_tenant", "Other", *[text for pair in options.items() for text in pair])
    assert (Tenant.objects.count(), User.objects.count()) == (1, 1)


def test_an_api_key_is_shown_once_and_stored_hashed() -> None:
    run("create_tenant", *FABRIKAM)
    answer = as_json("create_api_key", "--tenant", "fabrikam.com", "--name", "Intranet", "--scope", "bookings:read")
    assert (answer["name"], answer["scopes"]) == ("Intranet", ["bookings:read"])
    with scope(tenant=Tenant.objects.get()):
        client = ApiClient.objects.get()
        assert client.key_hash == hash_token(answer["key"]) and answer["key"] not in str(vars(client))
    assert Program(answer["key"])("GET", "/pages")[0] == 200
    assert Program(answer["key"])("POST", "/pages", {})[0] == 403


def test_without_a_scope_a_key_may_do_everything() -> None:
    run("create_tenant", *FABRIKAM)
    assert len(as_json("create_api_key", "--tenant", "FABRIKAM.com", "--name", "All")["scopes"]) == 6
    several = as_json(
        "create_api_key", "--tenant", "fabrikam.com", "--name", "Two", "--scope", "admin:read", "--scope", "rooms:read"
    )
    assert several["scopes"] == ["rooms:read", "admin:read"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--tenant", "nowhere.example", "--name", "X"), "No organisation has the domain"),
        (("--tenant", "fabrikam.com", "--name", "Intranet"), "named Intranet already"),
        (("--tenant", "fabrikam.com", "--name", "X", "--scope", "all"), "no scope all"),
    ],
)
def test_a_key_that_cannot_be_made_says_why(arguments: tuple[str, ...], sentence: str) -> None:
    run("create_tenant", *FABRIKAM)
    run("create_api_key", "--tenant", "fabrikam.com", "--name", "Intranet")
    with pytest.raises(CommandError, match=sentence):
        run("create_api_key", *arguments)
