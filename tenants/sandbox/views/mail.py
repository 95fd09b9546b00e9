"""Sending mail from a mailbox, as JSON or as a whole mail (Graph: user-sendmail), and reading groups (group-list)."""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from .. import gateway, lists
from ..errors import GraphError, bad_request
from ..gateway import Call
from ..models import SentInvitation

SEND = {"Mail.Send"}
READ_GROUPS = {"Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All"}


def send_mail(call: Call) -> HttpResponseBase:
    """202, and the mail among those that were sent."""
    whole = call.request.headers.get("Content-Type", "").startswith("text/plain")
    to, subject, uid, text = _from_mime(call) if whole else _from_json(call)
    if not to:
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
    SentInvitation.objects.bulk_create(
        SentInvitation(
            sender=call.mailbox, to=address, kind="mail", uid=uid, subject=subject, comment=text, start_at=call.now,
            end_at=call.now, sent_at=call.now,
        )
        for address in to
    )  # fmt: skip
    return HttpResponse(status=202)


def _from_json(call: Call) -> tuple[list[str], str, str, str]:
    message: dict[str, Any] = call.body.get("message") or call.body.get("Message") or {}
    if not message:
        raise bad_request("The Message parameter is missing.")
    to = [str(one.get("emailAddress", {}).get("address", "")) for one in message.get("toRecipients", [])]
    return to, str(message.get("subject", "")), "", str(message.get("body", {}).get("content", ""))


def _from_mime(call: Call) -> tuple[list[str], str, str, str]:
    try:
        raw = base64.b64decode(call.request.body, validate=True)
    except binascii.Error:
        raise GraphError(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string.") from None
    message = email.message_from_bytes(raw, policy=email.policy.default)
    senders = [address.lower() for _name, address in getaddresses(message.get_all("From", []))]
    if senders != [call.mailbox.address.lower()]:
        raise GraphError(403, "ErrorSendAsDenied", "The user account which was used to submit this request does not "
                         "have the right to send mail on behalf of the specified sending account.")  # fmt: skip
    to = [address for _name, address in getaddresses(message.get_all("To", []))]
    plain = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    uid = str(message.get("Message-ID", "")).strip("<>").partition("@")[0]
    return to, str(message.get("Subject", "")), uid[:32], plain.get_content() if plain else ""


def list_groups(call: Call) -> HttpResponseBase:
    """The sandbox's directory has no groups."""
    return gateway.answer(call, lists.page(call, [], lambda row: row, default=100))


send_view = gateway.endpoint(POST=(send_mail, SEND))
groups_view = gateway.endpoint(mailbox=False, GET=(list_groups, READ_GROUPS))
