"""People, their calendars and settings, free/busy, rooms (Graph: user-list, place-list, calendar-getschedule)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.http.response import HttpResponseBase

from .. import filters, gateway, identifiers, lists, times, window
from ..errors import GraphError, bad_request, resource_not_found
from ..gateway import Call
from ..models import DirectoryUser, MailboxKind
from ..representation import room_json, selected, user_json, working_hours_json

READ_USERS = {"User.Read.All", "User.ReadBasic.All", "User.ReadWrite.All", "Directory.Read.All"}
READ_CALENDARS = {"Calendars.Read", "Calendars.ReadWrite"}
READ_BASIC = READ_CALENDARS | {"Calendars.ReadBasic.All"}
READ_SETTINGS = {"MailboxSettings.Read", "MailboxSettings.ReadWrite"}
READ_PLACES = {"Place.Read.All", "Place.ReadWrite.All"}
USUAL = (
    "businessPhones,displayName,givenName,jobTitle,mail,mobilePhone,officeLocation,preferredLanguage,surname,"
    "userPrincipalName,id"
)
SEARCH = re.compile(r'"(\w+):([^"]+)"')
BUSY_LETTERS = {"free": "0", "workingElsewhere": "0", "tentative": "1", "busy": "2", "oof": "3", "unknown": "0"}
MOST_SCHEDULES = 20


def _users(call: Call) -> list[dict[str, Any]]:
    """All users as JSON, searched and filtered; advanced queries need ConsistencyLevel: eventual."""
    rows = [user_json(user) for user in call.application.organisation.users.all()]
    search, condition = call.query.get("$search"), call.query.get("$filter")
    advanced = bool(search) or "assignedplans/any" in (condition or "").lower()
    if advanced and call.request.headers.get("ConsistencyLevel", "").lower() != "eventual":
        message = "Request with $search or an advanced $filter needs the header ConsistencyLevel: eventual."
        raise GraphError(400, "Request_UnsupportedQuery", message)
    if condition:
        test = filters.compile_filter(condition)
        rows = [row for row in rows if test(row)]
    if search:
        wanted = [(name, text.lower()) for name, text in SEARCH.findall(search)]
        if not wanted:
            raise bad_request(f"Syntax error: the $search clause '{search}' needs the form \"property:text\".")
        rows = [row for row in rows if any(_has_word(row.get(name), text) for name, text in wanted)]
    return rows


def _has_word(value: Any, text: str) -> bool:
    words = re.split(r"[\s@._-]+", str(value or "").lower())
    return any(word.startswith(text) for word in words) or str(value or "").lower().startswith(text)


def list_users(call: Call) -> HttpResponseBase:
    """The people of the organisation, page by page."""
    select = call.query.get("$select", USUAL)
    return gateway.answer(call, lists.page(call, _users(call), lambda row: _chosen(row, select), default=100))


def _chosen(row: dict[str, Any], select: str) -> dict[str, Any]:
    return selected(row, select, always={"id"} if "id" in select.split(",") else set())


def get_user(call: Call) -> HttpResponseBase:
    """One person."""
    return gateway.answer(call, selected(user_json(call.mailbox), call.query.get("$select", USUAL), always=set()))


def get_calendar(call: Call) -> HttpResponseBase:
    """The primary calendar; only a person's offers Teams."""
    mailbox = call.mailbox
    teams = mailbox.mailbox == MailboxKind.USER
    key = identifiers.encode(
        identifiers.ItemId(mailbox.pk, mailbox.exchange_guid, None), immutable=call.preferences.immutable
    )
    body = {
        "id": key,
        "name": "Calendar",
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": True,
        "changeKey": str(mailbox.sync_generation),
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"] if teams else [],
        "defaultOnlineMeetingProvider": "teamsForBusiness" if teams else "unknown",
        "isTallyingResponses": True,
        "isRemovable": False,
        "owner": {"name": mailbox.display_name, "address": mailbox.address},
    }
    return gateway.answer(call, selected(body, call.query.get("$select"), always={"id"}))


def mailbox_settings(call: Call) -> HttpResponseBase:
    """Zone, working hours and purpose of the mailbox."""
    mailbox = call.mailbox
    body = {
        "timeZone": mailbox.time_zone,
        "userPurpose": mailbox.mailbox,
        "workingHours": working_hours_json(mailbox),
    }
    return gateway.answer(call, body)


def get_schedule(call: Call) -> HttpResponseBase:
    """Free/busy of several addresses, in letters and as items without ids."""
    body = call.body
    addresses = body.get("schedules") or body.get("Schedules") or []
    starts_at, _ = times.read(body.get("startTime") or body.get("StartTime"))
    ends_at, _ = times.read(body.get("endTime") or body.get("EndTime"))
    interval = body.get("availabilityViewInterval") or body.get("AvailabilityViewInterval") or 30
    if (
        len(addresses) > MOST_SCHEDULES
        or not 5 <= interval <= 1440
        or not timedelta() < ends_at - starts_at <= timedelta(62)
    ):
        raise GraphError(400, "ErrorInvalidParameter", "The schedules, the window or the interval are out of range.")
    found = [_schedule(call, address, starts_at, ends_at, timedelta(minutes=interval)) for address in addresses]
    return gateway.answer(call, {"value": found})


def _schedule(call: Call, address: str, starts_at: datetime, ends_at: datetime, step: timedelta) -> dict[str, Any]:
    user = call.application.organisation.users.with_mailbox().named(address)
    if user is None:
        error = {
            "message": f"Unable to resolve e-mail address {address}.",
            "responseCode": "ErrorMailRecipientNotFound",
        }
        return {"scheduleId": address, "error": error}
    events = [one for one in window.between(user, starts_at, ends_at) if not one.is_cancelled]
    letters, at = "", starts_at
    while at < ends_at:
        touching = [BUSY_LETTERS[one.show_as] for one in events if one.start_at < at + step and one.end_at > at]
        letters, at = letters + max(touching, default="0"), at + step
    zone_name = call.preferences.time_zone
    items = [
        {
            "status": one.show_as,
            "start": times.wall_clock(one.start_at, zone_name, floating=one.is_all_day),
            "end": times.wall_clock(one.end_at, zone_name, floating=one.is_all_day),
            "isPrivate": one.sensitivity == "private",
            **({} if one.sensitivity == "private" else {"subject": one.subject, "location": _place(one.locations)}),
        }
        for one in events
    ]
    return {
        "scheduleId": address,
        "availabilityView": letters,
        "scheduleItems": items,
        "workingHours": working_hours_json(user),
    }


def _place(locations: list[dict[str, Any]]) -> str:
    return locations[0]["displayName"] if locations else ""


def list_rooms(call: Call) -> HttpResponseBase:
    """The rooms of the organisation."""
    rows = [room_json(room) for room in call.application.organisation.users.filter(mailbox=MailboxKind.ROOM)]
    if call.query.get("$filter"):
        rows = list(filter(filters.compile_filter(call.query["$filter"]), rows))
    present = lambda row: selected(row, call.query.get("$select"), always={"id"})  # noqa: E731
    return gateway.answer(call, lists.page(call, rows, present, default=100))


def get_room(call: Call) -> HttpResponseBase:
    """One room, by id or address."""
    room: DirectoryUser | None = call.application.organisation.users.named(call.ids["place"])
    if room is None or not room.is_room:
        raise resource_not_found(call.ids["place"])
    return gateway.answer(call, room_json(room))


users_view = gateway.endpoint(mailbox=False, GET=(list_users, READ_USERS))
user_view = gateway.endpoint(mailbox=False, GET=(get_user, READ_USERS))
calendar_view = gateway.endpoint(GET=(get_calendar, READ_BASIC))
settings_view = gateway.endpoint(GET=(mailbox_settings, READ_SETTINGS))
schedule_view = gateway.endpoint(POST=(get_schedule, READ_BASIC))
rooms_view = gateway.endpoint(mailbox=False, GET=(list_rooms, READ_PLACES))
room_view = gateway.endpoint(mailbox=False, GET=(get_room, READ_PLACES))
