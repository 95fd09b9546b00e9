"""A stored mail is delivered once, over a real mail server that may be down, busy or unwilling."""

from __future__ import annotations

from email.message import MIMEPart
from typing import Any

import pytest

from tenants import mail, outbox
from tenants.models import Message, Tenant
from tests.factories import NOW
from tests.notifications.conftest import Postbox, free_port

ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def stored(tenant: Tenant, **changes: Any) -> Message:
    content: dict[str, Any] = {
        "dedupe_key": "one", "template": "confirmed", "to": "ana@example.net", "to_name": "Ana Pérez",
        "from_name": "Clinic", "subject": "Confirmed: Consultation", "text": "Grüezi\n", "html": "<p>Grüezi</p>",
        "reply_to": "host@contoso.com",
    }  # fmt: skip
    return mail.store(tenant=tenant, **(content | changes))


def tree(part: MIMEPart) -> Any:
    """The content types of a mail, nested as its parts are."""
    if part.is_multipart():
        return [part.get_content_type(), *[tree(child) for child in part.iter_parts()]]
    name = f" {part.get_filename()}" if part.get_filename() else ""
    method = f" {part['Content-Type'].params['method']}" if "method" in part["Content-Type"].params else ""
    return f"{part.get_content_type()}{method}{name}"


def test_a_plain_mail_has_a_text_and_an_html_part(contoso: Tenant, postbox: Postbox) -> None:
    mail.deliver(stored(contoso), NOW)
    assert tree(postbox.mails[0]) == ["multipart/alternative", "text/plain", "text/html"]
    assert [part.get_content().strip() for part in postbox.mails[0].iter_parts()] == ["Grüezi", "<p>Grüezi</p>"]


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
def test_an_invitation_is_an_alternative_and_a_file(contoso: Tenant, postbox: Postbox, method: str) -> None:
    mail.deliver(stored(contoso, calendar=ICS, calendar_method=method), NOW)
    part = f"text/calendar {method}"
    assert tree(postbox.mails[0]) == [
        "multipart/mixed", ["multipart/alternative", "text/plain", "text/html", part], f"{part} invite.ics"
    ]  # fmt: skip
    files = [part for part in postbox.mails[0].walk() if part.get_content_type() == "text/calendar"]
    assert {file["Content-Type"].params["charset"] for file in files} == {"utf-8"}
    assert {file.get_content().rstrip() for file in files} == {ICS.rstrip()}


def test_a_published_file_is_only_attached(contoso: Tenant, postbox: Postbox) -> None:
    mail.deliver(stored(contoso, calendar=ICS, calendar_method="PUBLISH"), NOW)
    assert tree(postbox.mails[0]) == [
        "multipart/mixed", ["multipart/alternative", "text/plain", "text/html"], "text/calendar PUBLISH invite.ics"
    ]  # fmt: skip


def test_its_headers_say_who_writes_and_that_a_robot_does(contoso: Tenant, postbox: Postbox) -> None:
    message = stored(contoso)
    mail.deliver(message, NOW)
    [sent] = postbox.mails
    assert sent["Message-ID"] == message.message_id
    assert sent["From"].addresses[0].display_name == "Clinic"
    assert sent["From"].addresses[0].addr_spec == "daybook@localhost"
    assert str(sent["To"]) == "Ana Pérez <ana@example.net>"
    assert str(sent["Reply-To"]) == "host@contoso.com"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["X-Auto-Response-Suppress"] == "All"
    assert sent["Date"].datetime == NOW


def test_no_line_break_gets_into_a_header(contoso: Tenant, postbox: Postbox) -> None:
    evil = "Ana\r\nBcc: all@example.net\x00\u202e"
    message = stored(contoso, to_name=evil, from_name=evil, subject=evil)
    mail.deliver(message, NOW)
    [sent] = postbox.mails
    assert sent["Bcc"] is None
    assert sent["Subject"] == "Ana Bcc: all@example.net"
    assert [address.addr_spec for address in sent["To"].addresses] == ["ana@example.net"]


def test_it_goes_once(contoso: Tenant, postbox: Postbox) -> None:
    for _again in range(3):
        mail.deliver(stored(contoso), NOW)
    message = Message.objects.get()
    assert (len(postbox.mails), message.state, message.sent_at) == (1, Message.State.SENT, NOW)


def test_after_a_crash_between_sending_and_marking_the_same_mail_goes_again(
    contoso: Tenant, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(mail, "_mark_sent", die)
        with pytest.raises(Killed):
            mail.deliver(stored(contoso), NOW)
    mail.deliver(stored(contoso, text="written anew by the retry"), NOW)
    first, second = postbox.raw
    assert len({sent["Message-ID"] for sent in postbox.mails}) == 1
    # Boundaries are random; everything else is the same.
    assert tree(postbox.mails[0]) == tree(postbox.mails[1])
    assert postbox.mails[1].get_body(("plain",)).get_content().strip() == "Grüezi"
    assert len(first) == len(second)


@pytest.mark.parametrize("stage", ["at_recipient", "at_data"])
def test_a_busy_server_is_asked_again_later(contoso: Tenant, postbox: Postbox, stage: str) -> None:
    setattr(postbox, stage, "451 4.7.1 Please come back later")
    with pytest.raises(outbox.RetryLater, match=r"451 4\.7\.1 Please come back later"):
        mail.deliver(stored(contoso), NOW)
    assert Message.objects.get().state == Message.State.QUEUED
    setattr(postbox, stage, None)
    mail.deliver(stored(contoso), NOW)
    assert len(postbox.mails) == 1


def test_a_server_that_is_down_is_asked_again_later(contoso: Tenant, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    with pytest.raises(outbox.RetryLater, match="cannot be reached"):
        mail.deliver(stored(contoso), NOW)
    assert Message.objects.get().state == Message.State.QUEUED


@pytest.mark.parametrize(
    ("stage", "remedy"), [("at_recipient", "Check the address ana@example.net"), ("at_data", "its reason says why")]
)
def test_a_refused_mail_has_failed_until_a_person_acts(
    contoso: Tenant, postbox: Postbox, stage: str, remedy: str
) -> None:
    setattr(postbox, stage, "550 5.1.1 No such person")
    with pytest.raises(outbox.Park) as parked:
        mail.deliver(stored(contoso), NOW)
    message = Message.objects.get()
    assert (message.state, message.last_error) == (Message.State.FAILED, "550 5.1.1 No such person")
    assert remedy in parked.value.remedy and parked.value.waits_for == ""


def test_a_failed_mail_takes_the_corrected_address(contoso: Tenant, postbox: Postbox) -> None:
    postbox.at_recipient = "550 No such person"
    with pytest.raises(outbox.Park):
        mail.deliver(stored(contoso), NOW)
    postbox.at_recipient = None
    mail.deliver(stored(contoso, to="ana.perez@example.net"), NOW)
    assert [str(sent["To"]) for sent in postbox.mails] == ["Ana Pérez <ana.perez@example.net>"]
    assert Message.objects.get().last_error == ""


def test_wrong_mail_settings_park_every_mail_until_they_are_mended(
    contoso: Tenant, postbox: Postbox, settings: Any
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "daybook", "wrong"
    with pytest.raises(outbox.Park, match="535") as parked:
        mail.deliver(stored(contoso), NOW)
    assert parked.value.waits_for == mail.WAITS_FOR_MAIL
    assert "EMAIL_URL" in parked.value.remedy
    assert Message.objects.get().state == Message.State.QUEUED


def test_a_mail_that_cannot_be_decrypted_is_not_sent(contoso: Tenant, postbox: Postbox, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["a" * 43 + "="]
    stored(contoso)
    settings.FIELD_ENCRYPTION_KEYS = ["b" * 43 + "="]
    with pytest.raises(outbox.Park) as parked:
        mail.deliver(Message.objects.get(), NOW)
    assert (parked.value.waits_for, postbox.mails) == (mail.WAITS_FOR_KEYS, [])


def test_a_mail_left_to_the_worker_is_delivered_by_its_job(contoso: Tenant, postbox: Postbox, run: Any) -> None:
    mail.post(stored(contoso), now=NOW)
    mail.post(stored(contoso), now=NOW)
    run(kind=mail.KIND)
    assert len(postbox.mails) == 1
