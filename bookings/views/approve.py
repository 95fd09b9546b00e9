"""The page behind the buttons of a mail that asks somebody to agree: GET shows, POST decides, without signing in."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bookings import access
from bookings.models import Approval
from bookings.services import approvals
from bookings.views import answering
from bookings.views.visitor import count_try, inside, secret, show
from tenants.acting import Actor
from tenants.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@secret
def decide(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what is asked, or what was decided; POST answers, once. A second answer shows the first."""
    now = timezone.now()
    approval = access.approval(token)
    with inside(approval.tenant):
        if request.method == "POST":
            count_try(request)
            return _answered(request, approval, token, now)
        return _page(request, approval, token, now, status=410 if approval.state == Approval.State.EXPIRED else 200)


@require_POST
@secret
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The page tells that a person's browser shows it."""
    approval = access.approval(token)
    with inside(approval.tenant):
        approvals.opened(approval=approval, now=timezone.now())
    return HttpResponse(status=204)


def _answered(request: HttpRequest, approval: Approval, token: str, now: datetime) -> HttpResponse:
    form = answering.form_of(approval, request.POST, now)
    if not form.is_valid():
        return _page(request, approval, token, now, form=form, status=422)
    person = Actor(kind="person", label=approval.asked_email, source="mail")
    try:
        answering.give(approval, form, now=now, actor=person, by=approval.asked_name)
    except approvals.AlreadyDecided:
        pass  # the page says who decided, and when
    except DomainError as refused:
        return _page(request, access.approval(token), token, now, form=form, problem=refused, status=409)
    return HttpResponseRedirect(f"/approve/{token}", status=303)


def _page(
    request: HttpRequest, approval: Approval, token: str, now: datetime, *,
    form: answering.AnswerForm | None = None, problem: DomainError | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    form = form or answering.form_of(approval, None, now)
    context = answering.facts(request, approval, form, now) | {
        "action": f"/approve/{token}",
        "problem": problem.detail if problem else "",
        "opened_url": f"/approve/{token}/opened",
    }
    return show(request, approval.staff_member.page, "bookings/approve.html", context, status=status)
