"""People and rooms of the organisation (Graph: user-list, place-list, user-get-calendar)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tenants.microsoft365 import errors
from tenants.microsoft365.http import GraphClient

#: The service plan "Microsoft Bookings" (S4.19), from which Exchange derives the capability.
BOOKINGS_PLAN = "199a5c09-e0ca-4e37-8f7c-b05d533e1ea2"
PROPERTIES = "id,displayName,mail,userPrincipalName,accountEnabled,userType,assignedPlans"


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the directory with a mail address. `exchange_guid` and `capabilities`: None where not told."""

    id: str
    address: str
    display_name: str
    has_bookings_plan: bool
    has_exchange_plan: bool
    exchange_guid: str | None
    capabilities: list[str] | None


def people(client: GraphClient) -> Iterator[Person]:
    """Members whose account is on, without guests; rooms and shared mailboxes may be among them."""
    for user in client.pages("/users", params={"$select": PROPERTIES, "$top": "999"}):
        if user.get("mail") and user.get("accountEnabled") is not False and user.get("userType") != "Guest":
            yield _person(user)


def _person(user: dict[str, Any]) -> Person:
    plans = [plan for plan in user.get("assignedPlans") or [] if plan.get("capabilityStatus") == "Enabled"]
    return Person(
        id=user["id"],
        address=user["mail"].lower(),
        display_name=(user.get("displayName") or user["mail"])[:120],
        has_bookings_plan=any(str(plan.get("servicePlanId")).lower() == BOOKINGS_PLAN for plan in plans),
        has_exchange_plan=any(str(plan.get("service")).lower() == "exchange" for plan in plans),
        exchange_guid=user.get("exchangeGuid"),
        capabilities=user.get("persistedCapabilities"),
    )


def room_addresses(client: GraphClient) -> set[str]:
    """The addresses of rooms, lower case; none where the app registration may not read places."""
    try:
        rooms = list(client.pages("/places/microsoft.graph.room", params={"$top": "100"}))
    except errors.AccessDenied:
        return set()
    return {str(room.get("emailAddress")).lower() for room in rooms}


def has_calendar(client: GraphClient, user: str) -> bool:
    """Whether this person has a mailbox in Exchange Online."""
    try:
        client.get(f"/users/{quote(user, safe='@')}/calendar", params={"$select": "id"})
    except (errors.NoMailbox, errors.NotThere):
        return False
    return True
