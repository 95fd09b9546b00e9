"""The life of booking pages: created, activated, published, unpublished."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, Service, StaffMember
from bookings.services import entitled, naming, provenance, staff, trashed
from tenants import outbox
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.models import Domain, Mailbox, Role, Tenant, User
from tenants.services import audit, changes

#: The meeting types of a fresh personal page: title (put into its language), duration, online (S1.15).
DEFAULT_MEETING_TYPES = (
    (gettext_noop("60 minutes meeting"), timedelta(hours=1), False),
    (gettext_noop("30 minutes meeting"), timedelta(minutes=30), True),
    (gettext_noop("15 minutes meeting"), timedelta(minutes=15), True),
)


def create_business(
    *, tenant: Tenant, creator: User, display_name: str, now: datetime, actor: Actor, **details: Any
) -> BookingPage:
    """A business page with its scheduling mailbox: exactly one, made in the same moment (S0.3).

    `details` are fields of BookingPage (business information and hours, S0.4). Writes `New-SchedulingMailbox` with
    the creator's name (S0.16) and the directory's event (S0.19), and mails the creator (S0.11). Raises
    NotEntitled, and InvalidInput for a name that the organisation does not allow.
    """
    entitled.check_shared(tenant, _mailbox_of(creator))
    display_name = naming.ruled(tenant, display_name)
    details.setdefault("time_zone", tenant.time_zone)
    details.setdefault("language", tenant.language)
    with transaction.atomic():
        mailbox = Mailbox.objects.create(
            tenant=tenant, kind=Mailbox.Kind.SCHEDULING, display_name=display_name,
            address=_free_address(tenant, display_name), time_zone=details["time_zone"],
        )  # fmt: skip
        page = BookingPage.objects.create(
            tenant=tenant, kind=BookingPage.Kind.BUSINESS, mailbox=mailbox, display_name=display_name,
            activated_at=now, reachable_at=now, **details,
        )  # fmt: skip
        audit.record(
            tenant=tenant, actor=actor, action="page.created", cmdlet="New-SchedulingMailbox", target=mailbox, now=now,
            label=mailbox.address, after={"displayName": display_name, "createdBy": creator.get_full_name()},
        )  # fmt: skip
        provenance.user_added(page=page, now=now, actor=actor)
        wish = outbox.Wish(
            kind="mail.pageCreated",
            dedupe_key=f"mail:pageCreated:{page.pk}",
            payload={"page": str(page.pk), "creator": str(creator.pk)},
        )
        outbox.write(tenant=tenant, wishes=[wish], now=now)
    return page


def activate_personal(*, mailbox: Mailbox, now: datetime, actor: Actor) -> BookingPage:
    """The first click on “Go to my booking page”: makes the page and its default meeting types (S1.32).

    Others reach it a little later (S1.33). Again: returns the page as it is. No mailbox is made (S4.29).
    Raises NotEntitled, and CalendarDeleted where it lies in the trash.
    """
    existing = BookingPage.with_deleted.filter(mailbox=mailbox).first()
    if existing is not None:
        trashed.check_read(existing)
        return existing
    entitled.check_personal(mailbox)
    with transaction.atomic():
        page = BookingPage.objects.create(
            tenant=mailbox.tenant, kind=BookingPage.Kind.PERSONAL, mailbox=mailbox, display_name=mailbox.display_name,
            time_zone=mailbox.time_zone, language=mailbox.user.language if mailbox.user else mailbox.tenant.language,
            activated_at=now, reachable_at=now + settings.PERSONAL_PAGE_ACTIVATION,
        )  # fmt: skip
        owner = staff.add(page=page, mailbox=mailbox, role=Role.OWNER, now=now, actor=actor)
        _add_default_meeting_types(page, owner)
        audit.record(
            tenant=page.tenant, actor=actor, action="page.activated", target=page, now=now, label=mailbox.address
        )
    return page


def _add_default_meeting_types(page: BookingPage, owner: StaffMember) -> None:
    with translation.override(page.language):
        types = [(gettext(title), duration, online) for title, duration, online in DEFAULT_MEETING_TYPES]
    for position, (title, duration, online) in enumerate(types):
        service = Service.objects.create(
            tenant=page.tenant, page=page, title=title, duration=duration, is_online=online, position=position,
            slot_interval=min(duration, timedelta(minutes=30)),
        )  # fmt: skip
        service.staff.add(owner)


def change(*, page: BookingPage, now: datetime, actor: Actor, **fields: Any) -> BookingPage:
    """Changes business information or hours of a page (S0.4). A new name follows the organisation's rules.

    Raises InvalidInput by field.
    """
    if not page.is_personal and fields.get("display_name", page.display_name) != page.display_name:
        fields["display_name"] = naming.ruled(page.tenant, fields["display_name"])
    return changes.apply(row=page, fields=fields, action="page.changed", now=now, actor=actor)


def set_published(*, page: BookingPage, published: bool, now: datetime, actor: Actor) -> BookingPage:
    """Shows the page to visitors, or hides it (S4.8)."""
    if page.is_published != published:
        page.is_published = published
        with transaction.atomic():
            page.save(update_fields=["is_published", "updated_at"])
            audit.record(
                tenant=page.tenant, actor=actor, action="page.published" if published else "page.unpublished",
                target=page, now=now, before={"isPublished": not published}, after={"isPublished": published},
            )  # fmt: skip
    return page


def _mailbox_of(person: User) -> Mailbox | None:
    """The person's own mailbox in the scope's organisation."""
    return Mailbox.objects.filter(user=person, kind=Mailbox.Kind.USER).order_by("created_at").first()


def _free_address(tenant: Tenant, display_name: str) -> str:
    """The name without blanks and accents, at the organisation's primary domain, numbered when it is taken."""
    domain = Domain.objects.filter(tenant=tenant, verified_at__isnull=False).order_by("-is_primary", "name").first()
    if domain is None:
        raise DomainError(_("The organisation has no verified domain yet; add one first."))
    plain = unicodedata.normalize("NFKD", display_name).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "", plain)[:48] or "bookings"
    taken = {
        address.lower()
        for address in Mailbox.objects.filter(address__istartswith=name).values_list("address", flat=True)
    }
    number = 1
    while (address := f"{name}{'' if number == 1 else number}@{domain.name}").lower() in taken:
        number += 1
    return address
