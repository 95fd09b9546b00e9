"""What waits for a member's answer, in the staff area: the same questions as by mail, and the same page."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import Approval
from bookings.services import approvals
from bookings.views import answering
from bookings.views.staff.desk import show, staff_page
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import DomainError


@staff_page(*STAFF, methods=["GET", "HEAD"])
def index(request: MemberRequest) -> HttpResponse:
    """Everything that this member can answer, the first to come first; the own questions before those of others."""
    questions = waiting_for(request)
    own = [question for question in questions if staff_access.is_asked(request, question)]
    others = [question for question in questions if question not in own]
    return show(request, "staff/approvals.html", {"own": own, "others": others}, section="approvals")


@staff_page(*STAFF)
def detail(request: MemberRequest, approval_id: uuid.UUID) -> HttpResponse:
    """One question: GET shows it or what was decided, POST answers it once."""
    approval = staff_access.approval(request, approval_id)
    if request.method == "POST":
        return _answered(request, approval)
    return _page(request, approval, answering.form_of(approval, None, timezone.now()))


def waiting_for(request: MemberRequest) -> list[Approval]:
    """The questions that still stand; each booking once, the member's own question before another's."""
    now = timezone.now()
    found: dict[Any, Approval] = {}
    for question in staff_access.approvals(request).filter(state=Approval.State.WAITING):
        key = question.booking_id or question.pk
        if answering.is_open(question, now) and (key not in found or staff_access.is_asked(request, question)):
            found[key] = question
    return sorted(found.values(), key=lambda asked: asked.booking.starts_at if asked.booking else asked.asked_at)


def _answered(request: MemberRequest, approval: Approval) -> HttpResponse:
    now = timezone.now()
    form = answering.form_of(approval, request.POST, now)
    if not form.is_valid():
        return _page(request, approval, form, status=422)
    try:
        answering.give(approval, form, now=now, actor=actor_of(request), by=request.user.get_full_name())
    except approvals.AlreadyDecided:
        return redirect("staff:approval", approval.pk)
    except DomainError as refused:
        fresh = staff_access.approval(request, approval.pk)
        return _page(request, fresh, form, problem=str(refused.detail), status=409)
    messages.success(request, _("Your answer is kept, and everybody concerned is told."))
    return redirect("staff:approvals")


def _page(
    request: MemberRequest, approval: Approval, form: answering.AnswerForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = answering.facts(request, approval, form, timezone.now()) | {
        "action": reverse("staff:approval", args=[approval.pk]), "problem": problem,
    }  # fmt: skip
    return show(request, "staff/approval.html", context, section="approvals", status=status)
