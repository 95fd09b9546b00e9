"""Writing an event, a user or a room as Graph answers it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from . import identifiers, times
from .models import DirectoryUser, Event

TAGS = re.compile(r"<[^>]*>")
NOWHERE = {
    "displayName": "",
    "locationType": "default",
    "uniqueIdType": "unknown",
    "address": {},
    "coordinates": {},
}
ALWAYS = {"id", "@odata.etag", "createdDateTime", "lastModifiedDateTime"}
ROOM_PROPERTIES = [
    "address", "geoCoordinates", "phone", "nickname", "building", "floorNumber", "floorLabel", "label", "capacity",
    "audioDeviceName", "videoDeviceName", "displayDeviceName", "isWheelChairAccessible", "tags",
]  # fmt: skip


@dataclass(frozen=True)
class Preferences:
    """What the header `Prefer` and the address ask of an answer."""

    time_zone: str = "UTC"
    immutable: bool = False
    text_body: bool = False
    page_size: int | None = None
    base_url: str = ""


def event_id(event: Event, preferences: Preferences) -> str:
    """The id in the format that was asked for."""
    key = identifiers.ItemId(event.mailbox_id, event.item, event.occurrence_on)
    return identifiers.encode(key, immutable=preferences.immutable)


def series_master_id(event: Event, preferences: Preferences) -> str | None:
    """The id of the series that an occurrence or exception belongs to."""
    if event.occurrence_on is None:
        return None
    key = identifiers.ItemId(event.mailbox_id, event.item, None)
    return identifiers.encode(key, immutable=preferences.immutable)


def plain_text(content: str) -> str:
    """HTML without its tags."""
    return html.unescape(TAGS.sub("", content.replace("<br>", "\n"))).strip()


def body(event: Event, preferences: Preferences) -> dict[str, str]:
    """The body, as a whole HTML document unless text was asked for."""
    if preferences.text_body:
        return {"contentType": "text", "content": plain_text(event.body)}
    if "<html" in event.body or not event.body:
        return {"contentType": "html", "content": event.body}
    head = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
    return {"contentType": "html", "content": f"<html><head>\n{head}</head><body>{event.body}</body></html>"}


def event_json(event: Event, preferences: Preferences) -> dict[str, Any]:
    """The whole event, as GET of one answers it (Graph: event-get)."""
    answer = {
        "@odata.etag": f'W/"{event.change_key}"',
        "id": event_id(event, preferences),
        "createdDateTime": times.stamp(event.created_at),
        "lastModifiedDateTime": times.stamp(event.modified_at),
        "changeKey": event.change_key,
        "categories": event.categories,
        "iCalUId": identifiers.ical_uid(event.uid, event.occurrence_on),
        "type": event.kind,
        "seriesMasterId": series_master_id(event, preferences),
        "hasAttachments": False,
        "isDraft": False,
        "webLink": f"https://outlook.office365.com/owa/?itemid={event_id(event, preferences)}&exvsurl=1",
        "bodyPreview": plain_text(event.body)[:255],
        "body": body(event, preferences),
        **_times_json(event, preferences),
        **_plain_json(event),
        **_meeting_json(event),
    }
    if event.transaction_id:
        answer["transactionId"] = event.transaction_id
    if event.original_start_at is not None:
        answer["originalStart"] = times.stamp(event.original_start_at)
    return answer


def _times_json(event: Event, preferences: Preferences) -> dict[str, Any]:
    zone_name, floating = preferences.time_zone, event.is_all_day
    return {
        "start": times.wall_clock(event.start_at, zone_name, floating=floating),
        "end": times.wall_clock(event.end_at, zone_name, floating=floating),
        "originalStartTimeZone": event.start_zone,
        "originalEndTimeZone": event.end_zone,
        "isAllDay": event.is_all_day,
        "recurrence": event.recurrence,
    }


def _plain_json(event: Event) -> dict[str, Any]:
    return {
        "subject": event.subject,
        "showAs": event.show_as,
        "sensitivity": event.sensitivity,
        "importance": event.importance,
        "isReminderOn": event.is_reminder_on,
        "reminderMinutesBeforeStart": event.reminder_minutes,
        "isCancelled": event.is_cancelled,
        "location": event.locations[0] if event.locations else NOWHERE,
        "locations": event.locations,
    }


def _meeting_json(event: Event) -> dict[str, Any]:
    return {
        "isOrganizer": event.is_organizer,
        "organizer": {"emailAddress": event.organizer},
        "attendees": event.attendees,
        "responseStatus": {"response": event.response, "time": times.stamp(event.responded_at)},
        "responseRequested": event.response_requested,
        "allowNewTimeProposals": event.allow_new_time_proposals,
        "hideAttendees": event.hide_attendees,
        "isOnlineMeeting": event.is_online_meeting,
        "onlineMeetingProvider": event.online_meeting_provider,
        "onlineMeetingUrl": None,
        "onlineMeeting": {"joinUrl": event.join_url} if event.join_url else None,
    }


def occurrence_json(event: Event, preferences: Preferences) -> dict[str, Any]:
    """An occurrence as delta answers it: what differs from its master, nothing else (Graph: event-delta)."""
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": f'W/"{event.change_key}"',
        "id": event_id(event, preferences),
        "seriesMasterId": series_master_id(event, preferences),
        "type": "occurrence",
        "start": times.wall_clock(event.start_at, preferences.time_zone, floating=event.is_all_day),
        "end": times.wall_clock(event.end_at, preferences.time_zone, floating=event.is_all_day),
    }


def selected(answer: dict[str, Any], select: str | None, *, always: set[str] | None = None) -> dict[str, Any]:
    """Only the properties named by $select, and those that are always there."""
    if not select:
        return answer
    wanted = {name.strip().lower() for name in select.split(",")}
    kept = ALWAYS if always is None else always
    return {name: value for name, value in answer.items() if name.lower() in wanted or name in kept}


def user_json(user: DirectoryUser) -> dict[str, Any]:
    """A user with every property the sandbox knows (Graph: resource type user)."""
    return {
        "id": str(user.pk),
        "displayName": user.display_name,
        "givenName": user.given_name or None,
        "surname": user.surname or None,
        "mail": user.mail or None,
        "mailNickname": user.user_principal_name.partition("@")[0],
        "userPrincipalName": user.user_principal_name,
        "userType": "Member",
        "accountEnabled": user.account_enabled,
        "createdDateTime": times.stamp(user.created_at),
        "proxyAddresses": [f"SMTP:{user.mail}"] if user.mail else [],
        "businessPhones": [],
        "jobTitle": None,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "assignedLicenses": [{"disabledPlans": [], "skuId": sku} for sku in user.assigned_licenses],
        "assignedPlans": [_plan_json(user, plan) for plan in user.assigned_plans],
    }


def _plan_json(user: DirectoryUser, plan: str | dict[str, str]) -> dict[str, Any]:
    """A plan is kept by its id, or with what differs: a plan that was taken away stays listed as `Deleted`."""
    differs = plan if isinstance(plan, dict) else {"servicePlanId": plan}
    assigned_at = times.stamp(user.created_at)
    return {"assignedDateTime": assigned_at, "capabilityStatus": "Enabled", "service": "exchange", **differs}


def working_hours_json(user: DirectoryUser) -> dict[str, Any]:
    """Working hours in the mailbox's own zone."""
    return {**user.working_hours, "timeZone": {"name": user.time_zone}}


def room_json(room: DirectoryUser) -> dict[str, Any]:
    """A room of /places (Graph: resource type room)."""
    return {
        "id": str(room.pk),
        "placeId": str(room.pk),
        "displayName": room.display_name,
        "emailAddress": room.address,
        "bookingType": room.place.get("bookingType", "standard"),
        **{name: room.place.get(name) for name in ROOM_PROPERTIES},
        "nickname": room.place.get("nickname", room.display_name),
        "tags": room.place.get("tags", []),
        "isWheelChairAccessible": room.place.get("isWheelChairAccessible", False),
    }
