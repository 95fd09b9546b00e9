"""Signing in with Microsoft: who comes in, as whom, and who reads why not."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.test import Client

from tenants import sign_in
from tenants.models import AuditEvent, Mailbox, Membership, Role, User
from tenants.sandbox import tokens
from tests.accounts import microsoft as at
from tests.microsoft365.organisation import CLIENT_ID, DIRECTORY_ID, Microsoft365

pytestmark = pytest.mark.django_db(transaction=True)
SOMEBODY = "0b1d0000-0000-4000-8000-00000000e711"


def test_a_member_comes_in_with_their_role_and_is_known_by_their_object_from_then_on(
    signing_in: Microsoft365, client: Client
) -> None:
    sally = at.member(signing_in.tenant, "sally@contoso.com", Role.SCHEDULER)
    client.get("/accounts/login/")
    client.session.save()
    before = client.session.session_key
    answer = at.sign_in_as(client, signing_in.tenant, "Sally Sommer", next="/staff/bookings/")
    assert answer["Location"] == "/staff/bookings/"
    assert at.who(client) == "sally@contoso.com" and at.roles(sally) == {"Contoso": "scheduler"}
    assert client.session.session_key != before, "a session from before must not become hers"
    account = SocialAccount.objects.get()
    assert account.uid == str(signing_in.users["sally@contoso.com"].pk)
    assert Mailbox.objects.get(address="sally@contoso.com").user == sally
    assert AuditEvent.objects.filter(action="member.microsoftLinked", target_id=sally.pk).count() == 1
    # Her address changes in the directory: she stays who she is.
    Mailbox.objects.update(address="sally.sommer@contoso.com")
    again = Client()
    at.sign_in_as(again, signing_in.tenant, "Sally Sommer")
    assert at.who(again) == "sally@contoso.com"
    assert not SocialApp.objects.exists() and not SocialToken.objects.exists(), "nothing secret in allauth's tables"


def test_what_microsoft_is_asked(signing_in: Microsoft365, client: Client) -> None:
    asked = at.parameters(
        at.begin(client, signing_in.tenant, scope="https://graph.microsoft.com/.default", auth_params="prompt=none")
    )
    more = "?auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example&scope=Mail.Read"
    smuggled = at.parameters(client.post(at.LOGIN.format(sign_in.provider_id(signing_in.tenant)) + more)["Location"])
    for sent in (asked, smuggled):
        assert sent["client_id"] == CLIENT_ID and sent["response_type"] == "code"
        assert sent["redirect_uri"] == sign_in.callback_url(signing_in.tenant)
        assert sorted(sent["scope"].split()) == ["openid", "profile"]
        assert sent["code_challenge_method"] == "S256" and len(sent["code_challenge"]) == 43
        assert len(sent["nonce"]) == 64 and sent["prompt"] == "select_account"
    assert asked["state"] != smuggled["state"] and asked["nonce"] != smuggled["nonce"]
    state = next(kept[0] for key, kept in client.session["socialaccount_states"].items() if key == asked["state"])
    verifier = state["pkce_code_verifier"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert digest == asked["code_challenge"] and verifier not in asked["nonce"]


#: What a token says that is not meant for this sign-in; None: it does not say that at all.
FORGERIES: list[dict[str, Any]] = [
    {"iss": f"https://login.microsoftonline.com/{SOMEBODY}/v2.0"},
    {"iss": f"https://login.microsoftonline.us/{DIRECTORY_ID}/v2.0"},
    {"tid": SOMEBODY},
    {"aud": SOMEBODY},
    {"aud": [CLIENT_ID, SOMEBODY]},
    {"nonce": "0" * 64},
    {"nonce": None},
    {"exp": 1_600_000_000},
    {"exp": None},
    {"oid": None},
    {"ver": "1.0"},
]


def test_a_token_that_is_not_meant_for_this_sign_in_opens_nothing(
    signing_in: Microsoft365, client: Client, monkeypatch: Any
) -> None:
    at.member(signing_in.tenant, "sally@contoso.com")
    honest = tokens.identity_claims
    for changes in FORGERIES:

        def forged(*arguments: Any, changes: dict[str, Any] = changes) -> dict[str, Any]:
            claims = honest(*arguments) | changes
            return {name: value for name, value in claims.items() if value is not None}

        monkeypatch.setattr(tokens, "identity_claims", forged)
        answer = at.sign_in_as(client, signing_in.tenant, "Sally Sommer")
        assert answer.status_code == 403 and "belongs to another directory" in answer.content.decode(), changes
        assert not at.who(client) and not SocialAccount.objects.exists(), changes


def test_an_answer_counts_once_in_the_browser_that_asked(signing_in: Microsoft365, client: Client) -> None:
    at.member(signing_in.tenant, "sally@contoso.com")
    back = at.local(at.choose(at.begin(client, signing_in.tenant), "Sally Sommer"))
    victim = Client()  # a link with somebody else's code signs nobody in
    assert victim.get(back).status_code == 400 and not at.who(victim)
    assert client.get(back).status_code == 302 and at.who(client)
    again = client.get(back)
    assert again.status_code == 400 and "not finished" in again.content.decode()
    started = Client()  # a code of another attempt under one's own state: the verifier does not fit
    own = at.parameters(at.begin(started, signing_in.tenant))
    other = at.parameters(at.choose(at.begin(Client(), signing_in.tenant), "Sally Sommer"))
    mixed = started.get(f"{back.partition('?')[0]}?code={other['code']}&state={own['state']}")
    assert mixed.status_code == 502 and not at.who(started)


def test_who_says_no_at_microsoft_reads_that_nothing_happened(signing_in: Microsoft365, client: Client) -> None:
    back = at.begin(client, signing_in.tenant) + "&cancel=1"
    location = requests.get(back, allow_redirects=False, timeout=10).headers["Location"]
    answer = client.get(at.local(location))
    assert "You cancelled" in answer.content.decode() and not at.who(client)


def test_nobody_is_led_to_another_site(signing_in: Microsoft365, client: Client) -> None:
    at.member(signing_in.tenant, "sally@contoso.com")
    for place in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "https:evil.example"):
        answer = at.sign_in_as(Client(), signing_in.tenant, "Sally Sommer", next=place)
        assert answer["Location"] == "/staff/", place


def test_a_second_factor_still_stands_in_between(signing_in: Microsoft365, client: Client) -> None:
    sally = at.member(signing_in.tenant, "sally@contoso.com")
    TOTP.activate(sally, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(sally).get_unused_codes()
    answer = at.sign_in_as(client, signing_in.tenant, "Sally Sommer", next="/staff/bookings/")
    assert answer["Location"].startswith("/accounts/2fa/authenticate/") and not at.who(client)
    assert client.get("/staff/").status_code == 302
    done = client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert done["Location"] == "/staff/bookings/" and at.who(client) == sally.email


def test_unknown_people_are_refused_unless_the_directory_may_join(signing_in: Microsoft365, client: Client) -> None:
    answer = at.sign_in_as(client, signing_in.tenant, "Sally Sommer")
    assert answer.status_code == 403 and "you have no access to Daybook yet" in answer.content.decode()
    assert not User.objects.exists()
    signing_in.tenant.joins_by_sign_in = True
    signing_in.tenant.save()
    assert at.sign_in_as(client, signing_in.tenant, "Sally Sommer").status_code == 302
    sally = User.objects.get()
    assert (sally.email, sally.name) == ("sally@contoso.com", "Sally Sommer")
    assert at.roles(sally) == {"Contoso": "teamMember"}
    assert not sally.has_usable_password() and EmailAddress.objects.get().verified
    # Taken out, she does not come back by herself.
    Membership.objects.all().delete()
    assert at.sign_in_as(Client(), signing_in.tenant, "Sally Sommer").status_code == 403
    assert not Membership.objects.exists()


def test_a_second_secret_signs_in_when_the_first_one_is_wrong(signing_in: Microsoft365, client: Client) -> None:
    at.member(signing_in.tenant, "sally@contoso.com")
    connection = signing_in.connection
    connection.second_secret, connection.client_secret = connection.client_secret, "wrong"
    connection.second_secret_expires_on = connection.secret_expires_on.replace(year=2027, month=1)
    connection.save()
    assert at.sign_in_as(client, signing_in.tenant, "Sally Sommer").status_code == 302
    connection.second_secret = ""
    connection.save()
    refused = at.sign_in_as(Client(), signing_in.tenant, "Sally Sommer")
    assert refused.status_code == 502 and "Microsoft did not finish" in refused.content.decode()
    assert "AADSTS" not in refused.content.decode()


def test_switched_off_there_is_no_way(signing_in: Microsoft365, client: Client) -> None:
    back = at.local(at.choose(at.begin(client, signing_in.tenant), "Sally Sommer"))
    signing_in.connection.signs_in = False
    signing_in.connection.save()
    way = at.LOGIN.format(sign_in.provider_id(signing_in.tenant))
    assert {client.get(back).status_code, client.get(way).status_code, client.post(way).status_code} == {404}
    assert "Sign in with Microsoft" not in client.get("/accounts/login/").content.decode()


def test_the_work_address_says_which_organisation(signing_in: Microsoft365, client: Client) -> None:
    assert "Sign in with Microsoft" in client.get("/accounts/login/").content.decode()
    page = client.get("/accounts/microsoft/?next=/staff/links/")
    assert "form-action 'self' http://localhost" in page["Content-Security-Policy"]
    there = client.post("/accounts/microsoft/", {"email": "Sally@CONTOSO.com", "next": "/staff/links/"})["Location"]
    assert at.parameters(there)["login_hint"] == "Sally@CONTOSO.com" and CLIENT_ID in there
    nobody = client.post("/accounts/microsoft/", {"email": "somebody@nowhere.example"})
    assert nobody.status_code == 422 and "Nobody signs in with Microsoft" in nobody.content.decode()
