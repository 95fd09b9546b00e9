"""Graph's JSON of events to our types and back (Graph: resource types event, dateTimeTimeZone).

| Graph                                     | here                                                             |
|-------------------------------------------|------------------------------------------------------------------|
| start, end with seven decimals and a zone | aware UTC                                                        |
| isAllDay: midnights said to be UTC        | the same dates in the mailbox's own time zone: its local days    |
| sensitivity other than normal             | private: the title is dropped before anybody can store it        |
| an occurrence in short form               | what is missing is its master's                                  |
| responseStatus declined                   | declined: it does not block                                      |
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from tenants.microsoft365.types import EventDraft, RemoteEvent
from tenants.scheduling import windows_zones

#: The named property that marks our events in Outlook; it lives on the organizer's item only (GRAPH 2.5).
MARKER = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name DaybookBookingId"
#: What an occurrence in short form takes from its master.
INHERITED = ("subject", "showAs", "sensitivity", "isAllDay", "isCancelled", "responseStatus", "webLink")


def instant(value: dict[str, str]) -> datetime:
    """A dateTimeTimeZone as aware UTC."""
    moment = datetime.fromisoformat(value["dateTime"])
    zone_name = value.get("timeZone") or "UTC"
    zone = UTC if zone_name == "UTC" else windows_zones.resolve(zone_name)
    return moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC)


def with_master(item: dict[str, Any], master: dict[str, Any] | None) -> dict[str, Any]:
    """An occurrence with what its short form leaves out."""
    inherited = {name: master[name] for name in INHERITED if name in master} if master else {}
    return inherited | item


def read(item: dict[str, Any], zone: ZoneInfo) -> RemoteEvent:
    """An event of a mailbox whose local days are those of `zone`."""
    is_private = item.get("sensitivity", "normal") != "normal"
    is_all_day = bool(item.get("isAllDay"))
    meeting = item.get("onlineMeeting") or {}
    return RemoteEvent(
        id=item["id"],
        type=item.get("type") or "singleInstance",
        starts_at=_local_midnight(item["start"], zone) if is_all_day else instant(item["start"]),
        ends_at=_local_midnight(item["end"], zone) if is_all_day else instant(item["end"]),
        change_key=item.get("changeKey") or str(item.get("@odata.etag", "")).removeprefix("W/").strip('"'),
        ical_uid=item.get("iCalUId") or "",
        series_master_id=item.get("seriesMasterId") or "",
        title="" if is_private else (item.get("subject") or "")[:255],
        show_as=item.get("showAs") or "busy",
        is_all_day=is_all_day,
        is_private=is_private,
        is_cancelled=bool(item.get("isCancelled")),
        is_declined=(item.get("responseStatus") or {}).get("response") == "declined",
        is_online=bool(item.get("isOnlineMeeting")),
        join_url=meeting.get("joinUrl") or "",
        web_link=item.get("webLink") or "",
    )


def _local_midnight(value: dict[str, str], zone: ZoneInfo) -> datetime:
    """All-day events float: only the date counts, whatever zone it is said to be in."""
    day = date.fromisoformat(value["dateTime"][:10])
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def times(starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """Start and end of a request; always both."""
    return {"start": _date_time(starts_at), "end": _date_time(ends_at)}


def _date_time(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": "UTC"}


def rewrite(draft: EventDraft) -> dict[str, Any]:
    """The body that changes subject, place, time and text of an event; an empty text stays as it is."""
    body: dict[str, Any] = {"subject": draft.subject, **times(draft.starts_at, draft.ends_at)}
    if draft.location:
        body["location"] = {"displayName": draft.location}
    return body | ({"body": {"contentType": "html", "content": draft.html}} if draft.html else {})


def write(draft: EventDraft) -> dict[str, Any]:
    """The body that creates the event. Without attendees Outlook sends nothing to anybody."""
    body: dict[str, Any] = {
        "subject": draft.subject,
        "body": {"contentType": "html", "content": draft.html},
        **times(draft.starts_at, draft.ends_at),
        "showAs": "busy",
        "responseRequested": True,
        "allowNewTimeProposals": False,
        "transactionId": draft.transaction_id,
        "singleValueExtendedProperties": [{"id": MARKER, "value": str(draft.marker)}],
    }
    if draft.location:
        body["location"] = {"displayName": draft.location}
    if draft.is_online:
        body |= {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    if draft.attendees:
        body["attendees"] = [
            {"emailAddress": {"address": one.address, "name": one.name}, "type": "required"} for one in draft.attendees
        ]
    return body
