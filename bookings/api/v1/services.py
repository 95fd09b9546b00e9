"""`/api/v1/pages/<address>/services`: meeting types and services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import access
from bookings.api.v1.shapes import SERVICE_NAMES, ServiceSerializer, members
from bookings.models import BookingPage, Service
from bookings.services import services
from tenants.api import paging, schema
from tenants.api.views import ApiView
from tenants.errors import InvalidInput
from tenants.services.idempotency import Answer


class ServiceList(ApiView):
    """The services of one page."""

    scopes = {"GET": "bookings:read", "POST": "bookings:write"}

    @extend_schema(operation_id="services_list", parameters=schema.PAGING, responses=schema.listed(ServiceSerializer))
    def get(self, request: Request, address: str) -> Response:
        """Every service that was not deleted, public or private, in the order of the page."""
        page = access.page_of(self.tenant, address)
        rows = Service.objects.filter(page=page, archived_at=None).prefetch_related("staff", "asked__question")
        return paging.answer(
            request, rows, order=("position", "pk"), render=lambda found: [_plain(page, service) for service in found]
        )

    @extend_schema(
        operation_id="services_create",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=ServiceSerializer,
        responses={201: ServiceSerializer},
    )
    def post(self, request: Request, address: str) -> Response:
        """A new service; without `staffMemberIds` everybody on the page gives it."""
        page = access.page_of(self.tenant, address)
        fields = _asked(page, request.data)
        return self.once(lambda: self._create(page, fields))

    def _create(self, page: BookingPage, fields: dict[str, Any]) -> Answer:
        with _named():
            service = services.create(page=page, now=self.now, actor=self.actor, **fields)
        return 201, _plain(page, service)


class ServiceDetail(ApiView):
    """One service."""

    scopes = {"GET": "bookings:read", "PATCH": "bookings:write", "DELETE": "bookings:write"}

    @extend_schema(operation_id="services_read", responses=ServiceSerializer)
    def get(self, request: Request, address: str, service_id: UUID) -> Response:
        """The service."""
        page = access.page_of(self.tenant, address)
        return Response(_plain(page, access.service(page, service_id)))

    @extend_schema(operation_id="services_change", request=ServiceSerializer, responses=ServiceSerializer)
    def patch(self, request: Request, address: str, service_id: UUID) -> Response:
        """Changes what is given; bookings keep what was agreed."""
        page = access.page_of(self.tenant, address)
        service = access.service(page, service_id)
        fields = _asked(page, request.data, partial=True)
        with _named():
            service = services.change(service=service, now=self.now, actor=self.actor, **fields)
        return Response(_plain(page, service))

    @extend_schema(operation_id="services_delete", responses={204: None})
    def delete(self, request: Request, address: str, service_id: UUID) -> Response:
        """Deletes it for everybody; bookings of it stay."""
        page = access.page_of(self.tenant, address)
        services.archive(service=access.service(page, service_id), now=self.now, actor=self.actor)
        return Response(status=204)


def _asked(page: BookingPage, data: Any, *, partial: bool = False) -> dict[str, Any]:
    asked = ServiceSerializer(data=data, partial=partial, context={"page": page})
    asked.is_valid(raise_exception=True)
    fields: dict[str, Any] = dict(asked.validated_data)
    return fields | ({"staff": members(page, fields["staff"])} if "staff" in fields else {})


def _plain(page: BookingPage, service: Service) -> dict[str, Any]:
    return dict(ServiceSerializer(service, context={"page": page}).data)


@contextmanager
def _named() -> Iterator[None]:
    """Names the fields of a refusal as the caller knows them."""
    try:
        yield
    except InvalidInput as wrong:
        raise InvalidInput({SERVICE_NAMES.get(name, name): texts for name, texts in wrong.errors.items()}) from wrong
