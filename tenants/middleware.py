"""Enters the organisation of the person who is signed in, and keeps what they read out of every cache."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.http import HttpRequest, HttpResponse
from django_scopes import scope, scopes_disabled

from tenants import acting
from tenants.models import Membership

#: The session key of the organisation a member of several works in.
ACTIVE_TENANT = "active_tenant"


class TenancyMiddleware:
    """Sets `request.membership` and `request.tenant`, and runs the view in that organisation's scope.

    | who                                   | scope                         |
    |---------------------------------------|-------------------------------|
    | member                                | the organisation worked in    |
    | site administrator inside `/admin/`   | none: sees every organisation |
    | anybody else                          | none entered: queries raise   |

    Pages for visitors enter the scope of the page they show by themselves (`tenants.access`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.membership = request.tenant = None
        with self._scope(request):
            response = self.get_response(request)
        if request.COOKIES.get("sessionid"):  # packages' pages do not all say it: recovery codes, addresses
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def _scope(self, request: Any) -> AbstractContextManager[Any]:
        # Visitors carry no session: do not open one, nor ask the database, for them.
        if not request.COOKIES.get("sessionid") or not request.user.is_authenticated:
            return nullcontext()
        if request.user.is_superuser and request.path_info.startswith("/admin/"):
            acting.bind(actor=f"user:{request.user.pk}")
            return scopes_disabled()
        membership = active_membership(request)
        if membership is None:
            return nullcontext()
        request.membership, request.tenant = membership, membership.tenant
        acting.bind(organisation=str(membership.tenant_id), actor=f"user:{request.user.pk}")
        return scope(tenant=membership.tenant)


def active_membership(request: Any) -> Membership | None:
    """The membership the person works under: the one chosen in the session, else the oldest; None without any."""
    with scopes_disabled():
        memberships = list(
            Membership.objects.filter(user=request.user).select_related("tenant").order_by("created_at", "pk")
        )
    chosen = request.session.get(ACTIVE_TENANT)
    return next((m for m in memberships if str(m.tenant_id) == chosen), memberships[0] if memberships else None)
