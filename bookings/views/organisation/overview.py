"""The organisation's first page: what is broken and how to mend it, what waits, and how things stand."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from bookings.services import overview
from bookings.views.organisation.desk import organisation_page, show
from tenants.access import MemberRequest
from tenants.services import health


@organisation_page
def front(request: MemberRequest) -> HttpResponse:
    """Everything an administrator should know, at a glance."""
    now = timezone.now()
    found, figures = health.of(request.tenant, now), overview.figures(now)
    steps = overview.steps(found.connection, figures)
    context = {
        "now": now,
        "health": found,
        "figures": figures,
        "waiting": [(one, leading(one.page, one.query)) for one in overview.waiting(figures)],
        "steps": [(step, leading(step.page)) for step in steps],
        "next_step": next((step for step in steps if not step.is_done), None),
        "done": sum(step.is_done for step in steps),
    }
    return show(request, "organisation/overview.html", context, tab="overview")


def leading(name: str, query: str = "") -> str:
    """The address of a page; "" where this site does not have it."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return ""
    return f"{address}?{query}" if query else address
