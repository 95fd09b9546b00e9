"""Which page `mbx:<32 hex>@<tenant id>` or a scheduling mailbox's address means, and whether it answers."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import ClassVar

from bookings import access
from bookings.models import BookingPage, PageState
from bookings.services import entitled
from tenants.errors import DomainError, NotFound

_MAILBOX = re.compile(r"mbx:([0-9a-f]{32})@([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})", re.IGNORECASE)


class Refusal(DomainError):
    """A request this address does not answer with 200; `code` is Microsoft's spelling."""

    code: ClassVar[str] = "ErrorInvalidRequest"


class ItemNotFound(Refusal):
    """There is no such page, it was never set up, or it is not published (S1.26)."""

    code = "ErrorItemNotFound"
    status = 404
    detail = "The booking page was not found."


class PageActivating(Refusal):
    """Its owner has just set it up; others do not reach it yet (S1.33)."""

    code = "PageActivating"
    status = 404
    detail = "The booking page is being set up and cannot be reached yet."


def page(business: str, now: datetime) -> BookingPage:
    """The page that visitors reach at `now`. Raises ItemNotFound, PageActivating."""
    mailbox = _MAILBOX.fullmatch(business)
    try:
        if mailbox:
            found = access.page_of_mailbox(uuid.UUID(mailbox[1]), uuid.UUID(mailbox[2]))
        else:
            found = access.page(business)
    except NotFound as missing:
        raise ItemNotFound from missing
    if found.is_internal or entitled.why_closed(found) is not None:
        raise ItemNotFound
    state = found.state(now)
    if state == PageState.ACTIVATING:
        raise PageActivating
    if state != PageState.ACTIVE or (mailbox is None and found.is_personal):
        raise ItemNotFound
    return found
