"""Mail leaves here and nowhere else: each is a stored `Message` first, and is delivered once.

| what goes wrong                                         | what becomes of the mail                                  |
|---------------------------------------------------------|-----------------------------------------------------------|
| the process dies before the server took it              | the job runs again                                        |
| … after that, before the row says so                    | it goes again, the same with the same Message-ID          |
| server down, slow, or a 4xx answer                      | `RetryLater`                                              |
| 5xx for the recipient or the content                    | FAILED with the server's words, `Park`                    |
| wrong password, sender or certificate                   | `Park(waits_for="mail")`: every mail would fail           |
| the stored text cannot be decrypted                     | `Park(waits_for="keys")`: never a broken mail             |
| Microsoft 365, where the organisation sends through it  | as `microsoft365.deliver` says: parked with the remedy    |

In the demonstration and in tests the backend is `OutboxBackend`: the row itself is the delivery, in one UPDATE.
"""

from __future__ import annotations

import smtplib
import ssl
import uuid
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import punycode
from django.utils.translation import gettext_noop
from django_scopes import scopes_disabled

from tenants import outbox
from tenants.fields import UNREADABLE
from tenants.letters import one_line
from tenants.microsoft365 import deliver as graph_outcome
from tenants.microsoft365 import errors, http
from tenants.microsoft365 import mail as graph_mail
from tenants.models import Job, Membership, Message, Tenant

#: What a job waits for that cannot send because of the site's own mail settings.
WAITS_FOR_MAIL = "mail"
WAITS_FOR_KEYS = "keys"
KIND = "mail.message"
#: Mails that never go through the connection to Microsoft 365, because they tell that it is, or will be, broken.
ABOUT_CONNECTION = frozenset({"connectionBroken", "secretExpires"})
#: How templates of mails begin that open an account: passwords, codes, invitations.
OPENS_ACCOUNT = ("account/", "mfa/", "socialaccount/")


def store(
    *, tenant: Tenant, dedupe_key: str, template: str, to: str, to_name: str = "", from_name: str = "", subject: str,
    text: str, html: str = "", calendar: str = "", calendar_method: str = "", reply_to: str = "",
    about_id: uuid.UUID | None = None,
) -> Message:  # fmt: skip
    """The mail of this key, written on the first call and the same on every later one, so that a retry sends the same.

    One that FAILED reached nobody: it takes the new content, so that a corrected address is used. Headers are made
    safe here: no line breaks reach them.
    """
    content: dict[str, Any] = {
        "template": template, "to": to, "to_name": one_line(to_name)[:120], "from_name": one_line(from_name)[:120],
        "subject": one_line(subject)[:255], "text": text, "html": html, "calendar": calendar,
        "calendar_method": calendar_method, "reply_to": reply_to, "about_id": about_id,
    }  # fmt: skip
    pk = uuid.uuid4()
    message, created = Message.objects.get_or_create(
        tenant=tenant, dedupe_key=dedupe_key, defaults={**content, "id": pk, "message_id": _message_id(pk)}
    )
    if not created and message.state == Message.State.FAILED:
        for name, value in content.items():
            setattr(message, name, value)
        message.state = Message.State.QUEUED
        message.save()
    return message


def post(message: Message, *, now: datetime) -> None:
    """Asks the worker, after the commit, to deliver a stored mail that no other job delivers."""
    wish = outbox.Wish(kind=KIND, dedupe_key=f"mail:{message.pk}", payload={"message": str(message.pk)})
    outbox.ensure(tenant=message.tenant, wish=wish, now=now)


def copy(message: Message) -> Message:
    """The same mail once more, to be posted, under another Message-ID; a copy that has not gone yet is that copy."""
    earlier = Message.objects.filter(tenant=message.tenant, dedupe_key__startswith=f"again:{message.pk}:")
    waiting = earlier.filter(state=Message.State.QUEUED).first()
    return waiting or store(
        tenant=message.tenant, dedupe_key=f"again:{message.pk}:{earlier.count()}", template=message.template,
        to=message.to, to_name=message.to_name, from_name=message.from_name, subject=message.subject,
        text=message.text, html=message.html, calendar=message.calendar, calendar_method=message.calendar_method,
        reply_to=message.reply_to, about_id=message.about_id,
    )  # fmt: skip


@outbox.handles(KIND)
def deliver_stored(job: Job, now: datetime) -> None:
    """Delivers the mail a job names; one that was deleted meanwhile is no longer wanted."""
    message = Message.objects.filter(pk=job.payload["message"]).first()
    if message is not None:
        deliver(message, now)


def deliver(message: Message, now: datetime) -> None:
    """Sends a stored mail, unless it went before, and marks it sent. Raises `outbox.RetryLater` and `outbox.Park`."""
    if message.state == Message.State.SENT:
        return
    if UNREADABLE in (message.text, message.html, message.calendar):
        raise unreadable("The stored mail cannot be decrypted.")
    if _own_mailbox(message):
        _through_microsoft(message, now)
    else:
        _through_server(message, now)
    _mark_sent(message, now)


def _own_mailbox(message: Message) -> str:
    """The mailbox of the organisation that it goes out from; "": through the site's mail server.

    Whoever reads that mailbox reads what was sent: a key to an account is never among it. An administrator would become
    an owner by it.
    """
    if message.template in ABOUT_CONNECTION or message.template.startswith(OPENS_ACCOUNT):
        return ""
    return message.tenant.mail_from


def _through_microsoft(message: Message, now: datetime) -> None:
    """From the organisation's own mailbox (`Tenant.mail_from`)."""
    whole = _as_email(message, now).message().as_bytes()
    with graph_outcome.decided(message.tenant):
        client = http.client_for(message.tenant)
        try:
            graph_mail.send(client, message.tenant.mail_from, whole)
        except errors.Refused as refused:
            message.state, message.last_error = Message.State.FAILED, str(refused)[:500]
            message.save(update_fields=["state", "last_error"])
            raise


def _through_server(message: Message, now: datetime) -> None:
    try:
        _as_email(message, now).send()
    except smtplib.SMTPRecipientsRefused as refused:
        code, reason = next(iter(refused.recipients.values()))
        _refused(message, code, reason, remedy=f"Check the address {message.to}, then choose “Try again”.")
    except smtplib.SMTPDataError as refused:
        remedy = gettext_noop(
            "The mail server does not accept this mail: its reason says why. Mend it, then choose “Try again”."
        )
        _refused(message, refused.smtp_code, refused.smtp_error, remedy=remedy)
    except smtplib.SMTPResponseException as refused:
        _unwilling(refused)
    except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as wrong:
        raise _misconfigured(str(wrong)) from wrong
    except (smtplib.SMTPException, OSError) as down:
        raise outbox.RetryLater(f"The mail server cannot be reached: {down}") from down


def unreadable(reason: str) -> outbox.Park:
    """What to raise where a key is missing that opens the content of a mail."""
    return outbox.Park(
        reason, waits_for=WAITS_FOR_KEYS,
        remedy=gettext_noop(
            "Put the earlier key back into FIELD_ENCRYPTION_KEYS, behind the present one, restart, then choose "
            "“Try again”."
        ),
    )  # fmt: skip


def trouble() -> str:
    """What keeps the mail server from taking any mail of ours now; "" where nothing does. No mail is sent."""
    connection = get_connection()
    try:
        connection.open()
        smtp = getattr(connection, "connection", None)  # backends without a server have none
        if smtp is None:
            return ""
        smtp.ehlo_or_helo_if_needed()
        code, said = smtp.mail(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
        return f"{code} {_words(said)}" if code >= 400 else ""
    except (smtplib.SMTPException, OSError) as down:
        return str(down) or type(down).__name__
    finally:
        connection.close()


def _mark_sent(message: Message, now: datetime) -> None:
    unsent = Message.objects.filter(pk=message.pk).exclude(state=Message.State.SENT)
    unsent.update(state=Message.State.SENT, sent_at=now, last_error="")
    message.refresh_from_db(fields=["state", "sent_at", "last_error"])


def _refused(message: Message, code: int, reason: bytes | str, *, remedy: str) -> None:
    """RFC 5321 4.2.1: 4yz may be tried again, 5yz not as it is."""
    said = f"{code} {_words(reason)}"
    if code < 500:
        raise outbox.RetryLater(f"The mail server said: {said}")
    message.state, message.last_error = Message.State.FAILED, said[:500]
    message.save(update_fields=["state", "last_error"])
    raise outbox.Park(f"The mail server said: {said}", remedy=remedy)


def _unwilling(refused: smtplib.SMTPResponseException) -> None:
    """The server wants nothing from us: greeting, sign-in or sender refused."""
    said = f"The mail server said: {refused.smtp_code} {_words(refused.smtp_error)}"
    # -1 stands for an answer that is none.
    if refused.smtp_code < 500:
        raise outbox.RetryLater(said) from refused
    raise _misconfigured(said) from refused


def _misconfigured(reason: str) -> outbox.Park:
    return outbox.Park(
        reason, waits_for=WAITS_FOR_MAIL,
        remedy=gettext_noop(
            "Check EMAIL_URL (server, user, password, encryption) and DEFAULT_FROM_EMAIL, restart, then choose "
            "“Try again”."
        ),
    )  # fmt: skip


def _words(said: bytes | str) -> str:
    return one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))


def _message_id(pk: uuid.UUID) -> str:
    """RFC 5322 3.6.4: unique for ever, under our own domain."""
    return f"<{pk.hex}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2]}>"


def _as_email(message: Message, now: datetime) -> EmailMultiAlternatives:
    """The mail with its parts: text, HTML, and a calendar file as RFC 6047 2.4 wants it.

    An invitation (REQUEST, CANCEL) is an alternative, which mail programs act on, and a file for those that do not;
    a PUBLISH is the file alone, which nobody adds without being asked.
    """
    own_name, own_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    email = EmailMultiAlternatives(
        subject=message.subject, body=message.text, to=[formataddr((message.to_name, _on_the_wire(message.to)))],
        from_email=formataddr((message.from_name or own_name, _own_mailbox(message) or own_address)),
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": message.message_id,
            "Date": format_datetime(now),
            "Auto-Submitted": "auto-generated",  # RFC 3834: no robot answers
            "X-Auto-Response-Suppress": "All",  # the same for Exchange ([MS-OXCMAIL] 2.1.3.2.14)
        },
    )  # fmt: skip
    if message.html:
        email.attach_alternative(message.html, "text/html")
    if message.calendar:
        mimetype = f"text/calendar; method={message.calendar_method}"
        if message.calendar_method != "PUBLISH":
            email.attach_alternative(message.calendar, mimetype)
        email.attach("invite.ics", message.calendar, mimetype)
    return email


def _on_the_wire(address: str) -> str:
    """The address with its domain as mail servers know it: `xn--bcher-kva.example` for `bücher.example` (RFC 5891)."""
    name, at, domain = address.rpartition("@")
    return f"{name}{at}{punycode(domain)}"


class OutboxBackend(BaseEmailBackend):
    """Delivers into the table of mails, where the outbox page shows them; for the demonstration and for tests."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """A stored mail is delivered by its own row; any other is stored. Returns how many were taken."""
        with scopes_disabled(), transaction.atomic():
            return sum(self._take(email) for email in email_messages)

    def _take(self, email: EmailMessage) -> bool:
        if Message.objects.filter(message_id=email.extra_headers.get("Message-ID", "")).exists():
            return True
        name, address = parseaddr(email.to[0])
        # Only a site administrator belongs to no organisation; the demonstration has them read over the oldest one's.
        tenant = tenant_of(address) or Tenant.objects.order_by("created_at").first()
        if tenant is None:
            return False
        html = [part[0] for part in getattr(email, "alternatives", []) if part[1] == "text/html"]
        message = store(
            tenant=tenant, dedupe_key=f"direct:{uuid.uuid4()}", template="direct", to=address, to_name=name,
            subject=str(email.subject), text=str(email.body), html=str(html[0]) if html else "",
        )  # fmt: skip
        _mark_sent(message, timezone.now())
        return True


def tenant_of(address: str) -> Tenant | None:
    """The organisation of the person with this mail address, the oldest of several; None for a stranger."""
    with scopes_disabled():
        memberships = Membership.objects.filter(user__email__iexact=address).select_related("tenant")
        membership = memberships.order_by("created_at", "pk").first()
    return membership.tenant if membership else None


def source(message: Message) -> str:
    """The whole mail as it goes over the wire, with all its parts."""
    return _as_email(message, message.sent_at or message.created_at).message().as_string()
