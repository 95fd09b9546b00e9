"""Services as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.models import OWNER_STAFF_ID, BookingPage, Question, Service, ServiceQuestion, StaffMember
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


def _limit(source: str) -> serializers.IntegerField:
    """How many bookings at most; null for no limit."""
    return serializers.IntegerField(source=source, required=False, allow_null=True, min_value=1, max_value=32767)


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


@extend_schema_field({"type": "boolean"})
class _NeedsApproval(serializers.Field[str, Any, bool, Any]):
    """Whether a booking waits for somebody; told to, the host confirms each one."""

    def to_internal_value(self, data: Any) -> str:
        wanted = serializers.BooleanField().run_validation(data)
        return Service.Approval.HOST if wanted else Service.Approval.NONE

    def to_representation(self, value: Any) -> bool:
        return bool(value != Service.Approval.NONE)


class AskedSerializer(serializers.Serializer[ServiceQuestion]):
    """A question that a service asks: Microsoft's bookingQuestionAssignment with the question itself."""

    questionId = serializers.UUIDField(source="question_id")
    isRequired = serializers.BooleanField(source="is_required")
    displayName = serializers.CharField(source="question.label")
    answerInputType = serializers.SerializerMethodField()
    answerOptions = serializers.ListField(child=serializers.CharField(), source="question.options")

    def get_answerInputType(self, asked: ServiceQuestion) -> str:
        """`text`, `radioButton`, or our own `checkBoxes` for any of several."""
        return {Question.Kind.CHOICE: "radioButton", Question.Kind.SEVERAL: "checkBoxes"}.get(
            Question.Kind(asked.question.kind), "text"
        )


class PolicySerializer(serializers.Serializer[Service]):
    """Microsoft's bookingSchedulingPolicy, as far as it applies."""

    timeSlotInterval = DurationField(source="slot_interval")
    minimumLeadTime = DurationField(source="minimum_lead")
    maximumAdvance = DurationField(source="maximum_advance")
    allowStaffSelection = serializers.BooleanField(source="staff_choice")


class ServiceSerializer(serializers.Serializer[Service]):
    """Microsoft's bookingService, and our additions to it.

    A service is private as soon as one of `isPrivate` and `isHiddenFromCustomers` says so. `approval` says more than
    `requiresApproval`, and wins where both are given. `customQuestions` are told, not set. Context: `page`.
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
    requiresApproval = _NeedsApproval(source="approval", required=False)
    approval = serializers.ChoiceField(Service.Approval.choices, required=False)
    requestHoldsTime = serializers.BooleanField(source="pending_holds", required=False)
    answerWithin = DurationField(source="answer_within", required=False)
    dailyLimit = _limit("daily_limit")
    weeklyLimit = _limit("weekly_limit")
    monthlyLimit = _limit("monthly_limit")
    customerLimit = _limit("booker_limit")
    staffing = serializers.ChoiceField(Service.Staffing.choices, required=False)
    customersMayReschedule = serializers.BooleanField(source="customers_may_move", required=False)
    customersMayCancel = serializers.BooleanField(source="customers_may_cancel", required=False)
    changeCutoff = DurationField(source="change_cutoff", required=False)
    reasonRequired = serializers.BooleanField(source="reason_required", required=False)
    guestsAllowed = serializers.BooleanField(source="guests_allowed", required=False)
    waitingList = serializers.BooleanField(source="waiting_list", required=False)
    customQuestions = serializers.SerializerMethodField()
    priceText = serializers.CharField(source="price_text", required=False, allow_blank=True, max_length=60)
    defaultPrice = serializers.SerializerMethodField()
    defaultPriceType = serializers.SerializerMethodField()
    maximumAttendeesCount = serializers.IntegerField(source="seats", required=False, min_value=1, max_value=1000)
    schedulingPolicy = PolicySerializer(source="*", read_only=True)
    webUrl = serializers.SerializerMethodField()
    createdDateTime = InstantField(source="created_at", read_only=True)
    lastUpdatedDateTime = InstantField(source="updated_at", read_only=True)

    def get_customQuestions(self, service: Service) -> AskedSerializer:
        """What it asks, in order."""
        asked = [row for row in service.asked.all() if row.question.archived_at is None]
        asked.sort(key=lambda row: (row.question.position, row.question.created_at))
        return AskedSerializer(asked, many=True).data  # type: ignore[arg-type, return-value]

    def get_defaultPrice(self, service: Service) -> float:
        """Prices are told as text: nothing is charged."""
        return 0.0

    def get_defaultPriceType(self, service: Service) -> str:
        """As Microsoft says that a price is told elsewhere, or none is."""
        return "priceVaries" if service.price_text else "notSet"

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
    "price_text": "priceText", "seats": "maximumAttendeesCount", "daily_limit": "dailyLimit",
    "weekly_limit": "weeklyLimit", "monthly_limit": "monthlyLimit", "booker_limit": "customerLimit",
    "answer_within": "answerWithin", "change_cutoff": "changeCutoff", "guests_allowed": "guestsAllowed",
}  # fmt: skip
