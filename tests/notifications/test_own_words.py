"""An organisation says its mails in its own words: checked, previewed, tried out, and back again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_scopes import scope

from bookings.models import Booking, MailTemplate
from bookings.notifications import catalogue, samples
from bookings.services import mail_templates
from tenants import acting, mail
from tenants.errors import InvalidInput
from tenants.models import AuditEvent, Message, Role, Tenant
from tests import factories
from tests.factories import ANA, NOW
from tests.notifications.conftest import message_to

Run = Callable[..., None]
CONFIRMED = catalogue.find("confirmed-customer") or catalogue.KINDS[0]
URL = "/organisation/mails/confirmed-customer/en/"


def save(tenant: Tenant, **words: str) -> MailTemplate | None:
    place: dict[str, Any] = {"tenant": tenant, "kind": CONFIRMED, "language": "en", "now": NOW, "actor": acting.SYSTEM}
    return mail_templates.save(**place, **{"subject": "", "text": ""} | words)


@pytest.fixture
def administrator(contoso: Tenant, client: Client) -> Client:
    client.force_login(factories.member(contoso, Role.ADMINISTRATOR, email="boss@contoso.com").user)
    return client


def test_own_words_take_the_place_of_ours_with_the_values_filled_in(booking: Booking, run: Run) -> None:
    save(booking.tenant, subject="See you, {customer}: {title}", text="Dear {customer},\n\nring twice. {staff}")
    run()
    told = message_to(ANA.email, "confirmed")
    assert told.subject == "See you, Ana Pérez: Consultation"
    assert "Dear Ana Pérez," in told.text and f"ring twice. {booking.staff_member}" in told.text
    assert "your booking is confirmed" not in told.text
    assert "When: Monday 30 November 2026, 03:00–03:30 (America/New_York, UTC-05:00)" in told.text
    assert booking.manage_url in told.text and told.calendar


def test_they_hold_for_that_reader_and_language_only(booking: Booking, run: Run) -> None:
    save(booking.tenant, subject="Ours")
    Booking.objects.update(customer_language="de")
    run()
    assert message_to(ANA.email, "confirmed").subject != "Ours"
    assert message_to(booking.staff_member.email, "confirmed").subject != "Ours"


def test_what_a_customer_calls_themself_is_not_taken_for_a_placeholder(contoso: Tenant, run: Run) -> None:
    save(contoso, text="Hello {customer}")
    page, service, _members = factories.clinic(contoso)
    odd = factories.Customer(name="{reason} <b>x</b>", email="odd@example.net", time_zone="UTC")
    factories.book(page, service, factories.at("2026-11-30 08:00"), customer=odd)
    run()
    told = message_to("odd@example.net", "confirmed")
    assert "Hello {reason} <b>x</b>" in told.text and "Hello {reason} &lt;b&gt;x&lt;/b&gt;" in told.html


@pytest.mark.parametrize("text", ["Hello {custommer}", "Hello {customer", "Hello }", "{code}", "{0}", "{customer.pk}"])
def test_a_slip_is_told_and_nothing_is_kept(contoso: Tenant, text: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        save(contoso, text=text)
    assert wrong.value.errors["text"] and not MailTemplate.objects.exists()


def test_our_own_words_are_not_kept_as_theirs(contoso: Tenant) -> None:
    subject, text = samples.standard(CONFIRMED, tenant=contoso, language="en", now=NOW)
    assert (subject, text) == ("Confirmed: {title}, {when}", "Hello {customer}, your booking is confirmed.")
    assert save(contoso, subject=subject, text=text) is None


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", catalogue.KINDS, ids=lambda kind: kind.key)
def test_every_mail_can_be_looked_at_and_knows_its_placeholders(
    contoso: Tenant, kind: catalogue.Kind, language: str
) -> None:
    words = " ".join(f"{name}=<{{{name}}}>" for name in kind.placeholders)
    place: dict[str, Any] = {"tenant": contoso, "kind": kind, "language": language, "now": NOW}
    subject, text, html = mail_templates.preview(**place, subject="", text=words)
    assert subject and "{" not in text and "<body" in html
    missing = [name for name in kind.placeholders if f"{name}=<>" in text]
    assert set(missing) <= {"price", "reason"}
    ours = mail_templates.preview(**place, subject="", text="")
    assert "{" not in ours[0] + ours[1]


class TestPage:
    def test_an_administrator_writes_looks_tries_and_goes_back(self, administrator: Client, run: Run) -> None:
        assert "Confirmation" in administrator.get("/organisation/mails/").content.decode()
        page = administrator.get(URL).content.decode()
        assert "your booking is confirmed" in page and "{customer}" in page
        words = {"subject": "Well: {title}", "text": "Good, {customer}."}
        shown = administrator.post(f"{URL}preview/", words)
        assert "Good, Ana Pérez." in shown.content.decode() and not MailTemplate.objects.exists()
        text = administrator.post(f"{URL}preview/", words | {"view": "text"})
        assert text["Content-Type"].startswith("text/plain") and text.content.decode().startswith("Well: ")
        tried = administrator.post(URL, words | {"act": "test"})
        assert (
            "A test is on its way to boss@contoso.com" in tried.content.decode()
            and "Good, {customer}." in tried.content.decode()
        )
        run(kind=mail.KIND)
        test = Message.objects.get(template="test")
        assert (test.to, test.state) == ("boss@contoso.com", "sent") and "Well: " in test.subject
        assert not MailTemplate.objects.exists()
        administrator.post(URL, words | {"act": "save"})
        assert MailTemplate.objects.get().text == "Good, {customer}."
        assert "own words" in administrator.get("/organisation/mails/").content.decode()
        assert "Good, Ana" in administrator.get(f"{URL}preview/").content.decode()
        administrator.post(URL, {"act": "reset"})
        assert not MailTemplate.objects.exists()
        actions = set(AuditEvent.objects.values_list("action", flat=True))
        assert {"mailTemplate.changed", "mailTemplate.reset"} <= actions

    def test_a_slip_is_said_beside_its_field(self, administrator: Client) -> None:
        page = administrator.post(URL, {"subject": "{who}", "text": "", "act": "save"}).content.decode()
        assert "{who} is not known here" in page and not MailTemplate.objects.exists()
        assert "{who} is not known" in administrator.post(f"{URL}preview/", {"subject": "{who}"}).content.decode()

    def test_the_mail_may_style_itself_in_its_frame_and_nothing_more(self, administrator: Client) -> None:
        answer = administrator.get(f"{URL}preview/")
        policy = answer["Content-Security-Policy"]
        assert "sandbox" in policy and "default-src 'none'" in policy and "script-src" not in policy
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
        assert "unsafe-inline" not in administrator.get(URL)["Content-Security-Policy"]

    @pytest.mark.parametrize("address", ["nothing-customer/en/", "confirmed-customer/fr/"])
    def test_what_there_is_not_is_not_found(self, administrator: Client, address: str) -> None:
        assert administrator.get(f"/organisation/mails/{address}").status_code == 404

    @pytest.mark.parametrize("role", [Role.SCHEDULER, Role.TEAM_MEMBER, Role.VIEWER])
    def test_it_is_the_administrators(self, contoso: Tenant, client: Client, role: str) -> None:
        client.force_login(factories.member(contoso, role).user)
        assert client.get("/organisation/mails/").status_code == client.get(URL).status_code == 404
        assert client.post(URL, {"subject": "x", "act": "save"}).status_code == 404

    def test_another_organisation_has_words_of_its_own(self, contoso: Tenant, administrator: Client) -> None:
        stranger = factories.stranger()
        with scope(tenant=stranger):
            save(stranger, subject="Theirs")
        assert "Theirs" not in administrator.get(URL).content.decode()
