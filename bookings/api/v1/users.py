"""`/api/v1/users`: who may have booking pages, by which licence, capability and rule; and the switches of each."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bookings.services import personal_addresses
from bookings.services.personal_addresses import PersonalAddress, State
from tenants import entitlements, products
from tenants.api import paging, schema
from tenants.api.fields import InstantField
from tenants.api.views import ApiView
from tenants.entitlements import Decision
from tenants.errors import NotFound
from tenants.models import BOOKINGS_CAPABILITY, Mailbox
from tenants.services import policies


class UserSerializer(serializers.Serializer[PersonalAddress]):
    """A person: what they have, and what became of their personal page."""

    id = serializers.UUIDField(source="mailbox.pk")
    userPrincipalName = serializers.SerializerMethodField()
    mail = serializers.EmailField(source="user")
    displayName = serializers.CharField(source="name")
    accountEnabled = serializers.BooleanField(source="mailbox.account_enabled")
    products = serializers.SerializerMethodField(help_text="Names of the products that are assigned.")
    bookingsServicePlan = serializers.BooleanField(
        source="mailbox.has_bookings_plan", allow_null=True, help_text="Null: the directory was never asked."
    )
    bookingsCapability = serializers.BooleanField(source="mailbox.has_bookings")
    state = serializers.ChoiceField(State.choices)
    reason = serializers.CharField(help_text="Why there is no page; empty where there is one or could be.")
    url = serializers.URLField(allow_null=True)
    anonymousUrl = serializers.URLField(source="anonymous_url", allow_null=True)

    def get_userPrincipalName(self, told: PersonalAddress) -> str:
        """What they sign in to Microsoft 365 with."""
        return policies.identity(told.mailbox)

    def get_products(self, told: PersonalAddress) -> list[str]:
        """By name; an id where the product is not known."""
        return products.names(told.mailbox.licences)


class DecisionSerializer(serializers.Serializer[Decision]):
    """Whether somebody may, why, and by which rule."""

    allowed = serializers.BooleanField()
    reason = serializers.CharField()
    rule = serializers.ChoiceField([(rule.value, rule.value) for rule in entitlements.Rule])
    level = serializers.CharField(allow_null=True, help_text="Whose Exchange policy decided.")
    case = serializers.CharField(allow_null=True, help_text="Microsoft's case, where Exchange's policy decided.")
    powershell = serializers.ListField(
        child=serializers.CharField(), help_text="What lets them in at Microsoft's side."
    )


class LicenceSerializer(serializers.Serializer[Any]):
    """What the directory tells of a person's licences."""

    skuIds = serializers.ListField(child=serializers.CharField(), source="licences")
    products = serializers.SerializerMethodField()
    bookingsServicePlan = serializers.BooleanField(source="has_bookings_plan", allow_null=True)
    checkedAt = InstantField(source="licence_checked_at", allow_null=True)
    checkError = serializers.CharField(
        source="licence_error", help_text="Why the last check failed; empty: it did not."
    )

    def get_products(self, mailbox: Mailbox) -> list[str]:
        """By name; an id where the product is not known."""
        return products.names(mailbox.licences)


class CapabilitySerializer(serializers.Serializer[Any]):
    """What Exchange tells of a person's mailbox."""

    name = serializers.SerializerMethodField()
    present = serializers.BooleanField(source="has_bookings")
    persistedCapabilities = serializers.ListField(child=serializers.CharField(), source="capabilities")
    readAt = InstantField(
        source="capabilities_read_at", allow_null=True, help_text="Null: assumed from the service plan."
    )

    def get_name(self, mailbox: Mailbox) -> str:
        """The capability that counts."""
        return BOOKINGS_CAPABILITY


class AccessSerializer(serializers.Serializer[Any]):
    """Everything that decides whether a person may have booking pages."""

    userPrincipalName = serializers.CharField()
    displayName = serializers.CharField()
    licence = LicenceSerializer()
    capability = CapabilitySerializer()
    personalBookings = serializers.BooleanField(allow_null=True, help_text="Null: as the organisation says.")
    sharedBookings = serializers.BooleanField(allow_null=True, help_text="Null: as the organisation says.")
    personal = DecisionSerializer(help_text="Whether they may have a personal page.")
    shared = DecisionSerializer(help_text="Whether they may create and manage shared pages.")


class AccessChangeSerializer(serializers.Serializer[Any]):
    """The switches to set; null: as the organisation says. What is not given stays."""

    personalBookings = serializers.BooleanField(allow_null=True, required=False)
    sharedBookings = serializers.BooleanField(allow_null=True, required=False)


class UserList(ApiView):
    """The people of the organisation."""

    scopes = {"GET": "admin:read"}

    @extend_schema(
        operation_id="users_list",
        parameters=[*schema.PAGING, schema.query("search", str, "Part of a name, address or sign-in name.")],
        responses=schema.listed(UserSerializer),
    )
    def get(self, request: Request) -> Response:
        """Everybody, by name."""
        rows = Mailbox.objects.filter(kind=Mailbox.Kind.USER)
        if text := request.query_params.get("search"):
            names = ("display_name", "address", "principal_name")
            rows = rows.filter(Q.create([(f"{name}__icontains", text) for name in names], connector=Q.OR))
        return paging.answer(request, rows, order=("display_name", "pk"), render=self._plain)

    def _plain(self, found: list[Mailbox]) -> list[dict[str, Any]]:
        told = personal_addresses.of(found, tenant=self.tenant, now=self.now)
        return [dict(UserSerializer(one).data) for one in told]


class UserAccess(ApiView):
    """What one person may."""

    scopes = {"GET": "admin:read", "PATCH": "admin:write"}

    @extend_schema(operation_id="users_access_read", responses=AccessSerializer)
    def get(self, request: Request, upn: str) -> Response:
        """Licence, capability, and the decision with the rule that decided."""
        return Response(_access(_person(upn)))

    @extend_schema(operation_id="users_access_change", request=AccessChangeSerializer, responses=AccessSerializer)
    def patch(self, request: Request, upn: str) -> Response:
        """Switches personal or shared pages on or off for this person; it acts at once."""
        person = _person(upn)
        asked = AccessChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        act: dict[str, Any] = {"tenant": self.tenant, "mailbox": person, "now": self.now, "actor": self.actor}
        wanted = asked.validated_data
        if "personalBookings" in wanted:
            policies.set_switch(kind="personal", on=wanted["personalBookings"], **act)
        if "sharedBookings" in wanted:
            policies.set_switch(kind="shared", on=wanted["sharedBookings"], **act)
        return Response(_access(person))


def _person(upn: str) -> Mailbox:
    """By sign-in name or address, in any letter case. Raises NotFound."""
    if "\x00" in upn:  # no database takes it
        raise NotFound
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER).select_related("tenant")
    people = people.alias(lowered=Lower("address"), principal=Lower("principal_name"))
    found = list(people.filter(Q(principal=upn.lower()) | Q(lowered=upn.lower()))[:2])
    if not found:
        raise NotFound
    return next((one for one in found if one.principal_name.lower() == upn.lower()), found[0])


def _access(person: Mailbox) -> dict[str, Any]:
    switches = policies.of_person(person)
    return dict(
        AccessSerializer(
            {
                "userPrincipalName": policies.identity(person), "displayName": person.display_name,
                "licence": person, "capability": person,
                "personalBookings": switches.personal_bookings, "sharedBookings": switches.shared_bookings,
                "personal": policies.decide(person), "shared": policies.decide(person, kind="shared"),
            }
        ).data
    )  # fmt: skip
