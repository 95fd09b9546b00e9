"""Mails that leave through the organisation's own mailbox (Mail.Send)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from tenants import mail
from tenants.microsoft365 import credentials
from tenants.models import Job, Message, Role, Tenant
from tenants.sandbox import control, seed
from tests.factories import member
from tests.microsoft365.organisation import CLIENT_ID, Microsoft365, run_due

pytestmark = pytest.mark.django_db(transaction=True)
USES = "/organisation/connection/uses/"


@pytest.fixture
def admin(microsoft365: Microsoft365, client: Client) -> Client:
    client.force_login(member(microsoft365.tenant, Role.ADMINISTRATOR).user)
    microsoft365.mailbox("bookings@contoso.com", "Bookings")
    return client


def post(microsoft365: Microsoft365, key: str, template: str = "confirmed") -> Message:
    """A mail with an invitation, and the worker's try to send it."""
    tenant = Tenant.objects.get(pk=microsoft365.tenant.pk)
    message = mail.store(
        tenant=tenant, dedupe_key=key, template=template, to="ana@example.net", to_name="Ana Pérez",
        from_name="Contoso Clinic", subject="Grüße", text="See you.\n", html="<p>See you.</p>",
        calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", calendar_method="REQUEST",
    )  # fmt: skip
    mail.post(message, now=timezone.now())
    run_due()
    return Message.objects.get(pk=message.pk)


def job(message: Message) -> Job:
    return Job.objects.get(dedupe_key=f"mail:{message.pk}")


def test_a_mail_goes_out_from_the_chosen_mailbox_once(admin: Client, microsoft365: Microsoft365) -> None:
    admin.post(USES, {"mail_from": "Bookings@contoso.com"})
    run_due()
    message = post(microsoft365, "one")
    sent = control.invitations(to="ana@example.net", kind="mail")
    assert [(one.sender.address, one.subject, one.comment.strip()) for one in sent] == [
        ("bookings@contoso.com", "Grüße", "See you.")
    ]
    assert message.message_id.strip("<>").startswith(sent[0].uid) and message.state == Message.State.SENT
    assert "Contoso Clinic <bookings@contoso.com>" in mail.source(message)
    mail.deliver(message, timezone.now())
    assert len(control.invitations(kind="mail")) == 1


@pytest.mark.row("S2.20")
def test_without_the_permission_mails_wait_with_a_remedy_and_bookings_stay_in_step(
    admin: Client, microsoft365: Microsoft365
) -> None:
    control.set_roles(CLIENT_ID, [role for role in seed.ASKED_ROLES if role != "Mail.Send"])
    credentials.forget()
    admin.post(USES, {"mail_from": "bookings@contoso.com"})
    run_due()
    shown = admin.get("/organisation/connection/").content.decode()
    assert "Mail.Send in Microsoft Entra" in shown and "Connected" in shown
    message = post(microsoft365, "waits")
    waiting = job(message)
    assert (waiting.state, waiting.waits_for) == (Job.State.PARKED, "connection") and "Mail.Send" in waiting.remedy
    admin.post(USES, {"mail_from": ""})
    run_due()
    assert Message.objects.get(pk=message.pk).state == Message.State.SENT
    assert not control.invitations(kind="mail")


def test_a_mailbox_that_is_gone_or_not_ours_is_said(admin: Client, microsoft365: Microsoft365) -> None:
    answer = admin.post(USES, {"mail_from": "ceo@elsewhere.example"}, follow=True).content.decode()
    assert "under one of your organisation" in answer and Tenant.objects.get().mail_from == ""
    admin.post(USES, {"mail_from": "gone@contoso.com"})
    assert "Choose another mailbox" in job(post(microsoft365, "gone")).remedy


def test_what_opens_an_account_never_stands_among_the_sent_items(admin: Client, microsoft365: Microsoft365) -> None:
    admin.post(USES, {"mail_from": "bookings@contoso.com"})
    run_due()
    for template in ("account/email/password_reset_key", "account/invitation"):
        assert post(microsoft365, template, template).state == Message.State.SENT
    assert not control.invitations(kind="mail")
