"""What a page asks its customers, beyond name and mail address."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from bookings import staff_access
from bookings.models import BookingPage, Question
from bookings.services import questions
from bookings.views.staff.desk import own_action, staff_page, tried
from bookings.views.staff.pages import show_page
from bookings.views.staff.service_form import QuestionForm
from tenants.access import STAFF, MemberRequest, actor_of
from tenants.errors import NotFound


@staff_page(*STAFF)
def index(request: MemberRequest, page_id: uuid.UUID) -> HttpResponse:
    """The questions of a page, and a form for one more."""
    page = staff_access.page(request, page_id)
    form = QuestionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"page": page, "now": timezone.now(), "actor": actor_of(request)}
        if tried(form, lambda: questions.create(**act, **form.cleaned_data)):
            messages.success(request, _("Saved. Each service says for itself whether it asks this."))
            return redirect("staff:questions", page.pk)
    rows = Question.objects.filter(page=page, archived_at=None).annotate(services=Count("asked_by"))
    context = {"form": form, "questions": rows.order_by("position", "created_at"), "tab": "questions"}
    return show_page(request, page, "staff/questions.html", context)


@staff_page(*STAFF)
def edit(request: MemberRequest, page_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
    """One question; bookings keep it as it was asked."""
    page, question = found(request, page_id, question_id)
    form = QuestionForm(request.POST or None, instance=question)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"question": question, "now": timezone.now(), "actor": actor_of(request)}
        if tried(form, lambda: questions.change(**act, **form.cleaned_data)):
            messages.success(request, _("Saved."))
            return redirect("staff:questions", page.pk)
    return show_page(request, page, "staff/question.html", {"form": form, "question": question, "tab": "questions"})


@own_action
def move(request: MemberRequest, page_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
    """One place up or down."""
    page, question = found(request, page_id, question_id)
    earlier = request.POST.get("to") == "up"
    questions.move(question=question, earlier=earlier, now=timezone.now(), actor=actor_of(request))
    return redirect("staff:questions", page.pk)


@own_action
def remove(request: MemberRequest, page_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
    """Asked no longer; answers stay with their bookings."""
    page, question = found(request, page_id, question_id)
    questions.archive(question=question, now=timezone.now(), actor=actor_of(request))
    messages.success(request, _("The question is asked no longer. Answers stay with their bookings."))
    return redirect("staff:questions", page.pk)


def found(request: MemberRequest, page_id: uuid.UUID, question_id: uuid.UUID) -> tuple[BookingPage, Question]:
    """A page this member may change, and one of its questions."""
    page = staff_access.page(request, page_id)
    question = Question.objects.filter(page=page, pk=question_id, archived_at=None)
    row = question.select_related("page__tenant", "tenant").first()
    if row is None:
        raise NotFound
    return page, row
