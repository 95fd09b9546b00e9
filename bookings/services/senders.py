"""Who the organisation takes no bookings from, and how often one sender or one page takes part.

| limit              | counts                                | where                           |
|--------------------|---------------------------------------|---------------------------------|
| network address    | every try to change something         | `visitor.count_try`             |
| mail address       | every complete form with that address | `count`, `VISITOR_ADDRESS_TRIES`|
|                    | every move of a booking that it has   | `count_letters`, the same       |
| page               | every complete form on that page      | `count`, `VISITOR_PAGE_TRIES`   |
| blocked sender     | nothing: it is refused                | `is_blocked`                    |
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import CharField, Q, UUIDField
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from bookings.models import BlockedSender, BookingPage
from tenants import ratelimit
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.models import Tenant
from tenants.prepared import Prepared, of
from tenants.services import audit

_HOUR = timedelta(hours=1)
_BLOCKED = Prepared(
    lambda: (
        BlockedSender.objects.alias(lowered=Lower("pattern"))
        .filter(
            Q(lowered=of("address", CharField())) | Q(lowered=of("domain", CharField())),
            tenant=of("tenant", UUIDField()),
        )
        .values_list("pk")[:1]
    )
)


def is_blocked(tenant: Tenant, email: str) -> bool:
    """Whether the organisation takes no bookings from this address, or from its whole domain. One prepared query."""
    address = email.strip().lower()
    domain = f"@{address.rpartition('@')[2]}"
    return bool(_BLOCKED.rows(tenant=tenant.pk, address=address, domain=domain))


def count(*, page: BookingPage, email: str, guests: Collection[str] = ()) -> None:
    """Counts one complete form of a visitor. Raises TooManyTries for too many to one address or on one page."""
    count_letters(page=page, email=email, guests=guests)
    ratelimit.hit(what="visitor-page", who=str(page.pk), limit=settings.VISITOR_PAGE_TRIES, period=_HOUR)


def count_letters(*, page: BookingPage, email: str, guests: Collection[str] = ()) -> None:
    """Counts what a visitor has mailed to people, by a form or by moving a booking. Raises TooManyTries.

    Guests count too: nobody's letter box is filled by what others send.
    """
    for address in dict.fromkeys(one.strip().lower() for one in (email, *guests)):
        who = f"{page.tenant_id}:{address}"
        ratelimit.hit(what="visitor-address", who=who, limit=settings.VISITOR_ADDRESS_TRIES, period=_HOUR)


def block(*, tenant: Tenant, pattern: str, now: datetime, actor: Actor, note: str = "") -> BlockedSender:
    """Blocks an address, or a domain written as `@example.com`; again changes only the note. Raises InvalidInput."""
    pattern = cleaned_pattern(pattern)
    with transaction.atomic():
        known = BlockedSender.objects.alias(lowered=Lower("pattern")).filter(tenant=tenant, lowered=pattern).first()
        if known is not None:
            return _noted(known, note[:200], now, actor)
        blocked = BlockedSender.objects.create(tenant=tenant, pattern=pattern, note=note[:200])
        audit.record(
            tenant=tenant, actor=actor, action="sender.blocked", target=blocked, now=now, after={"pattern": pattern},
            reason=note[:200],
        )  # fmt: skip
    return blocked


def _noted(blocked: BlockedSender, note: str, now: datetime, actor: Actor) -> BlockedSender:
    """Keeps another note; none given, or the same: as it was."""
    if note in ("", blocked.note):
        return blocked
    audit.record(
        tenant=blocked.tenant, actor=actor, action="sender.noted", target=blocked, now=now,
        before={"note": blocked.note}, after={"note": note},
    )  # fmt: skip
    blocked.note = note
    blocked.save(update_fields=["note"])
    return blocked


def unblock(*, blocked: BlockedSender, now: datetime, actor: Actor) -> None:
    """Takes bookings from this sender again."""
    with transaction.atomic():
        audit.record(
            tenant=blocked.tenant, actor=actor, action="sender.unblocked", target=blocked, now=now,
            before={"pattern": blocked.pattern, "note": blocked.note},
        )  # fmt: skip
        blocked.delete()


def cleaned_pattern(pattern: str) -> str:
    """`ana@example.com` or `@example.com` in lower case. Raises InvalidInput."""
    pattern = pattern.strip().lower()
    try:
        validate_email(f"somebody{pattern}" if pattern.startswith("@") else pattern)
    except ValidationError as wrong:
        sentence = str(_("Enter a mail address, or a domain such as @example.com."))
        raise InvalidInput({"pattern": [sentence]}) from wrong
    return pattern
