"""Filling the sandbox: organisations, applications, people, rooms and events, for the demonstration and for tests.

Every function may be called again with the same natural key and then brings the row up to date: an organisation is
known by its domain, an application by its client id, a user by the principal name, an event by mailbox, subject and
start.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from . import attendant, calendar, store, times
from .models import AppRegistration, AppSecret, DirectoryUser, Event, MailboxKind, Organisation

BOOKINGS_PLAN = "199a5c09-e0ca-4e37-8f7c-b05d533e1ea2"
BOOKINGS_CAPABILITIES = [
    "GRAPH_CONNECTORS_SEARCH_INDEX",
    "BPOS_S_BookingsAddOn",
    "MYANALYTICSP2",
    "BPOS_S_Standard",
]
HOME = "W. Europe Standard Time"
SAME_NAME = ("account_enabled", "assigned_licenses", "exchange_guid", "working_hours", "place", "room_processing")
#: What the app registration is told to ask for (S3.6).
ASKED_ROLES = ["Calendars.ReadWrite", "Group.Read.All", "Mail.Send", "Place.Read.All", "User.Read.All"]
ALL_ROLES = [*ASKED_ROLES, "MailboxSettings.Read"]


def create_organisation(
    *, domain: str, display_name: str = "", directory_id: uuid.UUID | str | None = None
) -> Organisation:
    """The organisation of this domain."""
    values: dict[str, Any] = {"display_name": display_name or domain}
    if directory_id is not None:
        values["directory_id"] = directory_id
    return Organisation.objects.update_or_create(domain=domain.lower(), defaults=values)[0]


def create_application(
    *,
    organisation: Organisation,
    client_id: uuid.UUID | str,
    secret: str,
    secret_expires_at: datetime | None = None,
    display_name: str = "Daybook",
    roles: Sequence[str] = tuple(ALL_ROLES),
) -> AppRegistration:
    """An application that the organisation consented to, with a secret that is good for a year unless said."""
    application, _ = AppRegistration.objects.update_or_create(
        organisation=organisation,
        client_id=client_id,
        defaults={"display_name": display_name, "roles": list(roles), "enabled": True},
    )
    expires_at = secret_expires_at or timezone.now() + timedelta(days=365)
    AppSecret.objects.update_or_create(application=application, value=secret, defaults={"expires_at": expires_at})
    return application


class UserOptions(TypedDict, total=False):
    """What else can be said of a user; the defaults are those of a licensed employee."""

    mailbox: str
    time_zone: str
    working_hours: dict[str, Any]
    bookings_plan: bool
    bookings_capability: bool
    account_enabled: bool
    assigned_licenses: list[str]
    user_id: uuid.UUID | str
    exchange_guid: uuid.UUID | str
    place: dict[str, Any]
    room_processing: dict[str, Any]


def create_user(
    *, organisation: Organisation, address: str, display_name: str, **options: Unpack[UserOptions]
) -> DirectoryUser:
    """A person, shared mailbox, room, or (`mailbox="none"`) an account without a mailbox."""
    mailbox = options.get("mailbox", MailboxKind.USER)
    is_person = mailbox in (MailboxKind.USER, MailboxKind.NONE)
    given_name, _, surname = display_name.rpartition(" ") if is_person else ("", "", "")
    licensed = mailbox == MailboxKind.USER
    values: dict[str, Any] = {
        "organisation": organisation,
        "display_name": display_name,
        "given_name": given_name,
        "surname": surname,
        "mailbox": mailbox,
        "mail": "" if mailbox == MailboxKind.NONE else address,
        "assigned_plans": [BOOKINGS_PLAN] if licensed and options.get("bookings_plan", True) else [],
        "persisted_capabilities": _capabilities(licensed and options.get("bookings_capability", True)),
        "time_zone": options.get("time_zone", HOME),
        **{name: value for name, value in options.items() if name in SAME_NAME},
    }
    first = {"id": options["user_id"]} if "user_id" in options else {}
    return DirectoryUser.objects.update_or_create(
        user_principal_name=address, defaults=values, create_defaults={**values, **first}
    )[0]


def _capabilities(bookings: bool) -> list[str]:
    return [one for one in BOOKINGS_CAPABILITIES if bookings or one != "BPOS_S_BookingsAddOn"]


def create_room(
    *,
    organisation: Organisation,
    address: str,
    display_name: str,
    capacity: int | None = None,
    building: str | None = None,
    **options: Unpack[UserOptions],
) -> DirectoryUser:
    """A room mailbox that answers invitations by itself; `room_processing` as in Set-CalendarProcessing."""
    place = {"capacity": capacity, "building": building, **options.get("place", {})}
    options |= {"mailbox": MailboxKind.ROOM, "place": place}
    return create_user(organisation=organisation, address=address, display_name=display_name, **options)


class EventOptions(TypedDict, total=False):
    """What else can be said of an event. `recurrence` is Graph's patternedRecurrence."""

    time_zone: str
    attendees: Sequence[str]
    rooms: Sequence[DirectoryUser]
    show_as: str
    sensitivity: str
    body: str
    is_all_day: bool
    is_online_meeting: bool
    recurrence: dict[str, Any]


def create_event(
    *, mailbox: DirectoryUser, subject: str, start_at: datetime, end_at: datetime, **options: Unpack[EventOptions]
) -> Event:
    """An event in the mailbox's calendar, its invitations sent and its rooms asked."""
    known = Event.objects.filter(mailbox=mailbox, subject=subject, start_at=start_at, is_organizer=True, master=None)
    event = known.first()
    if event is not None:
        return event
    zone_name, floating = options.get("time_zone", "UTC"), options.get("is_all_day", False)
    content: dict[str, Any] = {
        "subject": subject,
        "start": times.wall_clock(start_at, zone_name, floating=floating),
        "end": times.wall_clock(end_at, zone_name, floating=floating),
        **_content(options),
    }
    now = timezone.now()
    with transaction.atomic():
        store.begin(mailbox)
        event = calendar.create(mailbox, content, now)
        attendant.answer_for(event, now)
    return event


def _content(options: EventOptions) -> dict[str, Any]:
    rooms = options.get("rooms", ())
    guests = [{"emailAddress": {"address": one}} for one in options.get("attendees", ())]
    resources = [
        {"emailAddress": {"address": room.address, "name": room.display_name}, "type": "resource"} for room in rooms
    ]
    content: dict[str, Any] = {
        "body": {"contentType": "html", "content": options.get("body", "")},
        "isAllDay": options.get("is_all_day", False),
        "showAs": options.get("show_as", "busy"),
        "sensitivity": options.get("sensitivity", "normal"),
        "isOnlineMeeting": options.get("is_online_meeting", False),
        "attendees": [*guests, *resources],
    }
    if rooms:
        content["location"] = {"displayName": rooms[0].display_name, "locationEmailAddress": rooms[0].address}
    if "recurrence" in options:
        content["recurrence"] = options["recurrence"]
    return content
