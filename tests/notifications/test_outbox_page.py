"""The demonstration's mail program shows every mail, and lets a mail's own styles hold nowhere else."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from tenants import mail
from tenants.models import Message, Tenant
from tests import factories
from tests.factories import NOW

ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def message(contoso: Tenant) -> Message:
    message = mail.store(
        tenant=contoso, dedupe_key="one", template="confirmed", to="ana@example.net", to_name="Ana <b>",
        subject="Confirmed: <script>", text="See https://example.net/x",
        html="<html><head></head><p style='x'>Hi</p></html>", calendar=ICS, calendar_method="REQUEST",
    )  # fmt: skip
    mail.deliver(message, NOW)
    return message


def test_it_lists_the_mails_of_every_organisation_newest_first(message: Message, client: Client) -> None:
    other = factories.stranger()
    with factories.scope(tenant=other):
        mail.store(tenant=other, dedupe_key="two", template="x", to="bo@example.net", subject="Newer", text="…")
    listed = client.get("/outbox/").content.decode()
    assert listed.index("Newer") < listed.index("Confirmed: &lt;script&gt;")
    assert "Queued" in listed
    assert "Confirmed" not in client.get("/outbox/?q=bo@").content.decode()
    assert "No mail matches" in client.get("/outbox/?q=nobody").content.decode()


@pytest.mark.parametrize(
    ("view", "shows"),
    [
        ("", "<iframe class="), ("text", '<a href="https://example.net/x"'), ("calendar", "METHOD:REQUEST"),
        ("source", "Auto-Submitted: auto-generated"), ("nonsense", "<iframe class="),
    ],
)  # fmt: skip
def test_a_mail_can_be_seen_in_all_its_parts(message: Message, client: Client, view: str, shows: str) -> None:
    answer = client.get(f"/outbox/{message.pk}/?view={view}")
    assert shows in answer.content.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy and "unsafe-inline" not in policy


def test_the_html_may_style_itself_and_nothing_more(message: Message, client: Client) -> None:
    answer = client.get(f"/outbox/{message.pk}/html")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "style-src": "'unsafe-inline'", "base-uri": "'none'", "form-action": "'none'",
        "frame-ancestors": "'self'", "sandbox": "allow-popups allow-popups-to-escape-sandbox",
    }  # fmt: skip
    assert (answer.headers["X-Frame-Options"], answer.headers["Referrer-Policy"]) == ("SAMEORIGIN", "no-referrer")
    assert '<base target="_blank">' in answer.content.decode()


def test_the_calendar_file_can_be_saved(message: Message, client: Client) -> None:
    answer = client.get(f"/outbox/{message.pk}/invite.ics")
    assert answer.content == ICS.encode()
    assert answer.headers["Content-Type"] == "text/calendar; method=REQUEST; charset=utf-8"
    Message.objects.update(calendar="")
    assert client.get(f"/outbox/{message.pk}/invite.ics").status_code == 404


def test_the_source_is_the_whole_mail(message: Message, client: Client) -> None:
    answer = client.get(f"/outbox/{message.pk}/source")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert message.message_id in answer.content.decode()


def test_looking_changes_nothing_and_what_is_missing_is_not_found(message: Message, client: Client) -> None:
    assert client.post("/outbox/").status_code == 405
    assert client.get(f"/outbox/{uuid.uuid4()}/").status_code == 404
