"""Mail that leaves through an organisation's own mailbox (Graph: user-sendmail, outlook-send-mime-message).

A mail goes as a whole, in MIME, so that its Message-ID, its headers and its invitation arrive as they were made.
Exchange sends it and keeps a copy among the sent items.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from tenants.microsoft365 import errors
from tenants.microsoft365.http import GraphClient

REMEDY = _(
    "Grant the app registration the application permission Mail.Send in Microsoft Entra (API permissions, then “Grant "
    "admin consent”), then test the connection; or let mails go through the site's own mail server again."
)
NO_SENDER = _(
    "Choose another mailbox that mails are sent from on the Microsoft 365 connection's page, or let them go through "
    "the site's own mail server again."
)


def send(client: GraphClient, mailbox: str, mime: bytes) -> None:
    """Sends a whole mail from `mailbox`. Raises what `errors` lists: AccessDenied and NoMailbox with a remedy."""
    lines = b"\r\n".join(mime.splitlines())  # RFC 5322 2.1
    try:
        client.request("POST", _address(mailbox), text=base64.b64encode(lines).decode())
    except errors.AccessDenied as error:
        remedy = error.remedy if errors.is_closed_by_policy(error) else str(REMEDY)
        raise errors.AccessDenied(str(error), code=error.code, remedy=remedy) from error
    except (errors.NoMailbox, errors.NotThere) as error:
        raise errors.NoMailbox(str(error), code=error.code, remedy=str(NO_SENDER)) from error


def probe(client: GraphClient, mailbox: str) -> None:
    """Whether mail may be sent from `mailbox`: tries a mail to nobody, which Exchange refuses after the permission."""
    body = {"message": {"subject": "Daybook", "toRecipients": []}, "saveToSentItems": False}
    with suppress(errors.Refused):
        client.request("POST", _address(mailbox), json=body)


def _address(mailbox: str) -> str:
    return f"/users/{quote(mailbox, safe='@')}/sendMail"
