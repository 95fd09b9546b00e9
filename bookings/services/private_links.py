"""Links to private meeting types: made, used, revoked (S4.9, S4.11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from bookings.models import PrivateLink, Service
from tenants.acting import Actor
from tenants.errors import DomainError, NotFound
from tenants.links import hash_token, new_token
from tenants.services import audit

#: How long a private link works unless told otherwise (S4.13).
DEFAULT_LIFE = timedelta(days=90)
_SAME_LOOK = timedelta(minutes=1)


class LinkUnusable(DomainError):
    """The link was right once and no longer opens its meeting type."""

    code = "linkUnusable"
    status = 410
    #: The heading of its page.
    title: Any = _("This link no longer works")
    detail = _("This link no longer works. Please ask the person who sent it for a new one.")


class LinkExpired(LinkUnusable):
    """Its last day is over."""

    code = "linkExpired"
    title = _("This link has expired")
    detail = _("This link has expired. Please ask the person who sent it for a new one.")


class LinkUsed(LinkUnusable):
    """It was for fewer bookings than were tried."""

    code = "linkUsed"
    title = _("This link has been used")
    detail = _(
        "This link has already been used. If you have booked with it, your confirmation mail leads to the booking. "
        "Otherwise please ask the person who sent it for a new one."
    )


class LinkRevoked(LinkUnusable):
    """Its owner took it back."""

    code = "linkRevoked"
    title = _("This link was withdrawn")
    detail = _("This link has been withdrawn. Please ask the person who sent it for a new one.")


class MeetingGone(LinkUnusable):
    """What it led to was deleted."""

    code = "meetingGone"
    title = _("This meeting is no longer offered")
    detail = _("This meeting is no longer offered. Please ask the person who sent the link what you can book instead.")


class LinkUnknown(NotFound):
    """No link has this token, or had it before it was renewed."""

    code = "linkUnknown"
    title = _("We do not know this link")
    detail = _(
        "A part of it may be missing: please copy the whole link from the message it came with. "
        "If that does not help, ask the person who sent it for a new one."
    )


def create(
    *, service: Service, now: datetime, actor: Actor, label: str = "", email: str = "",
    expires_at: datetime | None = None, forever: bool = False, max_uses: int | None = None,
) -> PrivateLink:  # fmt: skip
    """A new link to `service`; 90 days unless `expires_at` or `forever` says otherwise; any number of bookings unless
    `max_uses`. `email`: whom it is for."""
    token, expires_at = new_token(), None if forever else expires_at or now + DEFAULT_LIFE
    with transaction.atomic():
        link = PrivateLink.objects.create(
            tenant=service.tenant, service=service, label=label, email=email, token_hash=hash_token(token),
            token=token, expires_at=expires_at, max_uses=max_uses,
        )  # fmt: skip
        audit.record(
            tenant=service.tenant, actor=actor, action="link.created", target=link, now=now,
            label=label or str(link.pk),
            after={
                "service": str(service.pk), "expiresAt": expires_at.isoformat() if expires_at else None,
                "maxUses": max_uses,
            },
        )  # fmt: skip
    return link


def check(*, link: PrivateLink, now: datetime) -> None:
    """Raises the reason why `link` does not open its meeting type at `now`, if there is one."""
    check_type(link=link)
    if link.revoked_at is not None:
        raise LinkRevoked
    if link.expires_at is not None and now > link.expires_at:
        raise LinkExpired
    if link.max_uses is not None and link.uses >= link.max_uses:
        raise LinkUsed


def check_type(*, link: PrivateLink) -> None:
    """Raises MeetingGone where the meeting type of `link` was deleted."""
    if link.service.archived_at is not None:
        raise MeetingGone


def opened(*, link: PrivateLink, now: datetime) -> None:
    """Notes that a person's browser shows the page of a link that works; again within a minute is the same look."""
    is_dead = link.service.archived_at is not None or not link.is_usable(now)
    if is_dead or (link.last_opened_at is not None and now - link.last_opened_at < _SAME_LOOK):
        return
    PrivateLink.objects.filter(pk=link.pk).update(
        first_opened_at=Coalesce("first_opened_at", Value(now)), last_opened_at=now
    )


def use(*, link: PrivateLink, now: datetime) -> None:
    """Uses up one booking of `link` in the running transaction, by one conditional UPDATE. Raises why it cannot."""
    usable = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
    alive = Q(expires_at=None) | Q(expires_at__gte=now)
    used = PrivateLink.objects.filter(usable, alive, pk=link.pk, revoked_at=None).update(uses=F("uses") + 1)
    if not used:
        check(link=PrivateLink.objects.get(pk=link.pk), now=now)
        raise LinkUsed


def revoke(*, link: PrivateLink, now: datetime, actor: Actor) -> None:
    """Takes the link back; bookings made through it stay. Again: nothing more."""
    if link.revoked_at is not None:
        return
    link.revoked_at = now
    with transaction.atomic():
        link.save(update_fields=["revoked_at"])
        audit.record(
            tenant=link.tenant, actor=actor, action="link.revoked", target=link, now=now,
            before={"service": str(link.service_id), "uses": link.uses}, after={"revokedAt": now.isoformat()},
        )  # fmt: skip
