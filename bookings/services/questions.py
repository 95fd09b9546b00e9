"""What a page asks its customers: questions made, changed, put in order, put away, and asked by services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from bookings.models import BookingPage, Question, Service, ServiceQuestion
from bookings.services import managed_types
from tenants.acting import Actor
from tenants.errors import NotFound
from tenants.services import audit, changes


def create(*, page: BookingPage, now: datetime, actor: Actor, **fields: Any) -> Question:
    """A new question of `page`, behind the others; no service asks it yet. Raises InvalidInput by field."""
    last = _asked(page).aggregate(last=Max("position"))["last"]
    question = Question(tenant=page.tenant, page=page, position=0 if last is None else last + 1, **fields)
    changes.validate(question)
    with transaction.atomic():
        question.save()
        audit.record(
            tenant=page.tenant, actor=actor, action="question.created", target=question, now=now,
            after=changes.plain(question),
        )  # fmt: skip
    return question


def change(*, question: Question, now: datetime, actor: Actor, **fields: Any) -> Question:
    """Changes a question, on the pages of managed copies too; bookings keep it as it was asked.

    Raises InvalidInput by field.
    """
    act: dict[str, Any] = {"fields": fields, "action": "question.changed", "now": now, "actor": actor}
    with transaction.atomic():
        for same in managed_types.counterparts(Question.objects.get(pk=question.pk)):
            changes.apply(row=same, **act)
        return changes.apply(row=question, **act)


def archive(*, question: Question, now: datetime, actor: Actor) -> None:
    """Asked no longer by any service, nor by managed copies of it; answers stay with their bookings."""
    question.archived_at = now
    with transaction.atomic():
        services = [row.service for row in question.asked_by.select_related("service__page", "service__tenant")]
        question.save(update_fields=["archived_at"])
        question.asked_by.all().delete()
        for service in services:
            managed_types.follow(service=service, now=now, actor=actor)
        audit.record(
            tenant=question.tenant, actor=actor, action="question.deleted", target=question, now=now,
            before=changes.plain(question),
        )  # fmt: skip


def move(*, question: Question, earlier: bool, now: datetime, actor: Actor) -> None:
    """One place up or down among the page's questions; at the end of the list nothing changes."""
    with transaction.atomic():
        rows = list(_asked(question.page).select_for_update())
        here = rows.index(question)
        there = here - 1 if earlier else here + 1
        if not 0 <= there < len(rows):
            return
        rows[here], rows[there] = rows[there], rows[here]
        for position, row in enumerate(rows):
            row.position = position
        Question.objects.bulk_update(rows, ["position"])
        audit.record(
            tenant=question.tenant, actor=actor, action="question.moved", target=question, now=now,
            before={"position": here}, after={"position": there},
        )  # fmt: skip


def of_page(page: BookingPage) -> list[Question]:
    """The questions of a page that are in use, in their order."""
    return list(_asked(page))


def asked_by(service: Service) -> dict[Question, bool]:
    """What a service asks, in order, and whether an answer is needed."""
    rows = ServiceQuestion.objects.filter(service=service, question__archived_at=None).select_related("question")
    return {row.question: row.is_required for row in rows.order_by("question__position", "question__created_at")}


def assign(*, service: Service, wanted: Mapping[Question, bool], now: datetime, actor: Actor) -> None:
    """Has `service` ask exactly these questions of its page, `True` where an answer is needed.

    Nothing differs: nothing is written. Raises NotFound for a question of another page or one that was put away.
    """
    if any(question.page_id != service.page_id or question.archived_at for question in wanted):
        raise NotFound
    before = asked_by(service)
    if before == dict(wanted):
        return
    with transaction.atomic():
        ServiceQuestion.objects.filter(service=service).exclude(question__in=wanted).delete()
        for question, required in wanted.items():
            ServiceQuestion.objects.update_or_create(
                tenant=service.tenant, service=service, question=question, defaults={"is_required": required}
            )
        audit.record(
            tenant=service.tenant, actor=actor, action="service.questionsChanged", target=service, now=now,
            before=_plain(before), after=_plain(wanted),
        )  # fmt: skip


def _asked(page: BookingPage) -> Any:
    return Question.objects.filter(page=page, archived_at=None)


def _plain(asked: Mapping[Question, bool]) -> dict[str, str]:
    return {question.label[:80]: "required" if required else "asked" for question, required in asked.items()}
