"""What the owner of private links does with them after making them, and what the links' console shows.

| state     | when                                    | becomes active again by                            |
|-----------|-----------------------------------------|----------------------------------------------------|
| withdrawn | it was taken back                       | renewing: another address                          |
| expired   | its last instant is over                | extending                                          |
| used up   | as many bookings were made as it allows | reopening one that was cancelled, or allowing more |
| active    | none of these                           |                                                    |

A cancelled booking never reopens its link by itself: whoever holds a link for one booking had theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, PrivateLink, Service
from bookings.services import private_links
from tenants import outbox
from tenants.acting import Actor
from tenants.errors import DomainError, InvalidInput
from tenants.links import hash_token, new_token
from tenants.services import audit, changes

#: The most links that are made at once.
MOST_AT_ONCE = 200
_ADDRESS = re.compile(r"[^\s<>,;\"']+@[^\s<>,;\"']+")


class LinkState(models.TextChoices):
    """Where a link stands."""

    ACTIVE = "active", _("Active")
    EXPIRED = "expired", _("Expired")
    USED = "used", _("Used up")
    REVOKED = "revoked", _("Withdrawn")


class NothingToReopen(DomainError):
    """No booking made through the link was cancelled, or its use has been given back already."""

    code = "nothingToReopen"
    status = 409
    detail = _("Every booking made through this link still stands, so there is no use to give back.")


class NoAddress(DomainError):
    """Nobody knows where to send the link."""

    code = "noAddress"
    status = 409
    detail = _("Enter a mail address for this link first.")


class LinkNotActive(DomainError):
    """A dead link is not sent."""

    code = "linkNotActive"
    status = 409
    detail = _("This link opens nothing at the moment. Extend or renew it before you send it.")


def with_state(links: QuerySet[PrivateLink], now: datetime) -> QuerySet[PrivateLink]:
    """The links, each with its LinkState at `now` as `state` and how many of its bookings stand as `standing`."""
    state = Case(
        When(revoked_at__isnull=False, then=Value(LinkState.REVOKED.value)),
        When(expires_at__lt=now, then=Value(LinkState.EXPIRED.value)),
        When(max_uses__isnull=False, uses__gte=F("max_uses"), then=Value(LinkState.USED.value)),
        default=Value(LinkState.ACTIVE.value),
    )
    standing = Count("bookings", filter=~Q(bookings__status__in=Booking.GONE))
    return links.annotate(state=state, standing=standing)


def change(*, link: PrivateLink, now: datetime, actor: Actor, **fields: Any) -> PrivateLink:
    """Changes `label`, `email`, `expires_at` (None: never) or `max_uses` (None: any number). Raises InvalidInput."""
    if fields.get("max_uses", 1) == 0:
        raise InvalidInput({"max_uses": [str(_("Allow at least one booking."))]})
    expires_at = fields.get("expires_at", link.expires_at)
    if expires_at is not None and expires_at != link.expires_at and expires_at <= now:
        raise InvalidInput({"expires_on": [str(_("Choose a day to come."))]})
    with transaction.atomic():
        # Locked and read again: a booking that is made this moment counts its use on this row.
        fresh = PrivateLink.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=link.pk)
        return changes.apply(row=fresh, fields=fields, action="link.changed", now=now, actor=actor)


def extend(*, link: PrivateLink, now: datetime, actor: Actor) -> PrivateLink:
    """Lets the link work for 90 days from `now`; never shortens what it has."""
    until = now + private_links.DEFAULT_LIFE
    if link.expires_at is None or link.expires_at >= until:
        return link
    return change(link=link, now=now, actor=actor, expires_at=until)


def renew(*, link: PrivateLink, now: datetime, actor: Actor) -> PrivateLink:
    """Gives the link another address with the same rules; the one it had opens nothing from now on.

    A withdrawn link is active again. Nobody has opened the new address yet.
    """
    token = new_token()
    was_revoked = link.revoked_at is not None
    link.token, link.token_hash = token, hash_token(token)
    link.revoked_at = link.first_opened_at = link.last_opened_at = link.sent_at = None
    with transaction.atomic():
        link.save(update_fields=[
            "token", "token_hash", "revoked_at", "first_opened_at", "last_opened_at", "sent_at"
        ])  # fmt: skip
        audit.record(
            tenant=link.tenant, actor=actor, action="link.renewed", target=link, now=now,
            before={"revoked": was_revoked}, after={"revoked": False},
        )  # fmt: skip
    return link


def reopen(*, link: PrivateLink, now: datetime, actor: Actor) -> PrivateLink:
    """Gives back the use of one booking that no longer takes place. Raises NothingToReopen."""
    with transaction.atomic():
        fresh = PrivateLink.objects.select_for_update().get(pk=link.pk)
        standing = Booking.objects.filter(link=fresh).exclude(status__in=Booking.GONE).count()
        if fresh.max_uses is None or fresh.uses <= standing:
            raise NothingToReopen
        PrivateLink.objects.filter(pk=fresh.pk).update(uses=F("uses") - 1)
        audit.record(
            tenant=link.tenant, actor=actor, action="link.reopened", target=link, now=now,
            before={"uses": fresh.uses}, after={"uses": fresh.uses - 1},
        )  # fmt: skip
    link.refresh_from_db()
    return link


def send(*, link: PrivateLink, now: datetime, actor: Actor) -> None:
    """Mails the link to its address. Raises NoAddress, LinkNotActive."""
    if not link.email:
        raise NoAddress
    if not link.is_usable(now):
        raise LinkNotActive
    link.sent_at = now
    wish = outbox.Wish(
        kind="mail.privateLink",
        dedupe_key=f"mail:privateLink:{link.pk}:{now.timestamp()}",
        payload={"link": str(link.pk)},
    )
    with transaction.atomic():
        link.save(update_fields=["sent_at"])
        audit.record(
            tenant=link.tenant, actor=actor, action="link.sent", target=link, now=now, after={"email": link.email}
        )
        outbox.write(tenant=link.tenant, wishes=[wish], now=now)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom one link of many is for."""

    name: str
    email: str = ""


def recipients(text: str) -> list[Recipient]:
    """One from each line: a name, a mail address, or both in any order and separated by anything.

    Raises InvalidInput for what cannot be an address, for too long a name, and for too many lines.
    """
    lines = [line for line in (" ".join(line.split()) for line in text.splitlines()) if line]
    if len(lines) > MOST_AT_ONCE:
        raise _wrong(_("Enter at most %(most)d people at once.") % {"most": MOST_AT_ONCE})
    return [_recipient(line) for line in lines]


def _recipient(line: str) -> Recipient:
    found = _ADDRESS.search(line)
    email = found[0] if found else ""
    name = " ".join(re.sub(r"[<>,;\"]", " ", line.replace(email, " ", 1) if email else line).split())
    if email:
        try:
            validate_email(email)
        except ValidationError as invalid:
            raise _wrong(_("“%(line)s” has no valid mail address.") % {"line": line[:80]}) from invalid
    if len(name or email) > 120 or not (name or email):
        raise _wrong(_("“%(line)s” is no name that can be shown.") % {"line": line[:80]})
    return Recipient(name=name or email, email=email)


def create_many(
    *, service: Service, people: Sequence[Recipient], now: datetime, actor: Actor, expires_at: datetime | None,
    forever: bool = False, mailed: bool = False,
) -> list[PrivateLink]:  # fmt: skip
    """A link for one booking for each of these people, all or none; `mailed`: sent to those with an address.

    Made from the last to the first: lists show the newest above, and so the people in the order given.
    """
    with transaction.atomic():
        made = [
            private_links.create(
                service=service, now=now, actor=actor, label=person.name, email=person.email, expires_at=expires_at,
                forever=forever, max_uses=1,
            )
            for person in reversed(people)
        ][::-1]  # fmt: skip
        for link in made if mailed else ():
            if link.email:
                send(link=link, now=now, actor=actor)
    return made


def latest_bookings(links: Iterable[PrivateLink], *, most: int = 3) -> dict[Any, list[Booking]]:
    """The last bookings made through each of these links, the newest first; one query."""
    newest = models.Window(
        models.functions.RowNumber(), partition_by=F("link"), order_by=[F("created_at").desc(), F("pk").desc()]
    )
    found: dict[Any, list[Booking]] = {}
    rows = Booking.objects.filter(link__in=[link.pk for link in links]).annotate(nth=newest).filter(nth__lte=most)
    for booking in rows.order_by("link", "nth"):
        found.setdefault(booking.link_id, []).append(booking)
    return found


def _wrong(sentence: Any) -> InvalidInput:
    return InvalidInput({"people": [str(sentence)]})
