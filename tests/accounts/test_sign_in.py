"""Signing in: by verified mail address and password, with a second factor where one is set up; nobody signs up."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from tenants.models import Tenant, User
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def person(contoso: Tenant) -> User:
    """A member with a verified address."""
    user = factories.member(contoso).user
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_in(client: Client, user: User, password: str = PASSWORD, **more: str):
    return client.post("/accounts/login/", {"login": user.email, "password": password, **more})


def test_the_way_leads_to_the_staff_area(client: Client, person: User) -> None:
    assert sign_in(client, person)["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200


def test_a_wrong_password_and_an_unknown_address_look_alike(client: Client, person: User) -> None:
    wrong = sign_in(client, person, "wrong").content.decode()
    unknown = client.post("/accounts/login/", {"login": "nobody@example.net", "password": "wrong"}).content.decode()
    sentence = "The email address and/or password you specified are not correct."
    assert sentence in wrong and sentence in unknown


def test_an_address_has_to_be_verified_first(client: Client, person: User) -> None:
    EmailAddress.objects.update(verified=False)
    answer = sign_in(client, person)
    assert answer["Location"] == "/accounts/confirm-email/"
    assert client.get("/staff/").status_code == 302


def test_nobody_signs_up(client: Client, db: None) -> None:
    assert "Accounts are made by your organisation" in client.get("/accounts/signup/").content.decode()
    data = {"email": "new@example.net", "password1": "long and good 1", "password2": "long and good 1"}
    client.post("/accounts/signup/", data)
    assert not User.objects.filter(email="new@example.net").exists()


def test_a_second_factor_stands_between_password_and_pages(client: Client, person: User) -> None:
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(person).get_unused_codes()
    assert sign_in(client, person)["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/staff/").status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert client.get("/staff/").status_code == 200


def test_too_many_tries_are_stopped(client: Client, person: User) -> None:
    for _try in range(6):
        answer = sign_in(client, person, "wrong")
    assert answer.status_code == 429 or "Too many" in answer.content.decode()
    assert "Location" not in sign_in(client, person).headers


@pytest.mark.parametrize(
    "path",
    ["login/", "signup/", "password/reset/", "logout/", "email/", "password/change/", "2fa/", "2fa/totp/activate/"],
)
def test_every_page_of_the_account_wears_our_clothes(client: Client, person: User, path: str) -> None:
    if path not in ("login/", "signup/", "password/reset/"):
        sign_in(client, person)
    shown = client.get(f"/accounts/{path}", follow=True).content.decode()
    assert "css/account.css" in shown and 'style="' not in shown and "<script>" not in shown
    assert "Menu:" not in shown
