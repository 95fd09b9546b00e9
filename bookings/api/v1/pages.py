"""`/api/v1/pages`: the booking pages of an organisation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.models import BookingPage, PageState
from bookings.services import entitled, pages
from tenants.api import paging, schema
from tenants.api.fields import ZoneField
from tenants.api.views import ApiView
from tenants.errors import InvalidInput
from tenants.models import ADMINISTRATORS, Mailbox, Membership, User
from tenants.services.idempotency import Answer


class PageSerializer(serializers.Serializer[BookingPage]):
    """A booking page."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(BookingPage.Kind.choices)
    address = serializers.CharField()
    displayName = serializers.CharField(source="display_name")
    state = serializers.SerializerMethodField()
    url = serializers.URLField()
    anonymousUrl = serializers.URLField(source="anonymous_url")
    timeZone = serializers.CharField(source="time_zone")

    def get_state(self, page: BookingPage) -> str:
        """`notSetUp`, `activating`, `active` or `unpublished`, now; the last also where policy closes it."""
        state = page.state(self.context["now"])
        return PageState.UNPUBLISHED.value if page.pk in self.context["closed"] else state.value


class NewPageSerializer(serializers.Serializer[Any]):
    """A page to make. A business page needs a name, a personal page the mailbox of its person."""

    kind = serializers.ChoiceField(BookingPage.Kind.choices)
    displayName = serializers.CharField(max_length=120, required=False)
    timeZone = ZoneField(required=False)
    mailbox = serializers.CharField(required=False, max_length=254, help_text="The person's mail address.")
    creator = serializers.EmailField(
        required=False, help_text="Who is told of the new calendar: a member; else the longest-serving administrator."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Asks for what the kind of page needs."""
        needed = "mailbox" if attrs["kind"] == BookingPage.Kind.PERSONAL else "displayName"
        if needed not in attrs:
            raise serializers.ValidationError({needed: _("This field is required.")})
        return attrs


class PageList(ApiView):
    """The pages of the organisation."""

    scopes = {"GET": "bookings:read", "POST": "bookings:write"}

    @extend_schema(parameters=schema.PAGING, responses=schema.listed(PageSerializer))
    def get(self, request: Request) -> Response:
        """Every page, the oldest first."""
        rows = BookingPage.objects.select_related("mailbox")
        return paging.answer(request, rows, order=("created_at", "pk"), render=self._all)

    @extend_schema(
        parameters=[schema.IDEMPOTENCY_KEY],
        request=NewPageSerializer,
        responses={201: PageSerializer, 200: OpenApiResponse(PageSerializer, description="It was there already.")},
    )
    def post(self, request: Request) -> Response:
        """Makes a business page with its scheduling mailbox (S0.3), or activates a person's page (S1.32)."""
        asked = NewPageSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return self.once(lambda: self._create(asked.validated_data))

    def _create(self, wanted: dict[str, Any]) -> Answer:
        if wanted["kind"] == BookingPage.Kind.PERSONAL:
            mailbox = _mailbox(wanted["mailbox"])
            is_new = not BookingPage.objects.filter(mailbox=mailbox).exists()
            page = pages.activate_personal(mailbox=mailbox, now=self.now, actor=self.actor)
            return (201 if is_new else 200), self._plain(page)
        details = {"time_zone": wanted["timeZone"].key} if "timeZone" in wanted else {}
        try:
            page = pages.create_business(
                tenant=self.tenant, creator=_creator(wanted.get("creator")), display_name=wanted["displayName"],
                now=self.now, actor=self.actor, **details,
            )  # fmt: skip
        except InvalidInput as wrong:
            errors = {"displayName" if name == "display_name" else name: texts for name, texts in wrong.errors.items()}
            raise InvalidInput(errors) from wrong
        return 201, self._plain(page)

    def _plain(self, page: BookingPage) -> dict[str, Any]:
        return self._all([page])[0]

    def _all(self, found: Iterable[BookingPage]) -> list[dict[str, Any]]:
        context = {"now": self.now, "closed": entitled.closed_among(self.tenant, found := list(found))}
        return [dict(PageSerializer(page, context=context).data) for page in found]


def _mailbox(address: str) -> Mailbox:
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER).alias(lowered=Lower("address"))
    mailbox = people.select_related("user", "tenant").filter(lowered=address.lower()).first()
    if mailbox is None:
        raise InvalidInput({"mailbox": [_("There is no person's mailbox with this address.")]})
    return mailbox


def _creator(email: str | None) -> User:
    members = Membership.objects.select_related("user").order_by("created_at", "pk")
    chosen = members.filter(user__email__iexact=email) if email else members.filter(role__in=ADMINISTRATORS)
    membership = chosen.first()
    if membership is None:
        raise InvalidInput({"creator": [_("Name a member of the organisation.")]})
    return membership.user
