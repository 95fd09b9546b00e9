"""Filling the sandbox: organisations, applications, people, rooms and events, for the demonstration and for tests.

Every function may be called again with the same natural key and then brings the row up to date: an organisation is
known by its domain, an application by its client id, a user by the principal name, an event by mailbox, subject and
start.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from . import attendant, calendar, times
from .models import AppRegistration, AppSecret, DirectoryUser, Event, MailboxKind, Organisation

BOOKINGS_PLAN = "199a5c09-e0ca-4e37-8f7c-b05d533e1ea2"
BOOKINGS_CAPABILITIES = [
    "GRAPH_CONNECTORS_SEARCH_INDEX",
    "BPOS_S_BookingsAddOn",
    "MYANALYTICSP2",
    "BPOS_S_Standard",
]
ALL_ROLES = [
    "Calendars.ReadWrite",
    "MailboxSettings.Read",
    "Place.Read.All",
    "User.Read.All",
]


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


def create_user(
    *,
    organisation: Organisation,
    address: str,
    display_name: str,
    mailbox: str = MailboxKind.USER,
    time_zone: str = "W. Europe Standard Time",
    working_hours: dict[str, Any] | None = None,
    bookings_plan: bool = True,
    bookings_capability: bool = True,
    account_enabled: bool = True,
    user_id: uuid.UUID | str | None = None,
    exchange_guid: uuid.UUID | str | None = None,
    place: dict[str, Any] | None = None,
    room_processing: dict[str, Any] | None = None,
) -> DirectoryUser:
    """A person, shared mailbox, room, or (`mailbox="none"`) an account without a mailbox."""
    given_name, _, surname = display_name.rpartition(" ") if mailbox in ("user", "none") else ("", "", "")
    has_mailbox = mailbox != MailboxKind.NONE
    values: dict[str, Any] = {
        "organisation": organisation,
        "display_name": display_name,
        "given_name": given_name,
        "surname": surname,
        "mail": address if has_mailbox else "",
        "account_enabled": account_enabled,
        "mailbox": mailbox,
        "assigned_plans": [BOOKINGS_PLAN] if bookings_plan and mailbox == MailboxKind.USER else [],
        "persisted_capabilities": BOOKINGS_CAPABILITIES
        if bookings_capability and mailbox == MailboxKind.USER
        else [one for one in BOOKINGS_CAPABILITIES if one != "BPOS_S_BookingsAddOn"],
        "time_zone": time_zone,
        "place": place or {},
        "room_processing": room_processing or {},
    }
    optional = {"id": user_id, "exchange_guid": exchange_guid, "working_hours": working_hours}
    given = {name: value for name, value in optional.items() if value is not None}
    return DirectoryUser.objects.update_or_create(
        user_principal_name=address,
        defaults={**values, **{name: value for name, value in given.items() if name != "id"}},
        create_defaults={**values, **given},
    )[0]


def create_room(
    *,
    organisation: Organisation,
    address: str,
    display_name: str,
    capacity: int | None = None,
    building: str | None = None,
    time_zone: str = "W. Europe Standard Time",
    room_processing: dict[str, Any] | None = None,
) -> DirectoryUser:
    """A room mailbox that answers invitations by itself; `room_processing` as in Set-CalendarProcessing."""
    return create_user(
        organisation=organisation,
        address=address,
        display_name=display_name,
        mailbox=MailboxKind.ROOM,
        time_zone=time_zone,
        place={"capacity": capacity, "building": building},
        room_processing=room_processing,
    )


def create_event(
    *,
    mailbox: DirectoryUser,
    subject: str,
    start_at: datetime,
    end_at: datetime,
    time_zone: str = "UTC",
    attendees: Sequence[str] = (),
    rooms: Sequence[DirectoryUser] = (),
    show_as: str = "busy",
    sensitivity: str = "normal",
    body: str = "",
    is_all_day: bool = False,
    is_online_meeting: bool = False,
    recurrence: dict[str, Any] | None = None,
    **more: Any,
) -> Event:
    """An event in the mailbox's calendar, its invitations sent and its rooms asked. `more` is Graph's own JSON."""
    known = Event.objects.filter(
        mailbox=mailbox, subject=subject, start_at=start_at, is_organizer=True, master=None
    ).first()
    if known is not None:
        return known
    content: dict[str, Any] = {
        "subject": subject,
        "body": {"contentType": "html", "content": body},
        "start": times.wall_clock(start_at, time_zone, floating=is_all_day),
        "end": times.wall_clock(end_at, time_zone, floating=is_all_day),
        "isAllDay": is_all_day,
        "showAs": show_as,
        "sensitivity": sensitivity,
        "isOnlineMeeting": is_online_meeting,
        "attendees": [
            *({"emailAddress": {"address": one}} for one in attendees),
            *(
                {"emailAddress": {"address": room.address, "name": room.display_name}, "type": "resource"}
                for room in rooms
            ),
        ],
        **more,
    }
    if rooms:
        content["location"] = {"displayName": rooms[0].display_name, "locationEmailAddress": rooms[0].address}
    if recurrence is not None:
        content["recurrence"] = recurrence
    now = timezone.now()
    with transaction.atomic():
        event = calendar.create(mailbox, content, now)
        attendant.answer_for(event, now)
    return event
