"""Services as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.models import OWNER_STAFF_ID, BookingPage, Service, StaffMember
from tenants.api.fields import DurationField, InstantField
from tenants.errors import InvalidInput


def public_ids(page: BookingPage, members: Iterable[StaffMember]) -> list[str]:
    """The ids programs use for `members` of `page`: a personal page's owner has the constant one (S1.18)."""
    return [str(OWNER_STAFF_ID) if page.is_personal else str(member.pk) for member in members]


def members(page: BookingPage, ids: Iterable[UUID], *, field: str = "staffMemberIds") -> list[StaffMember]:
    """The people of `page` with these public ids. Raises InvalidInput for one who is not there."""
    present = page.staff_members.filter(removed_at=None).select_related("mailbox")
    known = {OWNER_STAFF_ID if page.is_personal else member.pk: member for member in present}
    wanted = list(dict.fromkeys(ids))
    if any(pk not in known for pk in wanted):
        raise InvalidInput({field: [str(_("Choose staff members of this page."))]})
    return [known[pk] for pk in wanted]


def web_url(page: BookingPage, service: Service) -> str:
    """Where visitors book `service`: its own address on a personal page, else the page."""
    return f"{page.url}/meetingtype/{service.pk}" if page.is_personal else page.url


class _Staff(serializers.ListField):
    """Who gives the service, by public id."""

    child = serializers.UUIDField()

    def get_attribute(self, instance: Service) -> Any:
        present = [member for member in instance.staff.all() if member.removed_at is None]
        return public_ids(self.context["page"], present)


@extend_schema_field({"type": "object", "properties": {"displayName": {"type": "string"}}, "required": ["displayName"]})
class _Location(serializers.Field[str, Any, Any, Any]):
    """Microsoft's location, by its name."""

    default_error_messages = {"invalid": _("Use an object with a displayName.")}
    _name = serializers.CharField(max_length=200, allow_blank=True)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, dict) or "displayName" not in data:
            self.fail("invalid")
        return self._name.run_validation(data["displayName"])

    def to_representation(self, value: str) -> dict[str, str]:
        return {"displayName": value}


class _Hidden(serializers.BooleanField):
    """The opposite of `is_public`."""

    def to_internal_value(self, data: Any) -> bool:
        return not super().to_internal_value(data)

    def to_representation(self, value: Any) -> bool:
        return not value


class PolicySerializer(serializers.Serializer[Service]):
    """Microsoft's bookingSchedulingPolicy, as far as it applies."""

    timeSlotInterval = DurationField(source="slot_interval")
    minimumLeadTime = DurationField(source="minimum_lead")
    maximumAdvance = DurationField(source="maximum_advance")
    allowStaffSelection = serializers.BooleanField(source="staff_choice")


class ServiceSerializer(serializers.Serializer[Service]):
    """Microsoft's bookingService, and our additions to it.

    A service is private as soon as one of `isPrivate` and `isHiddenFromCustomers` says so. `requiresApproval` and
    `dailyLimit` are told, not set. Context: `page`.
    """

    id = serializers.UUIDField(read_only=True)
    displayName = serializers.CharField(source="title", max_length=120)
    description = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    defaultDuration = DurationField(source="duration", required=False)
    preBuffer = DurationField(source="buffer_before", required=False)
    postBuffer = DurationField(source="buffer_after", required=False)
    defaultLocation = _Location(source="location", required=False)
    isLocationOnline = serializers.BooleanField(source="is_online", required=False)
    isHiddenFromCustomers = _Hidden(source="is_public", required=False)
    isPrivate = _Hidden(source="is_public", required=False)
    staffMemberIds = _Staff(source="staff", required=False, max_length=500)
    slotInterval = DurationField(source="slot_interval", required=False)
    minimumLeadTime = DurationField(source="minimum_lead", required=False)
    maximumAdvance = DurationField(source="maximum_advance", required=False)
    requiresApproval = serializers.SerializerMethodField()
    dailyLimit = serializers.SerializerMethodField()
    priceText = serializers.CharField(source="price_text", required=False, allow_blank=True, max_length=60)
    defaultPrice = serializers.SerializerMethodField()
    defaultPriceType = serializers.SerializerMethodField()
    maximumAttendeesCount = serializers.SerializerMethodField()
    schedulingPolicy = PolicySerializer(source="*", read_only=True)
    webUrl = serializers.SerializerMethodField()
    createdDateTime = InstantField(source="created_at", read_only=True)
    lastUpdatedDateTime = InstantField(source="updated_at", read_only=True)

    def get_requiresApproval(self, service: Service) -> bool:
        """No service does yet."""
        return False

    def get_dailyLimit(self, service: Service) -> int | None:
        """No service has one yet."""
        return None

    def get_defaultPrice(self, service: Service) -> float:
        """Prices are told as text: nothing is charged."""
        return 0.0

    def get_defaultPriceType(self, service: Service) -> str:
        """As Microsoft says that a price is told elsewhere, or none is."""
        return "priceVaries" if service.price_text else "notSet"

    def get_maximumAttendeesCount(self, service: Service) -> int:
        """Meetings of one customer."""
        return 1

    def get_webUrl(self, service: Service) -> str:
        """Where visitors book it."""
        return web_url(self.context["page"], service)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values: dict[str, Any] = super().to_internal_value(data)
        yes = serializers.BooleanField().run_validation
        if any(yes(data[name]) for name in ("isPrivate", "isHiddenFromCustomers") if name in data):
            values["is_public"] = False
        return values


#: What JSON calls a field of the model, to name it in a refusal.
SERVICE_NAMES = {
    "title": "displayName", "duration": "defaultDuration", "buffer_before": "preBuffer", "buffer_after": "postBuffer",
    "location": "defaultLocation", "is_online": "isLocationOnline", "is_public": "isPrivate",
    "slot_interval": "slotInterval", "minimum_lead": "minimumLeadTime", "maximum_advance": "maximumAdvance",
    "price_text": "priceText",
}  # fmt: skip
