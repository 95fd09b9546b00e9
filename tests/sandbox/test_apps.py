"""App registrations, admin consent, groups and sent mail, as Microsoft's side plays them."""

from __future__ import annotations

import base64
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from tenants.sandbox import control, seed
from tenants.sandbox.models import AppRegistration, AppSecret, Organisation, SentInvitation
from tests.sandbox.conftest import CLIENT_ID, DIRECTORY_ID, Graph

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("application")]
BACK = "http://testserver/organisation/connection/consent/"
CONSENT = f"/sandbox/login/{DIRECTORY_ID}/adminconsent"
ASKED = {"client_id": CLIENT_ID, "redirect_uri": BACK, "state": "s"}


def answer(client: Client, address: str, answer: str, **more: str) -> dict[str, str]:
    query = "&".join(f"{name}={value}" for name, value in ASKED.items())
    gone = client.post(f"{address}?{query}", {"answer": answer, **more})
    assert gone.status_code == 302 and gone["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(gone["Location"]).query).items()}


def test_consent_grants_what_the_app_asks_for_and_leads_back(client: Client, contoso: Organisation) -> None:
    control.set_roles(CLIENT_ID, [])
    assert "Calendars.ReadWrite" in client.get(CONSENT, ASKED).content.decode()
    assert AppRegistration.objects.get().roles == []
    assert answer(client, CONSENT, "accept") == {"admin_consent": "True", "tenant": DIRECTORY_ID, "state": "s"}
    assert AppRegistration.objects.get().roles == seed.ASKED_ROLES


def test_declining_grants_nothing_and_says_so(client: Client, contoso: Organisation) -> None:
    control.set_roles(CLIENT_ID, [])
    told = answer(client, CONSENT, "cancel")
    assert (told["error"], told["state"]) == ("access_denied", "s")
    assert AppRegistration.objects.get().roles == []


def test_another_directory_consents_to_the_same_app_with_its_secrets(client: Client, contoso: Organisation) -> None:
    other = seed.create_organisation(domain="fabrikam.com", directory_id=uuid.uuid4())
    told = answer(client, "/sandbox/login/common/adminconsent", "accept", organisation=str(other.pk))
    assert told["tenant"] == str(other.directory_id)
    assert other.applications.get().secrets.count() == 1


def test_a_way_back_that_is_not_registered_is_refused(client: Client, contoso: Organisation) -> None:
    AppRegistration.objects.update(redirect_uris=[BACK])
    assert client.get(CONSENT, ASKED).status_code == 200
    refused = client.get(CONSENT, {**ASKED, "redirect_uri": "http://elsewhere.example/"})
    assert refused.status_code == 400 and "AADSTS50011" in refused.json()["error_description"]


def test_secrets_and_permissions_change_by_button(client: Client, contoso: Organisation) -> None:
    application = AppRegistration.objects.get()
    client.post(f"/sandbox/apps/{application.pk}/secrets/")
    made = AppSecret.objects.latest("pk")
    client.post(f"/sandbox/apps/{application.pk}/role/", {"role": "Mail.Send"})
    shown = client.get("/sandbox/apps/").content.decode()
    assert made.value in shown and "Not granted for Contoso" in shown
    client.post(f"/sandbox/apps/secrets/{made.pk}/expire/")
    assert "ended" in client.get("/sandbox/apps/").content.decode()


def send(graph: Graph, address: str, body: bytes) -> Any:
    headers = {"Authorization": f"Bearer {graph.token}"}
    return graph.client.generic("POST", f"/sandbox/v1.0{address}", body, "text/plain", headers=headers)


def test_a_whole_mail_is_sent_with_its_message_id(graph: Graph, contoso: Organisation) -> None:
    sally = seed.create_user(organisation=contoso, address="sally@contoso.example", display_name="Sally")
    mime = (
        b"From: Sally <sally@contoso.example>\r\nTo: ana@example.net\r\nSubject: Hello\r\nMessage-ID: <1@x>\r\n\r\nHi"
    )
    address, body = f"/users/{sally.pk}/sendMail", base64.b64encode(mime)
    assert send(graph, address, body).status_code == 202
    mail = SentInvitation.objects.get()
    assert (mail.to, mail.subject, mail.uid, mail.kind, mail.comment) == ("ana@example.net", "Hello", "1", "mail", "Hi")
    forged = base64.b64encode(mime.replace(b"sally@", b"anna@"))
    assert send(graph, address, forged).json()["error"]["code"] == "ErrorSendAsDenied"
    empty = {"message": {"subject": "x", "toRecipients": []}}
    refused = graph.post(address, empty)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "ErrorInvalidRecipients")
    assert graph.get("/groups").json()["value"] == []
