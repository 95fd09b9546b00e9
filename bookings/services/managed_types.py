"""Managed types: a business page's service on the personal pages of its team, kept equal.

| on the business page       | on the colleague's own page                                                    |
|----------------------------|--------------------------------------------------------------------------------|
| handed out to a colleague  | a private copy with the owner as its staff; only *public* is the colleague's   |
| changed                    | every copy changes in the same transaction: fields, questions, reminders       |
| taken back, or deleted     | the copy is deleted; bookings of it stay                                       |

A colleague has a copy when they take bookings on the business page with a mailbox that has a personal page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from bookings.models import BookingPage, Question, Reminder, Service, ServiceQuestion, StaffMember
from bookings.services import reminders
from tenants.acting import Actor
from tenants.errors import DomainError
from tenants.services import audit

#: What a copy keeps for itself, beside what makes it a row of its own.
OWN_FIELDS = ("is_public", "position", "staff_choice", "page", "tenant")


class ManagedType(DomainError):
    """The type is kept equal to a service of a business page."""

    code = "managedType"
    status = 409
    detail = _("This type is managed by a business page. You decide only whether it is public.")


class NotForPersonalPages(DomainError):
    """The service needs more than one host and one customer, which a personal page does not do (S4.16)."""

    code = "notForPersonalPages"
    status = 409
    detail = _("Personal pages are for meetings of two: one seat, one host, no guests.")


def pages_for(page: BookingPage) -> list[tuple[StaffMember, BookingPage]]:
    """The colleagues of a business page who have a personal page, with it."""
    members = page.staff_members.filter(removed_at=None, mailbox__isnull=False)
    found = BookingPage.objects.filter(kind=BookingPage.Kind.PERSONAL, mailbox__in=members.values("mailbox"))
    by_mailbox = {row.mailbox_id: row for row in found.select_related("tenant", "mailbox")}
    return [(member, by_mailbox[member.mailbox_id]) for member in members if member.mailbox_id in by_mailbox]


def hand_out(*, service: Service, pages: Iterable[BookingPage], now: datetime, actor: Actor) -> None:
    """Copies of `service` on exactly these personal pages of its team; those left out lose theirs.

    Raises NotForPersonalPages, InvalidInput.
    """
    allowed = {found.pk: found for _member, found in pages_for(service.page)}
    wanted = [allowed[page.pk] for page in pages if page.pk in allowed]
    if wanted and not fits(service):
        raise NotForPersonalPages
    with transaction.atomic():
        copies = {copy.page_id: copy for copy in copies_of(service)}
        for page_id, copy in copies.items():
            if page_id not in {page.pk for page in wanted}:
                _withdraw(copy, now, actor)
        for page in wanted:
            if page.pk not in copies:
                _hand_to(service, page, now, actor)


def fits(service: Service) -> bool:
    """Whether a service can be given by one person to one customer on a page of their own."""
    return (
        service.seats == 1
        and service.staffing == Service.Staffing.ONE
        and not service.guests_allowed
        and service.approval != Service.Approval.ASSIGNMENT
    )


def copies_of(service: Service) -> list[Service]:
    """The copies there are, with their pages."""
    rows = Service.objects.filter(managed_by=service, archived_at=None)
    return list(rows.select_related("page__mailbox", "tenant").order_by("page__display_name"))


def check(*, service: Service, changed: Iterable[str]) -> None:
    """Raises ManagedType where `changed` fields of a copy are not its page's own to change."""
    if service.managed_by_id and set(changed) - set(OWN_FIELDS):
        raise ManagedType


def follow(*, service: Service, now: datetime, actor: Actor) -> None:
    """Makes every copy equal again, in the running transaction. Raises NotForPersonalPages where it could not be."""
    copies = copies_of(service)
    if copies and not fits(service):
        raise NotForPersonalPages
    for copy in copies:
        _equal(copy, service)
        copy.save()
        _equal_reminders(copy, service, now)
        audit.record(
            tenant=copy.tenant, actor=actor, action="service.keptEqual", target=copy, now=now,
            after={"managedBy": str(service.pk)},
        )  # fmt: skip


def counterparts(question: Question) -> list[Question]:
    """The same question on the pages of copies, as it is now: what changes here changes there."""
    rows = Question.objects.filter(
        asked_by__service__managed_by__asked__question=question, asked_by__service__archived_at=None,
        label=question.label, kind=question.kind, archived_at=None,
    )  # fmt: skip
    found = rows.exclude(page=question.page_id).select_related("tenant", "page").distinct()
    return [row for row in found if row.options == question.options]


def withdraw_all(*, service: Service, now: datetime, actor: Actor) -> None:
    """Takes every copy back, in the running transaction."""
    for copy in copies_of(service):
        _withdraw(copy, now, actor)


def _hand_to(service: Service, page: BookingPage, now: datetime, actor: Actor) -> None:
    copy = Service(tenant=service.tenant, page=page, managed_by=service, is_public=False, position=service.position)
    copy.save()
    copy.staff.set(page.staff_members.filter(removed_at=None))
    _equal(copy, service)
    copy.save()
    _equal_reminders(copy, service, now)
    audit.record(
        tenant=copy.tenant, actor=actor, action="service.handedOut", target=copy, now=now,
        after={"managedBy": str(service.pk), "page": str(page.pk)},
    )  # fmt: skip


def _withdraw(copy: Service, now: datetime, actor: Actor) -> None:
    copy.archived_at = now
    copy.save(update_fields=["archived_at", "updated_at"])
    audit.record(tenant=copy.tenant, actor=actor, action="service.takenBack", target=copy, now=now)


def _equal(copy: Service, service: Service) -> None:
    for field in Service._meta.concrete_fields:
        if field.editable and not field.primary_key and field.name not in OWN_FIELDS:
            setattr(copy, field.name, getattr(service, field.name))
    _equal_questions(copy, service)


def _equal_questions(copy: Service, service: Service) -> None:
    """The same questions, as questions of the copy's own page."""
    there = {(row.label, row.kind, tuple(row.options)): row for row in copy.page.questions.filter(archived_at=None)}
    wanted: dict[Any, bool] = {}
    for row in service.asked.filter(question__archived_at=None).select_related("question"):
        asked = row.question
        same = there.get((asked.label, asked.kind, tuple(asked.options))) or Question.objects.create(
            tenant=copy.tenant, page=copy.page, label=asked.label, kind=asked.kind, options=asked.options,
            position=asked.position,
        )  # fmt: skip
        wanted[same] = row.is_required
    copy.asked.exclude(question__in=wanted).delete()
    for question, required in wanted.items():
        ServiceQuestion.objects.update_or_create(
            tenant=copy.tenant, service=copy, question=question, defaults={"is_required": required}
        )


def _equal_reminders(copy: Service, service: Service, now: datetime) -> None:
    """The same reminders; those that are equal stay the rows they are, so that nothing is sent twice."""
    wanted = [(row.when, row.distance, row.reader, row.text) for row in service.reminders.all()]
    there = list(copy.reminders.all())
    old = [row for row in there if (row.when, row.distance, row.reader, row.text) not in wanted]
    for row in there:
        if row in old:
            row.delete()
        else:
            wanted.remove((row.when, row.distance, row.reader, row.text))
    for when, distance, reader, text in wanted:
        Reminder.objects.create(
            tenant=copy.tenant, service=copy, when=when, distance=distance, reader=reader, text=text
        )
    if old or wanted:
        reminders.walk(copy, now=now)
