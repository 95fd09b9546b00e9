"""Meeting types and services: made, changed, put away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, Service, StaffMember
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.services import audit


def create(
    *, page: BookingPage, now: datetime, actor: Actor, staff: Iterable[StaffMember] | None = None, **fields: Any
) -> Service:
    """A new service of `page`, by its model fields. `staff`: who gives it; None: everybody on the page.

    Raises InvalidInput by field.
    """
    service = Service(tenant=page.tenant, page=page, **fields)
    _validate(service)
    with transaction.atomic():
        service.save()
        service.staff.set(page.staff_members.filter(removed_at=None) if staff is None else _checked(page, staff))
        audit.record(
            tenant=page.tenant, actor=actor, action="service.created", target=service, now=now, after=_plain(service)
        )
    return service


def change(
    *, service: Service, now: datetime, actor: Actor, staff: Iterable[StaffMember] | None = None, **fields: Any
) -> Service:
    """Changes fields of a service; bookings keep what was agreed. Raises InvalidInput by field."""
    before = _plain(Service.objects.get(pk=service.pk))
    for name, value in fields.items():
        setattr(service, name, value)
    _validate(service)
    with transaction.atomic():
        service.save()
        if staff is not None:
            service.staff.set(_checked(service.page, staff))
        after = _plain(service)
        audit.record(
            tenant=service.tenant, actor=actor, action="service.changed", target=service, now=now,
            before={key: value for key, value in before.items() if after[key] != value},
            after={key: value for key, value in after.items() if before[key] != value},
        )  # fmt: skip
    return service


def duplicate(*, service: Service, title: str, now: datetime, actor: Actor) -> Service:
    """A second service like this one, with the same staff and no links; hidden until its owner has looked at it."""
    names = [field.name for field in Service._meta.concrete_fields if field.editable and not field.primary_key]
    fields = {name: getattr(service, name) for name in names if name not in ("page", "tenant", "title", "is_public")}
    return create(
        page=service.page, now=now, actor=actor, staff=service.staff.filter(removed_at=None), title=title[:120],
        is_public=False, **fields,
    )  # fmt: skip


def archive(*, service: Service, now: datetime, actor: Actor) -> None:
    """Deletes a service for everybody; bookings of it stay (S1.28)."""
    service.archived_at = now
    with transaction.atomic():
        service.save(update_fields=["archived_at", "updated_at"])
        audit.record(tenant=service.tenant, actor=actor, action="service.deleted", target=service, now=now)


def _checked(page: BookingPage, staff: Iterable[StaffMember]) -> list[StaffMember]:
    members = list(staff)
    if any(member.page_id != page.pk for member in members):
        raise InvalidInput({"staffMemberIds": [str(_("Choose staff members of this page."))]})
    return members


def _validate(service: Service) -> None:
    try:
        service.full_clean(exclude=["tenant", "page", "staff"])
    except ValidationError as wrong:
        raise InvalidInput(wrong.message_dict) from wrong


def _plain(service: Service) -> dict[str, str]:
    values = model_to_dict(service, exclude=["id", "staff", "page"])
    return {name: str(value) for name, value in values.items()}
