"""Reading an event that a client sent (Graph: resource type event): what it may say, and what it then means."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import time
from typing import Any

from . import recurrence, times
from .errors import bad_request, invalid
from .models import Event

SHOW_AS = ["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"]
SENSITIVITY = ["normal", "personal", "private", "confidential"]
IMPORTANCE = ["low", "normal", "high"]
PROVIDERS = ["unknown", "teamsForBusiness", "skypeForBusiness", "skypeForConsumer"]
ATTENDEE_TYPES = ["required", "optional", "resource"]
NO_ANSWER = {"response": "none", "time": times.NEVER}
MOST_ATTENDEES = 500
IGNORED = {
    "id", "changeKey", "createdDateTime", "lastModifiedDateTime", "bodyPreview", "hasAttachments", "iCalUId",
    "isCancelled", "isDraft", "isOrganizer", "onlineMeeting", "onlineMeetingUrl", "organizer", "originalStart",
    "originalStartTimeZone", "originalEndTimeZone", "responseStatus", "seriesMasterId", "type", "webLink",
    "extensions", "attachments",
}  # fmt: skip

Fields = dict[str, Any]


def _one_of(allowed: list[str], name: str) -> Callable[[Any], str]:
    return lambda value: recurrence.choice(value, allowed, name)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise bad_request(f"Cannot convert the literal '{value}' to the expected type 'Edm.Boolean'.")
    return value


def _text(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise bad_request(f"Cannot convert the literal '{value}' to the expected type 'Edm.String'.")
    return value or ""


def _list(value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise bad_request(f"Cannot convert the literal '{value}' to the expected type 'Collection'.")
    return value or []


def _minutes(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_request(f"Cannot convert the literal '{value}' to the expected type 'Edm.Int32'.")
    return value


def body_html(body: Any) -> str:
    """The body as Exchange keeps it: HTML, whatever was sent."""
    if not isinstance(body, dict):
        raise invalid("A body needs a contentType and its content.")
    content = _text(body.get("content"))
    if recurrence.choice(body.get("contentType") or "text", ["text", "html"], "contentType") == "html":
        return content
    return "<br>\n".join(html.escape(line) for line in content.splitlines())


def location(value: Any) -> dict[str, Any]:
    """One location with what the service adds to it."""
    if not isinstance(value, dict):
        raise invalid("A location is an object.")
    name = _text(value.get("displayName"))
    return {
        "locationType": "default",
        **{key: found for key, found in value.items() if found is not None},
        "displayName": name,
        "uniqueId": name,
        "uniqueIdType": "private",
    }


def attendee(value: Any) -> dict[str, Any]:
    """One attendee who has not answered yet."""
    mail = value.get("emailAddress") if isinstance(value, dict) else None
    if not isinstance(mail, dict) or "@" not in str(mail.get("address")):
        raise invalid("At least one recipient isn't valid.")
    return {
        "type": recurrence.choice(value.get("type") or "required", ATTENDEE_TYPES, "type"),
        "status": dict(NO_ANSWER),
        "emailAddress": {"name": _text(mail.get("name")) or mail["address"], "address": mail["address"]},
    }


def attendees(value: Any) -> list[dict[str, Any]]:
    """All attendees, five hundred at most."""
    if len(_list(value)) > MOST_ATTENDEES:
        raise invalid(f"Attendees are a list of at most {MOST_ATTENDEES}.")
    return [attendee(one) for one in _list(value)]


SIMPLE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "subject": ("subject", _text),
    "body": ("body", body_html),
    "isAllDay": ("is_all_day", _boolean),
    "showAs": ("show_as", _one_of(SHOW_AS, "showAs")),
    "sensitivity": ("sensitivity", _one_of(SENSITIVITY, "sensitivity")),
    "importance": ("importance", _one_of(IMPORTANCE, "importance")),
    "location": ("locations", lambda value: [location(value)] if value else []),
    "locations": ("locations", lambda value: [location(one) for one in _list(value)]),
    "attendees": ("attendees", attendees),
    "categories": ("categories", lambda value: [_text(one) for one in _list(value)]),
    "isOnlineMeeting": ("is_online_meeting", _boolean),
    "onlineMeetingProvider": ("online_meeting_provider", _one_of(PROVIDERS, "onlineMeetingProvider")),
    "responseRequested": ("response_requested", _boolean),
    "allowNewTimeProposals": ("allow_new_time_proposals", _boolean),
    "hideAttendees": ("hide_attendees", _boolean),
    "isReminderOn": ("is_reminder_on", _boolean),
    "reminderMinutesBeforeStart": ("reminder_minutes", _minutes),
    "transactionId": ("transaction_id", lambda value: _text(value) or None),
}
OTHERS = {"start", "end", "recurrence", "singleValueExtendedProperties"}


def read(body: Any, event: Event | None = None) -> Fields:
    """The model fields that the body sets; checked against `event` where it changes one. Raises 400."""
    if not isinstance(body, dict):
        raise bad_request("Empty Payload. JSON content expected.")
    fields: Fields = {}
    for name, value in body.items():
        if name in SIMPLE:
            field, convert = SIMPLE[name]
            fields[field] = convert(value)
        elif name not in OTHERS and name not in IGNORED and "@" not in name:
            raise bad_request(f"The property '{name}' does not exist on type 'microsoft.graph.event'.")
    if event is not None:
        _keep_what_is_fixed(fields, event)
    _read_times(body, fields, event)
    if "recurrence" in body:
        _read_recurrence(body["recurrence"], fields, event)
    return fields


def _keep_what_is_fixed(fields: Fields, event: Event) -> None:
    """transactionId never changes; an online meeting stays one, with its provider."""
    fields.pop("transaction_id", None)
    if event.is_online_meeting:
        fields.pop("is_online_meeting", None)
        fields.pop("online_meeting_provider", None)


def _read_times(body: dict[str, Any], fields: Fields, event: Event | None) -> None:
    all_day = fields.get("is_all_day", event is not None and event.is_all_day)
    for name in ("start", "end"):
        if name in body:
            fields[f"{name}_at"], fields[f"{name}_zone"] = times.read(body[name])
            if all_day:
                fields[f"{name}_at"] = _midnight(body[name])
        elif event is None:
            raise invalid(f"The property '{name}' is required.")
    if event is not None and not fields.keys() & {"start_at", "end_at", "is_all_day"}:
        return
    start_at, end_at = (_now_is(fields, event, name) for name in ("start_at", "end_at"))
    if end_at < start_at:
        raise invalid("The end of an event cannot be before its start.")
    if all_day:
        zones = [_now_is(fields, event, name) for name in ("start_zone", "end_zone")]
        if (
            zones[0] != zones[1]
            or any(moment.time() != time.min for moment in (start_at, end_at))
            or end_at == start_at
        ):
            raise invalid(
                "The Event.Start and Event.End properties of an all-day event must be midnight in the same time zone."
            )


def _now_is(fields: Fields, event: Event | None, name: str) -> Any:
    """The value a field has once the body is applied."""
    return fields[name] if name in fields else getattr(event, name)


def _midnight(value: dict[str, Any]) -> Any:
    """An all-day event floats: its clock is kept as if in UTC."""
    return times.read({"dateTime": value["dateTime"], "timeZone": "UTC"})[0]


def _read_recurrence(value: Any, fields: Fields, event: Event | None) -> None:
    if event is not None and event.occurrence_on is not None:
        raise invalid("An occurrence cannot have a recurrence of its own.")
    if value is None:
        fields["recurrence"] = None
        return
    zone_name, start_at = (_now_is(fields, event, name) for name in ("start_zone", "start_at"))
    floating = fields.get("is_all_day", event is not None and event.is_all_day)
    where = times.zone("UTC" if floating else zone_name)
    fields["recurrence"] = recurrence.normalise(value, starts_on=start_at.astimezone(where).date(), zone_name=zone_name)


def read_properties(body: dict[str, Any]) -> dict[str, str]:
    """Single-value extended properties of the body, by id."""
    found = {}
    for entry in _list(body.get("singleValueExtendedProperties")):
        if not isinstance(entry, dict) or not entry.get("id"):
            raise bad_request("An extended property needs an id and a value.")
        found[entry["id"]] = _text(entry.get("value"))
    return found
