"""Linking a Microsoft account to an account that is there, and removing the link."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from tenants import sign_in
from tenants.models import AuditEvent, Membership, Role
from tests import factories
from tests.accounts import microsoft as at
from tests.microsoft365.organisation import Microsoft365

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/accounts/3rdparty/"
PASSWORD = "correct horse battery"


def enter(client: Client, email: str) -> None:
    client.post("/accounts/login/", {"login": email, "password": PASSWORD})
    assert at.who(client) == email


def test_an_owner_links_with_their_password_and_comes_in_from_then_on(signing_in: Microsoft365, client: Client) -> None:
    sally = at.member(signing_in.tenant, "sally@contoso.com", Role.OWNER)
    signing_in.mailbox("tim@contoso.com", "Tim Weber")
    refused = at.sign_in_as(client, signing_in.tenant, "Sally Sommer")
    assert refused.status_code == 403 and "Sign in with your password once" in refused.content.decode()
    enter(client, "sally@contoso.com")
    assert "Link your Microsoft account" in client.get(PAGE).content.decode()
    other = at.sign_in_as(client, signing_in.tenant, "Tim Weber", process="connect")
    assert other.status_code == 403 and "another address" in other.content.decode()
    asked = at.sign_in_as(client, signing_in.tenant, "Sally Sommer", process="connect")
    assert asked["Location"] == "/accounts/reauthenticate/" and not SocialAccount.objects.exists()
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert not SocialAccount.objects.exists()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    account = SocialAccount.objects.get()
    assert account.user == sally and AuditEvent.objects.filter(action="member.microsoftLinked").count() == 1
    fresh = Client()
    assert at.sign_in_as(fresh, signing_in.tenant, "Sally Sommer").status_code == 302 and at.who(fresh) == sally.email
    client.post(PAGE, {"account": account.pk})
    assert not SocialAccount.objects.exists()
    assert AuditEvent.objects.filter(action="member.microsoftUnlinked", target_id=sally.pk).count() == 1


def test_a_stranger_links_nothing_and_removes_nobodys_link(signing_in: Microsoft365, client: Client) -> None:
    sally = at.member(signing_in.tenant, "sally@contoso.com")
    account = at.link(signing_in.tenant, sally, signing_in.users["sally@contoso.com"].pk)
    outside = factories.UserFactory(email="grace@fabrikam.com")
    client.force_login(outside)
    answer = at.sign_in_as(client, signing_in.tenant, "Sally Sommer", process="connect")
    assert answer.status_code == 403 and at.who(client) == "grace@fabrikam.com"
    client.post(PAGE, {"account": account.pk})
    assert SocialAccount.objects.get().user == sally
    # Who is signed in to nothing is not let in by asking to link.
    assert at.sign_in_as(Client(), signing_in.tenant, "Sally Sommer", process="connect").status_code == 403


def test_links_of_an_organisation_that_switched_off_still_show(signing_in: Microsoft365, client: Client) -> None:
    sally = at.member(signing_in.tenant, "sally@contoso.com")
    account = at.link(signing_in.tenant, sally, signing_in.users["sally@contoso.com"].pk)
    signing_in.connection.delete()
    enter(client, "sally@contoso.com")
    assert "Remove the link" in client.get(PAGE).content.decode()
    client.post(PAGE, {"account": account.pk})  # asks for the password first, then goes on
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": PAGE})
    assert not SocialAccount.objects.exists()
    assert sign_in.connection_of(signing_in.tenant) is None and Membership.objects.filter(user=sally).exists()
