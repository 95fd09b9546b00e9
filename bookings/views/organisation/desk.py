"""What every page for an organisation's administrators has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse

from bookings.views.staff import desk
from tenants.access import MemberRequest
from tenants.models import ADMINISTRATORS

View = Callable[..., HttpResponse]


def organisation_page(view: View) -> View:
    """A page for owners and administrators; everybody else finds nothing there."""
    return desk.staff_page(*ADMINISTRATORS)(view)


def organisation_action(view: View) -> View:
    """A button of theirs: POST only."""
    return desk.staff_page(*ADMINISTRATORS, methods=desk.ACTION)(view)


def show(request: MemberRequest, template: str, context: dict[str, Any], *, tab: str) -> HttpResponse:
    """Renders a page with the organisation's tabs; `tab` is the one that is open."""
    return desk.show(request, template, {"tenant": request.tenant, "tab": tab} | context, section="organisation")
