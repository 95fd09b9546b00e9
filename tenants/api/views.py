"""The base of every endpoint of our own API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import scope
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import acting
from tenants.api.authentication import ApiPrincipal
from tenants.errors import InvalidInput
from tenants.models import Tenant
from tenants.services import idempotency


class ApiView(APIView):
    """An endpoint that names the scope of each method, and runs in one organisation's scope.

    A call with a key runs in the organisation of the key. An endpoint for anybody calls `enter` with the
    organisation of the page it found. Handlers return evaluated data only: rendering happens outside the scope.
    """

    #: The scope each method needs, or ANYONE.
    scopes: ClassVar[Mapping[str, str]] = {}
    #: The instant of this request.
    now: datetime
    #: The zone the caller thinks in; instants in refusals are written in it.
    zone: tzinfo = UTC
    tenant: Tenant

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._entered:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.now = timezone.now()
        super().initial(request, *args, **kwargs)
        if wrong := [name for name, value in request.query_params.items() if "\x00" in value]:
            raise InvalidInput({name: [str(_("This contains a character that cannot be stored."))] for name in wrong})
        if self.principal is not None:
            self.enter(self.principal.tenant)

    def enter(self, tenant: Tenant) -> None:
        """Runs the rest of the request in the scope of `tenant`."""
        self.tenant = tenant
        acting.bind(organisation=str(tenant.pk))
        self._entered.enter_context(scope(tenant=tenant))

    @property
    def principal(self) -> ApiPrincipal | None:
        """The program that calls; None for anybody."""
        return self.request.user if isinstance(self.request.user, ApiPrincipal) else None

    @property
    def actor(self) -> acting.Actor:
        """The program that calls, for services and the audit trail. Only where a key is needed."""
        if self.principal is None:
            raise NotAuthenticated
        return acting.api_client(self.principal.client)

    def once(self, act: Callable[[], idempotency.Answer], *, caller: str = "") -> Response:
        """Runs `act`, or gives the answer it gave before where the Idempotency-Key is known.

        `caller` says whose keys they are for a call without an API key.
        """
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            status, body = act()
        else:
            mark = idempotency.fingerprint(self.request.method, self.request.path, self.request.data)
            caller = str(self.principal.client.pk) if self.principal else caller
            status, body = idempotency.once(tenant=self.tenant, caller=caller, key=key, fingerprint=mark, act=act)
        return Response(body, status=status)
