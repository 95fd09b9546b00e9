"""People and rooms of the organisation (Graph: user-list, place-list, user-get-calendar).

| asked                                            | why                                                             |
|--------------------------------------------------|-----------------------------------------------------------------|
| GET /users, all pages                            | everybody: name, address, licences, plans, whether it is on     |
| GET /users?$filter=assignedPlans/any(…), all     | who has Microsoft Bookings (S1.8); kept by Microsoft in an index |
| pages, `ConsistencyLevel: eventual`, `$count`    | that follows late, so a user may be in it wrongly (S1.11)       |
| GET /users/{id}/calendar                         | whether somebody without an Exchange plan has a mailbox         |

Mailbox capabilities and Exchange GUIDs are not in Graph: `tenants.services.licensing` takes them from Exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tenants.microsoft365 import errors
from tenants.microsoft365.http import GraphClient

#: The service plan "Microsoft Bookings" (S4.19), from which Exchange derives the capability.
BOOKINGS_PLAN = "199a5c09-e0ca-4e37-8f7c-b05d533e1ea2"
PROPERTIES = "id,displayName,mail,userPrincipalName,accountEnabled,userType,assignedLicenses,assignedPlans"
#: The query of S1.8, to the letter.
BOOKINGS_QUERY = {
    "$filter": f"assignedPlans/any(s:s/servicePlanId eq {BOOKINGS_PLAN})",
    "$select": "id,userPrincipalName,displayName",
    "$count": "true",
    "$top": "999",
}


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the directory; `address` is empty where there is none. `licences` are ids of products (SKUs)."""

    id: str
    address: str
    principal_name: str
    display_name: str
    is_enabled: bool
    licences: tuple[str, ...]
    has_bookings_plan: bool
    has_exchange_plan: bool


def people(client: GraphClient) -> Iterator[Person]:
    """Members, without guests; rooms, shared mailboxes, accounts that are off or have no address are among them."""
    for user in client.pages("/users", params={"$select": PROPERTIES, "$top": "999"}):
        if user.get("userType") != "Guest":
            yield _person(user)


def bookings_users(client: GraphClient) -> set[str]:
    """The ids of those whom Microsoft's index lists with the service plan (S1.8)."""
    return {user["id"] for user in client.pages("/users", params=BOOKINGS_QUERY, eventual=True)}


def _person(user: dict[str, Any]) -> Person:
    """A plan counts while it is enabled: one that was taken away stays listed as deleted for a while."""
    plans = [plan for plan in user.get("assignedPlans") or [] if plan.get("capabilityStatus") == "Enabled"]
    return Person(
        id=user["id"],
        address=(user.get("mail") or "").lower(),
        principal_name=user.get("userPrincipalName") or "",
        display_name=(user.get("displayName") or user.get("mail") or "")[:120],
        is_enabled=user.get("accountEnabled") is not False,
        licences=tuple(sorted({str(one.get("skuId")).lower() for one in user.get("assignedLicenses") or []})),
        has_bookings_plan=any(str(plan.get("servicePlanId")).lower() == BOOKINGS_PLAN for plan in plans),
        has_exchange_plan=any(str(plan.get("service")).lower() == "exchange" for plan in plans),
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
