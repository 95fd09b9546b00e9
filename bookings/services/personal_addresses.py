"""Whose personal page is set up, and where it is: the report of S1.4-S1.12 and S1.26-S1.33, for one user or all.

| the mailbox                                 | state          | addresses |
|---------------------------------------------|----------------|-----------|
| lacks the Bookings capability (S1.10)       | `notEnabled`   | none      |
| has it; its owner never opened the page     | `notSetUp`     | none      |
| … opened it a moment ago (S1.33)            | `activating`   | none      |
| … has a page that visitors reach            | `active`       | both      |
| … has hidden the page                       | `unpublished`  | none      |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from bookings.models import BookingPage, PageState
from tenants.errors import NotFound
from tenants.models import Mailbox

NOT_ENABLED = "notEnabled"
_SENTENCES = {
    PageState.NOT_SET_UP: "User '{name}' didn't set up their Personal Bookings page yet.",
    PageState.ACTIVATING: "User '{name}' has just set up their Personal Bookings page; others cannot reach it yet.",
    PageState.ACTIVE: "User '{name}' set up their Personal Bookings page already.",
    PageState.UNPUBLISHED: "User '{name}' has hidden their Personal Bookings page.",
}


@dataclass(frozen=True, slots=True)
class PersonalAddress:
    """One user's page. The addresses are there only while visitors reach it (S1.31)."""

    user: str
    name: str
    state: str
    url: str | None = None
    anonymous_url: str | None = None

    @property
    def enabled_sentence(self) -> str:
        """Whether Exchange lets the user have Bookings, in the script's words (S1.12)."""
        has = "does not have" if self.state == NOT_ENABLED else "has"
        return f"User '{self.name}' {has} Microsoft Bookings enabled in Exchange Online."

    @property
    def state_sentence(self) -> str | None:
        """Whether the page is set up (S1.26, S1.29); None where the user cannot have one."""
        return None if self.state == NOT_ENABLED else _SENTENCES[PageState(self.state)].format(name=self.name)

    @property
    def address_sentences(self) -> list[str]:
        """Where the page is (S1.30); none while nobody reaches it."""
        if self.url is None:
            return []
        return [
            f"Microsoft Bookings URL of user '{self.name}' is '{self.url}'.",
            f"Microsoft Bookings anonymous URL of user '{self.name}': is '{self.anonymous_url}'",
        ]


def listed(*, now: datetime, user: str | None = None) -> list[PersonalAddress]:
    """Every person's mailbox, or the one of `user` (in any letter case), by name. Raises NotFound. One query."""
    mailboxes = (
        Mailbox.objects.filter(kind=Mailbox.Kind.USER).select_related("page").order_by("display_name", "address")
    )
    if user is not None:
        mailboxes = mailboxes.alias(lowered=Lower("address")).filter(lowered=user.lower())
    found = [_address(mailbox, now) for mailbox in mailboxes]
    if user is not None and not found:
        raise NotFound(f"There is no user {user}.")
    return found


def _address(mailbox: Mailbox, now: datetime) -> PersonalAddress:
    page: BookingPage | None = getattr(mailbox, "page", None)
    state = PageState.NOT_SET_UP if page is None else page.state(now)
    if not mailbox.has_bookings:
        return PersonalAddress(mailbox.address, mailbox.display_name, NOT_ENABLED)
    if page is None or state != PageState.ACTIVE:
        return PersonalAddress(mailbox.address, mailbox.display_name, state.value)
    return PersonalAddress(mailbox.address, mailbox.display_name, state.value, page.url, page.anonymous_url)
