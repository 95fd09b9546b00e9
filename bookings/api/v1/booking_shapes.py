"""Bookings as JSON: what is sent to make one, and what comes back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.api.v1.shapes import public_ids
from bookings.models import Booking
from bookings.services.booking import Details
from tenants.api.fields import InstantField, ZoneField


class CustomerSerializer(serializers.Serializer[Any]):
    """Who books."""

    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(max_length=254)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    notes = serializers.CharField(max_length=4000, required=False, allow_blank=True)


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
class _Answer(serializers.Field[Any, Any, Any, Any]):
    """A text, or several of what there was to choose from."""

    _text = serializers.CharField(max_length=4000, allow_blank=True)
    _several = serializers.ListField(child=serializers.CharField(max_length=200), max_length=50)

    def to_internal_value(self, data: Any) -> Any:
        return (self._several if isinstance(data, list) else self._text).run_validation(data)

    def to_representation(self, value: Any) -> Any:
        return value


class AnswerSerializer(serializers.Serializer[Any]):
    """The answer to one of the service's questions."""

    questionId = serializers.UUIDField()
    answer = _Answer()


class NewBookingSerializer(serializers.Serializer[Any]):
    """A booking to make. `start` has an offset, or is local time in `timeZone`."""

    serviceId = serializers.UUIDField()
    start = serializers.CharField(max_length=40)
    timeZone = ZoneField(required=False)
    staffId = serializers.UUIDField(required=False, allow_null=True)
    spaceId = serializers.UUIDField(required=False, allow_null=True)
    link = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=200)
    customer = CustomerSerializer()
    answers = AnswerSerializer(many=True, required=False)
    guests = serializers.ListField(child=serializers.CharField(max_length=254), required=False, max_length=50)
    consented = serializers.BooleanField(required=False, default=False)
    campaign = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")

    def validate_spaceId(self, value: UUID | None) -> None:
        """Services have no spaces to choose from."""
        if value is not None:
            raise serializers.ValidationError(_("This service has no spaces to choose from."))

    @property
    def details(self) -> Details:
        """What was given beside name and address."""
        given = self.validated_data
        return Details(
            answers={str(row["questionId"]): row["answer"] for row in given.get("answers", [])},
            guests=given.get("guests", []), consented=given["consented"], campaign=given["campaign"],
        )  # fmt: skip


class BookedSerializer(serializers.Serializer[Booking]):
    """A booking as its maker gets it. Context: `zone`, and `hides_staff` where the maker is not to know of them."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(Booking.Status.choices)
    start = InstantField(source="starts_at")
    end = InstantField(source="ends_at")
    staffMemberIds = serializers.SerializerMethodField()
    manageUrl = serializers.URLField(source="manage_url")
    joinUrl = serializers.SerializerMethodField()

    def get_staffMemberIds(self, booking: Booking) -> list[UUID]:
        """Who holds the meeting, the leading one first; none where the organisation hides its staff from customers."""
        if self.context.get("hides_staff"):
            return []
        return public_ids(booking.page, booking.hosts)  # type: ignore[return-value]

    def get_joinUrl(self, booking: Booking) -> str | None:
        """The Teams link, once Outlook has given it."""
        return booking.join_url or None


class BookingSerializer(BookedSerializer):
    """A booking as the organisation's programs get it. The customer's own address of it is not theirs to use."""

    manageUrl = None  # type: ignore[assignment]
    pageAddress = serializers.CharField(source="page.address")
    serviceId = serializers.UUIDField(source="service_id")
    serviceName = serializers.CharField(source="title")
    timeZone = serializers.CharField(source="customer_time_zone")
    customer = serializers.SerializerMethodField()
    answers = serializers.SerializerMethodField()
    guests = serializers.ListField(child=serializers.EmailField())
    campaign = serializers.CharField()
    createdAt = InstantField(source="created_at")

    def get_answers(self, booking: Booking) -> list[dict[str, str]]:
        """What was asked, and answered."""
        return [
            {"questionId": row["question"], "question": row["label"], "answer": row["answer"]}
            for row in booking.answers
        ]

    def get_customer(self, booking: Booking) -> CustomerSerializer:
        """Who booked."""
        return {  # type: ignore[return-value]
            "name": booking.customer_name, "email": booking.customer_email, "phone": booking.customer_phone,
            "notes": booking.customer_notes,
        }  # fmt: skip
