"""What every page for an organisation's administrators has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from bookings.views.staff import desk
from tenants.access import MemberRequest
from tenants.models import ADMINISTRATORS

View = Callable[..., HttpResponseBase]

#: The pages by what they are for: key of the page, its name, its address.
NAVIGATION: list[tuple[Any, list[tuple[str, Any, str]]]] = [
    (
        _("State"),
        [
            ("overview", _("Overview"), "organisation:front"),
            ("health", _("Health"), "organisation:health"),
            ("usage", _("Usage"), "organisation:usage"),
        ],
    ),
    (
        _("Microsoft 365"),
        [
            ("connection", _("Connection"), "organisation:connection"),
            ("permissions", _("Permissions"), "organisation:permissions"),
            ("policy", _("Access policy"), "organisation:policy"),
        ],
    ),
    (
        _("People"),
        [
            ("people", _("People"), "organisation:people"),
            ("members", _("Roles"), "organisation:members"),
            ("mailboxes", _("Mailboxes"), "organisation:mailboxes"),
        ],
    ),
    (
        _("Rules"),
        [
            ("settings", _("Settings"), "organisation:settings"),
            ("mails", _("Mails"), "organisation:mails"),
            ("blocked", _("Blocked senders"), "organisation:blocked"),
            ("webhooks", _("Webhooks"), "organisation:webhooks"),
        ],
    ),
    (
        _("Records"),
        [
            ("audit", _("Audit log"), "organisation:audit"),
            ("trash", _("Trash"), "organisation:trash"),
            ("privacy", _("Personal data"), "organisation:privacy"),
            ("administration", _("Administration"), "admin:index"),
        ],
    ),
]

#: Pages that say themselves how the connection does.
SAYS_IT = ("overview", "health", "connection")


def organisation_page(view: View) -> View:
    """A page for owners and administrators; everybody else finds nothing there."""
    return desk.staff_page(*ADMINISTRATORS)(view)


def organisation_action(view: View) -> View:
    """A button of theirs: POST only."""
    return desk.staff_page(*ADMINISTRATORS, methods=desk.ACTION)(view)


def navigation() -> list[tuple[Any, list[tuple[str, Any, str]]]]:
    """Every page of the organisation, grouped, with its address."""
    return [
        (title, [(key, label, reverse(name)) for key, label, name in pages if _exists(name)])
        for title, pages in NAVIGATION
    ]


def _exists(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


def show(request: MemberRequest, template: str, context: dict[str, Any], *, tab: str) -> HttpResponse:
    """Renders a page with the organisation's tabs; `tab` is the one that is open."""
    frame: dict[str, Any] = {"tenant": request.tenant, "tab": tab, "organisation_nav": navigation()}
    if tab in SAYS_IT:
        frame["banner"] = None
    return desk.show(request, template, frame | context, section="organisation")
