"""Sign-in: discovery, tokens, refusals, and what a token opens."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlparse

import msal
import pytest
import requests

from tenants.sandbox import control, seed, tokens

from .conftest import CLIENT_ID, DIRECTORY_ID, SECRET, Graph, events_of

DISCOVERY = "/sandbox/login/{}/v2.0/.well-known/openid-configuration"
TOKEN = f"/sandbox/login/{DIRECTORY_ID}/oauth2/v2.0/token"
SCOPE = "https://graph.microsoft.com/.default"


def form(**more):
    grant = {"grant_type": "client_credentials", "scope": SCOPE}
    return {**grant, "client_id": CLIENT_ID, "client_secret": SECRET, **more}


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize("tenant", [DIRECTORY_ID, "Contoso.example"])
def test_discovery_names_microsofts_addresses(client, application, tenant):
    document = client.get(DISCOVERY.format(tenant)).json()
    assert document["token_endpoint"] == f"https://login.microsoftonline.com/{DIRECTORY_ID}/oauth2/v2.0/token"


def test_an_unknown_organisation_is_refused(client, application):
    response = client.get(DISCOVERY.format("nobody.example"))
    assert response.status_code == 400
    assert response.json()["error_codes"] == [90002]


def test_a_token_carries_the_granted_roles(client, application):
    answer = client.post(TOKEN, form()).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    claims = claims_of(answer["access_token"])
    assert claims["tid"] == DIRECTORY_ID and claims["appid"] == CLIENT_ID
    assert claims["roles"] == seed.ALL_ROLES
    control.set_roles(CLIENT_ID, [])
    assert "roles" not in claims_of(client.post(TOKEN, form()).json()["access_token"])


def test_the_secret_may_come_as_http_basic(client, application):
    basic = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    sent = form()
    del sent["client_id"], sent["client_secret"]
    assert client.post(TOKEN, sent, headers={"Authorization": f"Basic {basic}"}).status_code == 200


def test_a_wrong_an_expired_secret_and_a_disabled_application_are_told_apart(client, application):
    wrong = client.post(TOKEN, form(client_secret="no"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert wrong.json()["error_codes"] == [7000215]
    control.expire_secrets(CLIENT_ID)
    assert client.post(TOKEN, form()).json()["error_codes"] == [7000222]
    application.enabled = False
    application.save()
    assert client.post(TOKEN, form()).json()["error_codes"] == [7000112]


class Rewriting:
    """The http_client that sends Microsoft's sign-in address to another server."""

    def __init__(self, base):
        self.base, self.session = base, requests.Session()

    def _address(self, address):
        parts = urlparse(address)
        return f"{self.base}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    def get(self, address, **options):
        return self.session.get(self._address(address), **options)

    def post(self, address, **options):
        return self.session.post(self._address(address), **options)

    def close(self):
        self.session.close()


@pytest.mark.django_db(transaction=True)
def test_msal_gets_a_token_and_an_error_it_understands(live_server, application, sally):
    def app(secret):
        return msal.ConfidentialClientApplication(
            CLIENT_ID,
            client_credential=secret,
            authority=f"https://login.microsoftonline.com/{DIRECTORY_ID}",
            instance_discovery=False,
            http_client=Rewriting(f"{live_server.url}/sandbox/login"),
        )

    token = app(SECRET).acquire_token_for_client([SCOPE])["access_token"]
    answer = requests.get(
        f"{live_server.url}/sandbox/v1.0/users", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    assert [user["displayName"] for user in answer.json()["value"]] == ["Sally Sommer"]
    refused = app("no").acquire_token_for_client([SCOPE])
    assert refused["error_codes"] == [7000215]


def test_without_a_good_token_nothing_opens(graph, application, sally):
    graph.token = tokens.issue(application, datetime.now(UTC) - timedelta(hours=2))
    expired = graph.get(events_of(sally))
    graph.token = graph.token[:-3] + "abc"
    forged = graph.get(events_of(sally))
    for response in (expired, forged, graph.client.get("/sandbox/v1.0/users")):
        assert (response.status_code, response.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_a_missing_role_is_denied(application, sally, event_body):
    application.roles = ["Calendars.Read"]
    graph = Graph(application)
    assert graph.get(events_of(sally)).status_code == 200
    for response in (graph.post(events_of(sally), event_body()), graph.get("/users")):
        assert (response.status_code, response.json()["error"]["code"]) == (403, "ErrorAccessDenied")


def test_a_role_granted_by_exchange_works_without_showing_in_the_token(application, sally):
    application.roles, application.exchange_roles = [], ["Calendars.ReadWrite"]
    application.save()
    graph = Graph(application)
    assert "roles" not in claims_of(graph.token)
    assert graph.get(events_of(sally)).status_code == 200
    assert graph.get("/users").status_code == 403


def test_an_access_policy_closes_every_other_mailbox(graph, sally, bob):
    control.restrict_mailboxes(CLIENT_ID, ["Sally@contoso.example"])
    assert graph.get(events_of(sally)).status_code == 200
    refused = graph.get(events_of(bob))
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "Access to OData is disabled."
    control.restrict_mailboxes(CLIENT_ID, None)
    assert graph.get(events_of(bob)).status_code == 200
