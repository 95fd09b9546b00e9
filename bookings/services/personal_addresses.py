"""Whose personal page is set up, and where it is: the report of S1.4-S1.12 and S1.26-S1.34, for one user or all.

The first line that fits is the state. A page that visitors reach is told as such, whatever the last check of the
licence said; a check that failed is never taken for "not set up" (S1.39).

| the person                                           | state                | addresses |
|------------------------------------------------------|----------------------|-----------|
| is not in the directory any more                     | `left`               | none      |
| has an account that is off                           | `accountDisabled`    | none      |
| may have a page, and others reach it                 | `active`             | both      |
| … but nothing on it is public (S1.27, S1.28)         | `activeWithoutTypes` | both      |
| … opened it a moment ago (S1.33)                     | `activating`         | none      |
| … has hidden it                                      | `unpublished`        | none      |
| could not be checked                                 | `checkFailed`        | none      |
| lacks the service plan (S1.8, S4.19)                 | `noLicence`          | none      |
| lacks the mailbox's capability (S1.10, S1.11)        | `noCapability`       | none      |
| is kept out by a switch or by Exchange's policy      | `blockedByPolicy`    | none      |
| never clicked “Go to my booking page” (S1.32, S1.34) | `notSetUp`           | none      |
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, PageState, Service
from tenants.entitlements import Decision, Rule
from tenants.errors import NotFound
from tenants.models import AccessPolicy, Mailbox, Tenant
from tenants.services import policies


class State(models.TextChoices):
    """What the report says of a person."""

    ACTIVE = "active", _("Active")
    WITHOUT_TYPES = "activeWithoutTypes", _("Active, nothing public")
    ACTIVATING = "activating", _("Being set up")
    NOT_SET_UP = "notSetUp", _("Not set up")
    UNPUBLISHED = "unpublished", _("Not published")
    NO_LICENCE = "noLicence", _("No licence")
    NO_CAPABILITY = "noCapability", _("No capability")
    BLOCKED = "blockedByPolicy", _("Blocked by policy")
    CHECK_FAILED = "checkFailed", _("Check failed")
    DISABLED = "accountDisabled", _("Account disabled")
    LEFT = "left", _("Left the organisation")


_REACHED = (State.ACTIVE, State.WITHOUT_TYPES)
_OF_PAGE = {
    PageState.NOT_SET_UP: State.NOT_SET_UP,
    PageState.ACTIVATING: State.ACTIVATING,
    PageState.ACTIVE: State.ACTIVE,
    PageState.UNPUBLISHED: State.UNPUBLISHED,
}
_SET_UP = "User '{name}' set up their Personal Bookings page already."
_SENTENCES = {
    State.NOT_SET_UP: "User '{name}' didn't set up their Personal Bookings page yet.",
    State.ACTIVATING: "User '{name}' has just set up their Personal Bookings page; others cannot reach it yet.",
    State.ACTIVE: _SET_UP,
    State.WITHOUT_TYPES: f"{_SET_UP} It has no public meeting types.",
    State.UNPUBLISHED: "User '{name}' has hidden their Personal Bookings page.",
    State.NO_LICENCE: "User '{name}' has no licence with the Microsoft Bookings service plan.",
    State.BLOCKED: "User '{name}' may not have a Personal Bookings page: {reason}",
    State.CHECK_FAILED: "User '{name}' could not be checked; this does not mean that they have no page: {reason}",
    State.DISABLED: "The account of user '{name}' is disabled in the directory.",
    State.LEFT: "User '{name}' is not in the directory any more.",
}


@dataclass(frozen=True, slots=True)
class PersonalAddress:
    """One person in the report. The addresses are there only while visitors reach the page (S1.31)."""

    mailbox: Mailbox
    state: State
    decision: Decision
    page: BookingPage | None = None

    @property
    def user(self) -> str:
        """The mail address."""
        return self.mailbox.address

    @property
    def name(self) -> str:
        """The person's name."""
        return self.mailbox.display_name

    @property
    def url(self) -> str | None:
        """Where accounts of the organisation and everybody else find the page."""
        return self.page.url if self.page is not None and self.state in _REACHED else None

    @property
    def anonymous_url(self) -> str | None:
        """The same without ever asking for a sign-in (S1.2)."""
        return self.page.anonymous_url if self.page is not None and self.state in _REACHED else None

    @property
    def reason(self) -> str:
        """Why there is no page, in a sentence; "" where there is one or could be."""
        if self.state == State.CHECK_FAILED:
            return self.mailbox.licence_error
        closed = (State.NO_LICENCE, State.NO_CAPABILITY, State.BLOCKED, State.DISABLED)
        return str(self.decision.reason) if self.state in closed else ""

    @property
    def enabled_sentence(self) -> str | None:
        """Whether Exchange lets the user have Bookings, in the script's words (S1.12); None where it is not known."""
        if self.state in (State.CHECK_FAILED, State.LEFT):
            return None
        has = "has" if self.mailbox.has_bookings else "does not have"
        return f"User '{self.name}' {has} Microsoft Bookings enabled in Exchange Online."

    @property
    def state_sentence(self) -> str | None:
        """Whether the page is set up (S1.26, S1.29), or what keeps the user from it; None: the capability does."""
        sentence = _SENTENCES.get(self.state)
        return None if sentence is None else sentence.format(name=self.name, reason=self.reason)

    @property
    def address_sentences(self) -> list[str]:
        """Where the page is (S1.30); none while nobody reaches it."""
        if self.url is None:
            return []
        return [
            f"Microsoft Bookings URL of user '{self.name}' is '{self.url}'.",
            f"Microsoft Bookings anonymous URL of user '{self.name}': is '{self.anonymous_url}'",
        ]


def listed(*, tenant: Tenant, now: datetime, user: str | None = None) -> list[PersonalAddress]:
    """Everybody, or the one of `user` (address or sign-in name, in any letter case), by name. Raises NotFound."""
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER).order_by("display_name", "address")
    if user is not None:
        wanted = models.Q(lowered=user.lower()) | models.Q(principal=user.lower())
        people = people.alias(lowered=Lower("address"), principal=Lower("principal_name")).filter(wanted)
    found = of(list(people), tenant=tenant, now=now)
    if user is not None and not found:
        raise NotFound(f"There is no user {user}.")
    return found


def of(people: Sequence[Mailbox], *, tenant: Tenant, now: datetime) -> list[PersonalAddress]:
    """The report on these people, in their order. Four queries, however many."""
    decisions = _decisions(people, tenant)
    pages = {page.mailbox_id: page for page in _pages(people)}
    with_types = set(
        Service.objects.filter(is_public=True, archived_at=None, page__kind=BookingPage.Kind.PERSONAL)
        .order_by()
        .values_list("page", flat=True)
        .distinct()
    )
    return [_told(mailbox, decisions[mailbox.pk], pages.get(mailbox.pk), with_types, now) for mailbox in people]


def _decisions(people: Sequence[Mailbox], tenant: Tenant) -> dict[uuid.UUID, Decision]:
    """Who may have a personal page. People without a policy of their own who are alike share one decision."""
    own = set(AccessPolicy.objects.exclude(mailbox=None).values_list("mailbox", flat=True))
    alike: dict[object, Mailbox] = {}
    keys: list[object] = []
    for mailbox in people:
        same = (mailbox.account_enabled, mailbox.has_bookings_plan, mailbox.has_bookings)
        keys.append(mailbox.pk if mailbox.pk in own else same)
        alike.setdefault(keys[-1], mailbox)
    decided = policies.decide_all(tenant, mailboxes=alike.values())
    return {mailbox.pk: decided[alike[key].pk] for mailbox, key in zip(people, keys, strict=True)}


def _pages(people: Sequence[Mailbox]) -> list[BookingPage]:
    """Their personal pages; those of everybody where many are asked about, which is one query as well."""
    columns = ("mailbox", "kind", "display_name", "is_published", "activated_at", "reachable_at", "access", "tenant")
    pages = BookingPage.objects.filter(kind=BookingPage.Kind.PERSONAL).only(*columns)
    found = list(pages.filter(mailbox__in=people) if len(people) <= 200 else pages)
    mailboxes = {mailbox.pk: mailbox for mailbox in people}
    known = [page for page in found if page.mailbox_id in mailboxes]
    for page in known:
        page.mailbox = mailboxes[page.mailbox_id]
    return known


def _told(
    mailbox: Mailbox, decision: Decision, page: BookingPage | None, with_types: set[uuid.UUID], now: datetime
) -> PersonalAddress:
    state = _state(mailbox, decision, page, now)
    if state == State.ACTIVE and page is not None and page.pk not in with_types:
        state = State.WITHOUT_TYPES
    return PersonalAddress(mailbox, state, decision, page)


def _state(mailbox: Mailbox, decision: Decision, page: BookingPage | None, now: datetime) -> State:
    if not mailbox.account_enabled:
        return State.DISABLED if mailbox.directory_object_id else State.LEFT
    of_page = State.NOT_SET_UP if page is None else _OF_PAGE[page.state(now)]
    if decision.allowed and of_page != State.NOT_SET_UP:
        return of_page
    if mailbox.licence_error:
        return State.CHECK_FAILED
    if decision.allowed:
        return State.NOT_SET_UP
    return {Rule.PLAN: State.NO_LICENCE, Rule.CAPABILITY: State.NO_CAPABILITY}.get(decision.rule, State.BLOCKED)
