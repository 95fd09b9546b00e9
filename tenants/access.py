"""The doors of pages for members: who may come in, or 404. What is missing and what belongs to others look alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from tenants import acting
from tenants.acting import Actor
from tenants.models import ADMINISTRATORS, Mailbox, Membership, Role, Tenant, User

#: Roles that may look after everybody's pages and bookings.
SCHEDULERS = (*ADMINISTRATORS, Role.SCHEDULER)
#: Roles that have pages and bookings of their own; a viewer only looks.
STAFF = (*SCHEDULERS, Role.TEAM_MEMBER)


class MemberRequest(HttpRequest):
    """A request of a person who is signed in and works in one organisation."""

    user: User
    membership: Membership
    tenant: Tenant


View = Callable[..., HttpResponseBase]


def require_member(*roles: str) -> Callable[[View], View]:
    """Lets members with one of `roles` in (without roles: every member).

    | who                                        | what they get              |
    |--------------------------------------------|----------------------------|
    | nobody signed in                           | the sign-in, then back here |
    | site administrator without an organisation | the admin                  |
    | no organisation, or another role           | 404                        |
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if request.membership is None:
                if request.user.is_superuser:
                    return redirect("admin:index")
                raise Http404
            if roles and request.membership.role not in roles:
                raise Http404
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def actor_of(request: MemberRequest) -> Actor:
    """The person who acts in this request."""
    return acting.person(request.user)


def own_mailbox(request: MemberRequest) -> Mailbox | None:
    """The person's own mailbox in the organisation they work in; None where they have none."""
    mailboxes = Mailbox.objects.filter(user=request.user, kind=Mailbox.Kind.USER)
    return mailboxes.select_related("user", "tenant").order_by("created_at").first()
