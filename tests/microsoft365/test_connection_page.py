"""The connection's page as an administrator sees it: each failure with its remedy, consent, and nothing for others."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django_scopes import scope

from tenants.models import AuditEvent, Connection, Job, Role
from tenants.sandbox import control, seed
from tenants.services import connections
from tests.factories import TenantFactory, member
from tests.microsoft365.organisation import CLIENT_ID, DIRECTORY_ID, SECRET, Microsoft365, next_year, run_due

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/organisation/connection/"
COMMAND = "Get-ApplicationAccessPolicy | Format-Table -Auto Identity,Description,ScopeName,AccessRight"


@pytest.fixture
def admin(microsoft365: Microsoft365, client: Client) -> Client:
    client.force_login(member(microsoft365.tenant, Role.ADMINISTRATOR, email="adrian@contoso.com").user)
    microsoft365.mailbox("bea@contoso.com")
    return client


def enter(admin: Client, **changes: Any) -> str:
    """Types the values, lets the worker test them, and reads the page."""
    values = {
        "clientId": CLIENT_ID, "directoryId": DIRECTORY_ID, "clientSecret": SECRET, "appName": "Daybook",
        "secretExpiresOn": str(next_year()), "cloud": "global",
    } | changes  # fmt: skip
    answer = admin.post(f"{PAGE}setup/", values)
    if answer.status_code == 200:
        return answer.content.decode()
    assert answer["Location"] == PAGE
    running = admin.get(f"{PAGE}progress/?of=draft", headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" in running and "Reading calendars" in running
    run_due()
    assert admin.get(f"{PAGE}progress/?of=draft", headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    return page(admin)


def page(admin: Client) -> str:
    answer = admin.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.row("S2.21", "S3.1", "S3.2", "S3.5", "S3.6", "S3.8", "S3.9")
def test_the_guide_leads_from_nothing_to_a_connection_in_use(admin: Client, django_assert_max_num_queries: Any) -> None:
    Connection.objects.all().delete()
    guide = page(admin)
    app_checks = ("“Enabled for users to sign-in” is Yes", "“Assignment required” is No", "“Visible to users” is No")
    for words in ("multitenant", "platform Web", f"{PAGE}consent/", "/accounts/oidc/", *app_checks, *seed.ASKED_ROLES):
        assert words in guide
    shown = enter(admin)
    assert "Connected" in shown and "Not in use" not in shown
    assert SECRET not in shown and SECRET not in admin.get(f"{PAGE}setup/").content.decode()
    used = Connection.objects.get()
    assert used.is_active and used.app_name == "Daybook"
    assert [event.actor for event in AuditEvent.objects.filter(action="connection.saved")] == ["adrian@contoso.com"]
    with django_assert_max_num_queries(20):
        admin.get(PAGE)


@pytest.mark.row("S3.16")
def test_the_guide_speaks_the_readers_language(admin: Client) -> None:
    guide = admin.get(f"{PAGE}setup/", headers={"Accept-Language": "de"}).content.decode()
    assert '<html lang="de"' in guide and "Microsoft 365 verbinden" in guide and "Connect Microsoft 365" not in guide


@pytest.mark.row("S3.2", "S3.3")
def test_values_that_cannot_be_are_refused_beside_their_field(admin: Client) -> None:
    refused = enter(admin, secretExpiresOn=str(next_year() + timedelta(days=700)))
    assert "two years at most" in refused and SECRET not in refused
    assert "form 00000000" in enter(admin, clientId="Daybook")
    assert "This is the secret&#x27;s ID" in enter(admin, clientSecret=str(uuid.uuid4()))
    assert connections.draft(Connection.objects.get().tenant) is None


@pytest.mark.row("S2.22")
def test_each_failure_of_signing_in_shows_its_remedy_and_the_one_in_use_goes_on(
    admin: Client, microsoft365: Microsoft365
) -> None:
    assert "not its ID" in enter(admin, clientSecret="wrong")
    assert "Compare the client ID" in enter(admin, clientId=str(uuid.uuid4()))
    assert "Copy the directory (tenant) ID" in enter(admin, directoryId=str(uuid.uuid4()))
    control.fail(status=503, path="/login/*", times=2)
    assert "Try again in a few minutes" in enter(admin)
    control.clear_faults()
    control.drop(path="/login/*", times=5)
    assert "cannot be reached" in enter(admin, cloud="china")
    control.clear_faults()
    control.expire_secrets(CLIENT_ID)
    shown = enter(admin)
    assert "Make a new client secret in Microsoft Entra" in shown and "Not in use" in shown
    assert Connection.objects.get(is_active=True).client_secret == SECRET
    admin.post(f"{PAGE}discard/")
    admin.post(f"{PAGE}test/")
    run_due()
    shown = page(admin)
    assert "Broken" in shown and "Make a new client secret" in shown, "it ended for the one in use, too"


@pytest.mark.row("S3.7", "S2.19", "S2.54", "S2.55")
def test_each_missing_permission_and_a_policy_show_their_remedy(admin: Client) -> None:
    for role in ("User.Read.All", "Calendars.ReadWrite", "Place.Read.All"):
        control.set_roles(CLIENT_ID, [one for one in seed.ASKED_ROLES if one != role])
        shown = enter(admin)
        assert f"the application permission {role}" in shown and "Not in use" in shown, role
        assert "/adminconsent" in shown or f"{PAGE}consent/" in shown, "consent can be given again"
    for role in ("Group.Read.All", "Mail.Send"):
        control.set_roles(CLIENT_ID, [one for one in seed.ASKED_ROLES if one != role])
        shown = enter(admin)
        assert f"the application permission {role}" in shown and "Not in use" not in shown, role
    control.set_roles(CLIENT_ID, seed.ASKED_ROLES)
    control.restrict_mailboxes(CLIENT_ID, ["nobody@contoso.com"])
    shown = enter(admin)
    assert "Access to OData is disabled" in shown and COMMAND in shown and "Not in use" in shown


def begin(admin: Client) -> tuple[str, dict[str, str]]:
    """The page's link to admin consent, and what it asks."""
    shown = page(admin)
    link = shown.split('href="')
    address = next(one.split('"')[0] for one in link if "adminconsent" in one.split('"')[0]).replace("&amp;", "&")
    return address, {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.mark.row("S2.18", "S3.7")
def test_consent_comes_back_once_to_the_session_that_began_it(admin: Client, microsoft365: Microsoft365) -> None:
    control.set_roles(CLIENT_ID, [])
    enter(admin)
    address, asked = begin(admin)
    assert asked["redirect_uri"].endswith(f"{PAGE}consent/") and asked["client_id"] == CLIENT_ID
    back = urlsplit(Client().post(address, {"answer": "accept"})["Location"])
    assert admin.get(f"{back.path}?{back.query}")["Location"] == PAGE
    run_due()
    used = Connection.objects.get()
    assert (used.is_active, used.consented_by, used.state) == (True, "adrian@contoso.com", "connected")
    again = admin.get(f"{back.path}?{back.query}", follow=True).content.decode()
    assert "has been used" in again
    assert Job.objects.filter(kind="connection.consent").count() == 1


def test_consent_with_a_foreign_state_or_of_a_foreign_directory_is_refused(
    admin: Client, microsoft365: Microsoft365
) -> None:
    stranger = Client()
    fabrikam = TenantFactory(name="Fabrikam")
    with scope(tenant=fabrikam):
        stranger.force_login(member(fabrikam, Role.ADMINISTRATOR, email="mallory@fabrikam.com").user)
    _address, asked = begin(admin)
    given = {"admin_consent": "True", "tenant": DIRECTORY_ID, "state": asked["state"]}
    for visitor, values in (
        (stranger, given), (admin, given | {"state": "guessed"}), (admin, {**given, "state": ""}),
    ):  # fmt: skip
        assert "not begun here" in visitor.get(f"{PAGE}consent/", values, follow=True).content.decode()
    foreign = admin.get(f"{PAGE}consent/", given | {"tenant": str(uuid.uuid4())}, follow=True).content.decode()
    assert "another directory" in foreign
    assert "not begun here" in admin.get(f"{PAGE}consent/", given, follow=True).content.decode(), "a state serves once"
    _address, asked = begin(admin)
    declined = {"error": "access_denied", "error_description": "AADSTS65004: no", "state": asked["state"]}
    assert "Consent was not given" in admin.get(f"{PAGE}consent/", declined, follow=True).content.decode()
    assert not Job.objects.filter(kind="connection.consent").exists()
    assert Connection.objects.get().consented_at is None


def test_a_directory_that_only_an_address_names_is_not_believed(admin: Client, microsoft365: Microsoft365) -> None:
    """The connection has the directory's name; what comes back claims another directory than the token's."""
    Connection.objects.update(directory_id="contoso.com")
    _address, asked = begin(admin)
    admin.get(f"{PAGE}consent/", {"admin_consent": "True", "tenant": str(uuid.uuid4()), "state": asked["state"]})
    run_due()
    assert Connection.objects.get().consented_at is None
    assert "Consent was given in another directory" in page(admin)


@pytest.mark.row("S3.4")
def test_a_second_secret_is_added_and_the_old_one_removed_by_hand(admin: Client, microsoft365: Microsoft365) -> None:
    seed.create_application(organisation=microsoft365.organisation, client_id=CLIENT_ID, secret="renewed")
    ends = next_year() + timedelta(days=60)
    admin.post(f"{PAGE}secret/", {"clientSecret": "renewed", "secretExpiresOn": str(ends)})
    run_due()
    shown = page(admin)
    assert "Either works" in shown and "renewed" not in shown
    assert admin.get(f"{PAGE}secret/remove/?slot=3").status_code == 404
    assert "is forgotten here" in admin.get(f"{PAGE}secret/remove/?slot=1").content.decode()
    assert len(Connection.objects.get().secrets()) == 2, "a page that is opened does nothing"
    admin.post(f"{PAGE}secret/remove/", {"slot": "1"})
    assert [secret for secret, _ in Connection.objects.get().secrets()] == ["renewed"]
    assert admin.get(f"{PAGE}secret/remove/?slot=1").status_code == 404, "the last one stays"


def test_removing_lists_what_stops_and_asks(admin: Client) -> None:
    assert "This stops:" in admin.get(f"{PAGE}remove/").content.decode()
    assert Connection.objects.exists()
    assert admin.post(f"{PAGE}remove/")["Location"] == PAGE
    assert not Connection.objects.exists()


ADDRESSES = ["", "setup/", "progress/", "secret/", "secret/remove/?slot=1", "consent/", "remove/"]


def test_others_find_nothing_and_change_nothing(admin: Client, microsoft365: Microsoft365) -> None:
    fabrikam, stranger, scheduler = TenantFactory(name="Fabrikam"), Client(), Client()
    with scope(tenant=fabrikam):
        stranger.force_login(member(fabrikam, Role.ADMINISTRATOR, email="mallory@fabrikam.com").user)
    scheduler.force_login(member(microsoft365.tenant, Role.SCHEDULER, email="sofia@contoso.com").user)
    before = Connection.objects.values().get()
    for address in ADDRESSES:
        assert scheduler.get(PAGE + address).status_code == 404
        assert Client().get(PAGE + address)["Location"].startswith("/accounts/login/")
        assert CLIENT_ID not in stranger.get(PAGE + address, follow=True).content.decode()
    for address in ("test/", "discard/", "secret/", "secret/remove/", "uses/", "remove/"):
        stranger.post(PAGE + address, {"of": "active", "slot": "1", "mail_from": "bea@contoso.com"})
    assert Connection.objects.values().get() == before
