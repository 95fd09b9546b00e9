"""Whether a page may be opened at all, whatever its owner has published (S0.2, S4.17-S4.20, S4.30).

| page     | visitors reach it only while                                       |
|----------|--------------------------------------------------------------------|
| business | shared pages are switched on in the organisation                   |
| personal | its owner may have one: licence, switches, Exchange's policy       |

A visitor finds the same as at a page that is not published. Its owner reads the reason. Who may create or manage
business pages is decided for each person by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bookings.models import BookingPage, PageState
from tenants.entitlements import Decision
from tenants.errors import DomainError
from tenants.models import Mailbox, Tenant
from tenants.services import policies


class NotEntitled(DomainError):
    """Somebody may not have, create or manage such pages; the sentence says why. `rule` is what decided."""

    code = "notLicensed"
    status = 403

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason, rule=decision.rule.value)


def why_closed(page: BookingPage) -> Decision | None:
    """What keeps visitors off a page, beside its owner; None: nothing. No query where `access` found the page."""
    if not page.is_personal:
        decision = policies.decide_organisation(page.tenant, kind="shared")
    elif hasattr(page, "own_policy"):
        decision = policies.decide_from(page.mailbox, page)
    else:
        decision = policies.decide(page.mailbox)
    return None if decision.allowed else decision


def is_open(page: BookingPage, now: datetime) -> bool:
    """Whether visitors reach the page."""
    return page.state(now) == PageState.ACTIVE and why_closed(page) is None


def closed_among(tenant: Tenant, pages: Iterable[BookingPage]) -> dict[object, Decision]:
    """`why_closed` of many pages of one organisation, by their id; open ones are left out. One query."""
    found = list(pages)
    decisions = policies.decide_all(tenant, mailboxes=[page.mailbox for page in found if page.is_personal])
    shared = policies.decide_organisation(tenant, kind="shared")
    judged = {page.pk: decisions[page.mailbox_id] if page.is_personal else shared for page in found}
    return {pk: decision for pk, decision in judged.items() if not decision.allowed}


def check_personal(mailbox: Mailbox) -> None:
    """Raises NotEntitled unless this person may have a personal page."""
    decision = policies.decide(mailbox)
    if not decision.allowed:
        raise NotEntitled(decision)


def check_shared(tenant: Tenant, mailbox: Mailbox | None) -> None:
    """Raises NotEntitled unless a person may create and manage business pages.

    `mailbox` None: an account without a mailbox here, which only the organisation's switch concerns.
    """
    if mailbox is None:
        decision = policies.decide_organisation(tenant, kind="shared")
    else:
        decision = policies.decide(mailbox, kind="shared")
    if not decision.allowed:
        raise NotEntitled(decision)
