"""What travels in JSON: durations, time zones, instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from tenants.errors import InvalidInput
from tenants.scheduling import durations, windows_zones

#: Further away nobody books, and no zone's arithmetic overflows.
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@extend_schema_field(OpenApiTypes.DURATION)
class DurationField(serializers.Field[timedelta, str, str, Any]):
    """ISO 8601; the forms that Microsoft's clients write are understood too."""

    default_error_messages = {"invalid": _("Use an ISO 8601 duration such as PT30M.")}

    def to_internal_value(self, data: Any) -> timedelta:
        try:
            return durations.parse(data if isinstance(data, str) else "")
        except durations.InvalidDuration:
            self.fail("invalid")

    def to_representation(self, value: timedelta) -> str:
        return durations.iso(value)


@extend_schema_field(OpenApiTypes.STR)
class ZoneField(serializers.Field[ZoneInfo, str, str, Any]):
    """An IANA time zone; Windows names are understood too."""

    default_error_messages = {"invalid": _("This time zone is not known. Use an IANA name such as Europe/Zurich.")}

    def to_internal_value(self, data: Any) -> ZoneInfo:
        try:
            return windows_zones.resolve(data if isinstance(data, str) else "")
        except windows_zones.UnknownTimeZone:
            self.fail("invalid")

    def to_representation(self, value: Any) -> str:
        return str(value)


def instant(text: str, zone: tzinfo | None = None) -> datetime:
    """ISO 8601 text as UTC; without an offset it is local time in `zone`. Raises ValueError with the sentence.

    A local time that the clocks skip is no time. Of one that comes twice, the first is meant.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise ValueError(_("Use ISO 8601, such as 2026-11-23T09:00:00+01:00.")) from wrong
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(_("This is too far from today."))
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if zone is None:
        raise ValueError(_("Add an offset, such as +01:00 or Z."))
    utc = moment.replace(tzinfo=zone).astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != moment:
        raise ValueError(_("The clocks skip this time on that day."))
    return utc


def asked_instant(request: Request, name: str) -> datetime | None:
    """The instant in the query's `name` as UTC; None without one. Raises InvalidInput."""
    text = request.query_params.get(name)
    try:  # a plus that was not percent-encoded arrives as a blank
        return None if text is None else instant(text.replace(" ", "+"))
    except ValueError as wrong:
        raise InvalidInput({name: [str(wrong)]}) from wrong


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, str, str, Any]):
    """An instant with offset. Written in the zone in the serializer's context, else in UTC."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            return instant(data if isinstance(data, str) else "")
        except ValueError as wrong:
            raise serializers.ValidationError(str(wrong)) from wrong

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(self.context.get("zone", UTC)).isoformat()
