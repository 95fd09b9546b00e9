"""Who calls: a program with a key, or anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_scopes import scopes_disabled
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants import acting
from tenants.links import hash_token
from tenants.models import ApiClient, Tenant

#: The scope of a method that needs no key.
ANYONE = ""


@dataclass(frozen=True, slots=True)
class ApiPrincipal:
    """What `request.user` is for a call with a key: the program, and the organisation it acts for."""

    client: ApiClient

    @property
    def is_authenticated(self) -> bool:
        """Always: there is no principal without a key."""
        return True

    @property
    def tenant(self) -> Tenant:
        """The organisation whose key it is."""
        return self.client.tenant

    def may(self, scope: str) -> bool:
        """Whether the key was given `scope`."""
        return scope in self.client.scopes


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <API key>`. A call without it is anonymous; one with a wrong or revoked key is refused."""

    def authenticate(self, request: Request) -> tuple[ApiPrincipal, str] | None:
        scheme, _blank, key = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        with scopes_disabled():
            clients = ApiClient.objects.select_related("tenant")
            client = clients.filter(key_hash=hash_token(key.strip()), revoked_at=None).first()
        if client is None:
            raise AuthenticationFailed(_("This API key is not known, or was revoked."))
        acting.bind(organisation=str(client.tenant_id), actor=f"client:{client.pk}")
        return ApiPrincipal(client), ""

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="daybook"'


class HasScope(BasePermission):
    """The view names the scope of each method in `scopes`; a method it does not name is refused."""

    def has_permission(self, request: Request, view: Any) -> bool:
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method == "OPTIONS" or not hasattr(view, method.lower()):
            return True  # the answer is 405
        needed = view.scopes.get(method)
        if needed == ANYONE:
            return True
        if needed is None or not isinstance(request.user, ApiPrincipal):
            return False
        if not request.user.may(needed):
            raise PermissionDenied(_("This API key lacks the scope %(scope)s.") % {"scope": needed})
        return True
