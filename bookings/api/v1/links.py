"""`/api/v1/pages/<address>/links`: links to private meeting types."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings import access
from bookings.models import PrivateLink
from bookings.services import private_links
from tenants.api import paging, schema
from tenants.api.fields import InstantField
from tenants.api.views import ApiView
from tenants.errors import NotFound
from tenants.services.idempotency import Answer


class LinkSerializer(serializers.Serializer[PrivateLink]):
    """A link to one private service. Context: `now`, `may_write`."""

    id = serializers.UUIDField()
    serviceId = serializers.UUIDField(source="service_id")
    url = serializers.SerializerMethodField(allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]
    createdAt = InstantField(source="created_at")
    expiresAt = InstantField(source="expires_at", allow_null=True)
    singleUse = serializers.SerializerMethodField()
    maxUses = serializers.IntegerField(source="max_uses", allow_null=True)
    firstOpenedAt = InstantField(source="first_opened_at", allow_null=True)
    uses = serializers.IntegerField()
    usable = serializers.SerializerMethodField()

    def get_url(self, link: PrivateLink) -> str | None:
        """What the customer opens. It books for whoever holds it: a key that only reads does not get it."""
        return link.url if self.context["may_write"] else None

    def get_singleUse(self, link: PrivateLink) -> bool:
        """Whether the first booking uses it up."""
        return link.max_uses == 1

    def get_usable(self, link: PrivateLink) -> bool:
        """Whether it still opens its service."""
        return link.is_usable(self.context["now"])


class NewLinkSerializer(serializers.Serializer[Any]):
    """A link to make; it works for 90 days unless told otherwise."""

    serviceId = serializers.UUIDField()
    expiresAt = InstantField(required=False, allow_null=True)
    singleUse = serializers.BooleanField(required=False, default=False)
    maxUses = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=100_000)
    label = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")  # type: ignore[assignment]


class LinkList(ApiView):
    """The private links of one page."""

    scopes = {"GET": "bookings:read", "POST": "bookings:write"}

    @extend_schema(operation_id="links_list", parameters=schema.PAGING, responses=schema.listed(LinkSerializer))
    def get(self, request: Request, address: str) -> Response:
        """Every link, the newest first, also those that no longer work."""
        page = access.page_of(self.tenant, address)
        rows = PrivateLink.objects.filter(service__page=page)
        return paging.answer(
            request, rows, order=("-created_at", "-pk"), render=lambda found: [self._plain(link) for link in found]
        )

    @extend_schema(
        operation_id="links_create",
        parameters=[schema.IDEMPOTENCY_KEY],
        request=NewLinkSerializer,
        responses={201: LinkSerializer},
    )
    def post(self, request: Request, address: str) -> Response:
        """A new link to one service."""
        page = access.page_of(self.tenant, address)
        asked = NewLinkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        expires_at = wanted.get("expiresAt")
        if expires_at is not None and expires_at <= self.now:
            raise serializers.ValidationError({"expiresAt": _("Choose a time to come.")})
        service = access.service(page, wanted["serviceId"])

        def create() -> Answer:
            link = private_links.create(
                service=service, now=self.now, actor=self.actor, label=wanted["label"], expires_at=expires_at,
                max_uses=1 if wanted["singleUse"] else wanted.get("maxUses"),
            )  # fmt: skip
            return 201, self._plain(link)

        return self.once(create)

    @property
    def may_write(self) -> bool:
        """Whether the caller's key makes links."""
        return self.principal is not None and self.principal.may("bookings:write")

    def _plain(self, link: PrivateLink) -> dict[str, Any]:
        return dict(LinkSerializer(link, context={"now": self.now, "may_write": self.may_write}).data)


class LinkDetail(ApiView):
    """One private link."""

    scopes = {"DELETE": "bookings:write"}

    @extend_schema(operation_id="links_revoke", responses={204: None})
    def delete(self, request: Request, address: str, link_id: UUID) -> Response:
        """Takes it back; bookings made through it stay."""
        page = access.page_of(self.tenant, address)
        link = PrivateLink.objects.filter(service__page=page, pk=link_id).select_related("tenant").first()
        if link is None:
            raise NotFound
        if link.revoked_at is None:
            private_links.revoke(link=link, now=self.now, actor=self.actor)
        return Response(status=204)
