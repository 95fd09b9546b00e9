"""getStaffAvailability: a request's window and people, and their days as contiguous items (S1.18-S1.25)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from bookings.api.bookings_service.businesses import ItemNotFound, Refusal
from bookings.availability import calendar
from bookings.availability.timeline import Item, covered, timeline
from bookings.models import OWNER_STAFF_ID, BookingPage, Service, StaffMember
from bookings.services.offers import MOST_DAYS
from tenants.scheduling import windows_zones

_STATUS = {
    "available": "BOOKINGSAVAILABILITYSTATUS_AVAILABLE",
    "busy": "BOOKINGSAVAILABILITYSTATUS_BUSY",
    "slotsAvailable": "BOOKINGSAVAILABILITYSTATUS_SLOTS_AVAILABLE",
    "outOfOffice": "BOOKINGSAVAILABILITYSTATUS_OUT_OF_OFFICE",
}
_MOST_STAFF = 100


class InvalidStaffId(Refusal):
    """Somebody who does not take bookings on this page was asked for."""

    code = "ErrorInvalidStaffId"
    detail = "One of the staffIds does not belong to this booking page."


@dataclass(frozen=True, slots=True)
class Question:
    """A request that was understood: instants in UTC epoch seconds, `zone` the one answers are written in."""

    staff_ids: tuple[uuid.UUID, ...]
    starts_at: int
    ends_at: int
    zone: ZoneInfo
    service_id: uuid.UUID | None


def understand(body: Any) -> Question:
    """Reads a request's JSON. Raises Refusal with the sentence that says what is wrong."""
    if not isinstance(body, dict):
        raise Refusal("The body must be a JSON object.")
    staff_ids = body.get("staffIds")
    if not isinstance(staff_ids, list) or not 0 < len(staff_ids) <= _MOST_STAFF:
        raise Refusal(f"staffIds must be a list of 1 to {_MOST_STAFF} ids.")
    starts_at, zone = _moment(body, "startDateTime")
    ends_at, _zone = _moment(body, "endDateTime")
    if not timedelta(0) < ends_at - starts_at <= timedelta(days=MOST_DAYS):
        raise Refusal(f"endDateTime must be after startDateTime, at most {MOST_DAYS} days.")
    return Question(
        staff_ids=tuple(dict.fromkeys(_identifier(text, InvalidStaffId) for text in staff_ids)),
        starts_at=int(starts_at.timestamp()), ends_at=ceil(ends_at.timestamp()), zone=zone,
        service_id=_identifier(body["serviceId"], ItemNotFound) if body.get("serviceId") else None,
    )  # fmt: skip


def _moment(body: dict[str, Any], name: str) -> tuple[datetime, ZoneInfo]:
    value = body.get(name)
    text, zone_name = (value.get("dateTime"), value.get("timeZone")) if isinstance(value, dict) else (None, None)
    if not isinstance(text, str) or not isinstance(zone_name, str):
        raise Refusal(f"{name} must have a dateTime and a timeZone.")
    try:
        zone = windows_zones.resolve(zone_name)
        moment = datetime.fromisoformat(text)
    except windows_zones.UnknownTimeZone as unknown:
        raise Refusal(f"{name}: the time zone is not known.") from unknown
    except ValueError as wrong:
        raise Refusal(f"{name}: write dateTime as yyyy-MM-ddTHH:mm:ss.") from wrong
    if not 2000 <= moment.year <= 2200:
        raise Refusal(f"{name} is too far from today.")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC), zone


def _identifier(text: Any, refusal: type[Refusal]) -> uuid.UUID:
    try:
        return uuid.UUID(text if isinstance(text, str) else "")
    except ValueError as wrong:
        raise refusal from wrong


def answer(page: BookingPage, question: Question, now: datetime) -> dict[str, Any]:
    """The items of everybody asked for, each beginning at a local midnight. Raises InvalidStaffId, ItemNotFound."""
    members = _members(page, question.staff_ids)
    public = _public(page, question.service_id)
    service = public.get(question.service_id) if question.service_id else None
    first, last = covered(question.starts_at, question.ends_at, question.zone)
    diaries = calendar.diaries(
        page=page, staff=members, starts_at=_utc(first), ends_at=_utc(last), now=now, service=service
    )
    shown = _shown_zone(question.zone)
    people = []
    for staff_id, diary in zip(question.staff_ids, diaries, strict=True):
        items = timeline(
            opened=diary.host.open if public else (), busy=diary.busy, out_of_office=diary.out_of_office,
            free_seats=[(start, start + _length(service)) for start, _left in diary.sessions],
            window_start=question.starts_at, window_end=question.ends_at, zone=question.zone,
        )  # fmt: skip
        people.append(
            {"staffId": str(staff_id), "availabilityItems": [_plain(item, question.zone, shown) for item in items]}
        )
    return {"staffAvailabilityResponse": people}


def _members(page: BookingPage, staff_ids: tuple[uuid.UUID, ...]) -> list[StaffMember]:
    if page.hides_staff:
        raise InvalidStaffId  # nobody here is known by an id, nor when they are free
    present = page.staff_members.filter(removed_at=None, status=StaffMember.Status.ACTIVE).select_related("mailbox")
    known = {OWNER_STAFF_ID if page.is_personal else member.pk: member for member in present}
    if any(staff_id not in known for staff_id in staff_ids):
        raise InvalidStaffId
    return [known[staff_id] for staff_id in staff_ids]


def _public(page: BookingPage, service_id: uuid.UUID | None) -> dict[uuid.UUID, Service]:
    """What there is to book in public; a service that is asked for must be public and of this page (S1.20)."""
    public = {service.pk: service for service in Service.objects.filter(page=page, archived_at=None, is_public=True)}
    if service_id is not None and service_id not in public:
        raise ItemNotFound("The service was not found on this booking page.")
    return public


def _length(service: Service | None) -> int:
    return int(service.duration.total_seconds()) if service else 0


def _plain(item: Item, zone: ZoneInfo, shown: str) -> dict[str, Any]:
    return {
        "status": _STATUS[item.status],
        "startDateTime": {"dateTime": _wall(item.start, zone), "timeZone": shown},
        "endDateTime": {"dateTime": _wall(item.end, zone), "timeZone": shown},
        "serviceId": "",
    }


def _wall(instant: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(instant, zone).strftime("%Y-%m-%dT%H:%M:%S")


def _utc(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def _shown_zone(zone: ZoneInfo) -> str:
    """The name Windows shows (S1.19), or the zone's own where Windows has none."""
    try:
        return windows_zones.display_name(zone.key)
    except windows_zones.UnknownTimeZone:
        return zone.key
