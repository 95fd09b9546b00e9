"""Meeting types and services: made, changed, put away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, Question, Reminder, Service, ServiceQuestion, StaffMember
from bookings.services import managed_types, questions
from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.services import audit


def create(
    *, page: BookingPage, now: datetime, actor: Actor, staff: Iterable[StaffMember] | None = None,
    asked: Mapping[Question, bool] | None = None, **fields: Any,
) -> Service:  # fmt: skip
    """A new service of `page`, by its model fields. `staff`: who gives it; None: everybody on the page.

    `asked`: the questions it asks, and whether an answer is needed. Raises InvalidInput by field.
    """
    service = Service(tenant=page.tenant, page=page, **fields)
    _validate(service)
    with transaction.atomic():
        service.save()
        service.staff.set(page.staff_members.filter(removed_at=None) if staff is None else _checked(page, staff))
        if asked:
            questions.assign(service=service, wanted=asked, now=now, actor=actor)
        audit.record(
            tenant=page.tenant, actor=actor, action="service.created", target=service, now=now, after=_plain(service)
        )
    return service


def change(
    *, service: Service, now: datetime, actor: Actor, staff: Iterable[StaffMember] | None = None,
    asked: Mapping[Question, bool] | None = None, **fields: Any,
) -> Service:  # fmt: skip
    """Changes fields of a service, and what it asks; bookings keep what was agreed. Its managed copies follow.

    Raises InvalidInput by field, ManagedType for a copy, NotForPersonalPages where a copy could not follow.
    """
    stored = Service.objects.get(pk=service.pk)
    managed_types.check(service=stored, changed=[name for name in fields if getattr(stored, name) != fields[name]])
    before = _plain(stored)
    for name, value in fields.items():
        setattr(service, name, value)
    _validate(service)
    with transaction.atomic():
        service.save()
        if staff is not None:
            service.staff.set(_checked(service.page, staff))
        if asked is not None:
            questions.assign(service=service, wanted=asked, now=now, actor=actor)
        managed_types.follow(service=service, now=now, actor=actor)
        after = _plain(service)
        audit.record(
            tenant=service.tenant, actor=actor, action="service.changed", target=service, now=now,
            before={key: value for key, value in before.items() if after[key] != value},
            after={key: value for key, value in after.items() if before[key] != value},
        )  # fmt: skip
    return service


def duplicate(*, service: Service, title: str, now: datetime, actor: Actor) -> Service:
    """A second service like this one with its staff, questions and reminders, without links; hidden until shown."""
    names = [field.name for field in Service._meta.concrete_fields if field.editable and not field.primary_key]
    fields = {name: getattr(service, name) for name in names if name not in ("page", "tenant", "title", "is_public")}
    with transaction.atomic():
        copy = create(
            page=service.page, now=now, actor=actor, staff=service.staff.filter(removed_at=None), title=title[:120],
            is_public=False, **fields,
        )  # fmt: skip
        ServiceQuestion.objects.bulk_create(
            ServiceQuestion(tenant=copy.tenant, service=copy, question=row.question, is_required=row.is_required)
            for row in service.asked.filter(question__archived_at=None).select_related("question")
        )
        Reminder.objects.bulk_create(
            Reminder(
                tenant=copy.tenant, service=copy, when=row.when, distance=row.distance, reader=row.reader, text=row.text
            )
            for row in service.reminders.all()
        )
    return copy


def archive(*, service: Service, now: datetime, actor: Actor) -> None:
    """Deletes a service for everybody, with its managed copies; bookings of it stay (S1.28). Raises ManagedType."""
    managed_types.check(service=service, changed=["archived_at"])
    before = _plain(service)
    service.archived_at = now
    with transaction.atomic():
        managed_types.withdraw_all(service=service, now=now, actor=actor)
        service.save(update_fields=["archived_at", "updated_at"])
        audit.record(
            tenant=service.tenant, actor=actor, action="service.deleted", target=service, now=now, before=before
        )


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
