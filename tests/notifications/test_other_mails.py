"""Mails that are not about a booking: a page that was made, and those of sign-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from bookings.services import pages
from tenants import acting, mail
from tenants.models import AuditEvent, Mailbox, Message, Tenant
from tests import factories
from tests.factories import NOW

Run = Callable[..., None]


@pytest.mark.row("S0.11")
def test_who_makes_a_page_is_told_what_was_made(contoso: Tenant, run: Run) -> None:
    creator = factories.member(contoso, email="grace@contoso.com", name="Grace Hopper").user
    page = pages.create_business(
        tenant=contoso, creator=creator, display_name="Eye clinic", now=NOW, actor=acting.person(creator)
    )
    for _again in range(2):
        run(kind="mail.pageCreated")
    told = Message.objects.get()
    assert (told.to, told.to_name, told.state) == ("grace@contoso.com", "Grace Hopper", Message.State.SENT)
    assert told.subject == "Your booking page is ready: Eye clinic"
    assert page.url in told.text and page.url in told.html
    scheduling = Mailbox.objects.get(kind=Mailbox.Kind.SCHEDULING)
    assert f"Scheduling mailbox: {scheduling.address}" in told.text
    audited = AuditEvent.objects.get(cmdlet="New-SchedulingMailbox")
    assert f"{audited.cmdlet}, created by Grace Hopper" in told.text


def test_a_page_that_is_gone_is_not_told_of(contoso: Tenant, run: Run) -> None:
    creator = factories.member(contoso).user
    page = pages.create_business(
        tenant=contoso, creator=creator, display_name="Eye clinic", now=NOW, actor=acting.person(creator)
    )
    page.delete()
    run(kind="mail.pageCreated")
    assert not Message.objects.exists()


def test_a_new_password_is_mailed_by_the_worker(contoso: Tenant, client: Client, run: Run) -> None:
    factories.member(contoso, email="grace@contoso.com", language="de")
    client.post("/accounts/password/reset/", {"email": "grace@contoso.com"})
    message = Message.objects.get()
    assert (message.state, message.template) == (Message.State.QUEUED, "account/email/password_reset_key")
    assert "/accounts/password/reset/key/" in message.text
    assert message.html.count("/accounts/password/reset/key/") == 1, "one button, and no bare link beside it"
    run(kind=mail.KIND, now=message.created_at + timedelta(minutes=1))
    message.refresh_from_db()
    assert message.state == Message.State.SENT


def test_an_unknown_address_is_not_written_to(contoso: Tenant, client: Client) -> None:
    known = factories.member(contoso, email="grace@contoso.com").user
    answers = [client.post("/accounts/password/reset/", {"email": email}) for email in (known.email, "x@contoso.com")]
    assert answers[0].url == answers[1].url  # type: ignore[attr-defined]
    assert [message.to for message in Message.objects.all()] == [known.email]
    assert django_mail.outbox == []


def test_a_site_administrator_without_an_organisation_is_written_to_directly(contoso: Tenant, client: Client) -> None:
    factories.UserFactory(email="root@daybook.example", is_superuser=True)
    client.post("/accounts/password/reset/", {"email": "root@daybook.example"})
    assert [sent.to for sent in django_mail.outbox] == [["root@daybook.example"]]
    assert not Message.objects.exists()


def test_the_demonstrations_backend_keeps_mails_that_others_made(contoso: Tenant, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tenants.mail.OutboxBackend"
    email = EmailMultiAlternatives("Hello", "text", "Daybook <d@localhost>", ["Root <root@daybook.example>"])
    email.attach_alternative("<p>text</p>", "text/html")
    assert email.send() == 1
    message = Message.objects.get()
    assert (message.to, message.to_name, message.subject) == ("root@daybook.example", "Root", "Hello")
    assert (message.text, message.html, message.state) == ("text", "<p>text</p>", Message.State.SENT)


def test_in_the_demonstration_the_row_is_the_delivery(contoso: Tenant, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tenants.mail.OutboxBackend"
    message = mail.store(
        tenant=contoso, dedupe_key="one", template="confirmed", to="a@example.net", subject="Hello", text="text"
    )
    mail.deliver(message, NOW)
    mail.deliver(message, NOW)
    assert list(Message.objects.values_list("subject", "state", "sent_at")) == [("Hello", "sent", NOW)]
