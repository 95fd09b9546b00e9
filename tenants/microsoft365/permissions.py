"""Whether the app registration may do what Daybook does: one cheap request for each permission.

| check      | asks                                        | permission                                             |
|------------|---------------------------------------------|--------------------------------------------------------|
| `signIn`   | a new token                                 | client ID, directory ID and secret are right           |
| `people`   | GET /users                                  | User.Read.All                                          |
| `calendar` | GET a person's calendar                     | Calendars.Read(Write), and no policy closes it (S2.54) |
| `write`    | the roles in the token, else a deletion of  | Calendars.ReadWrite                                    |
|            | an event that cannot exist                  |                                                        |

Roles granted by Exchange (RBAC for Applications) never stand in the token, so a missing role alone proves nothing:
Exchange looks at the permission before it looks for the event.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from tenants.microsoft365 import credentials, errors
from tenants.microsoft365.http import GraphClient
from tenants.models import Connection

#: How many people are tried before "nobody has a calendar".
TRIED = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `is_temporary`: Microsoft could not be asked, which says nothing about the connection."""

    name: str
    ok: bool
    message: str
    remedy: str = ""
    is_temporary: bool = False


def examine(connection: Connection, *, mailbox: str = "") -> list[Check]:
    """Every check in order; what builds on a failed one is not tried. `mailbox`: whose calendar to try first."""
    client = GraphClient(connection)
    state: dict[str, Any] = {"candidates": [mailbox] if mailbox else []}
    steps: list[tuple[str, Callable[[GraphClient, dict[str, Any]], str]]] = [
        ("signIn", _sign_in), ("people", _people), ("calendar", _calendar), ("write", _write),
    ]  # fmt: skip
    checks: list[Check] = []
    for name, step in steps:
        needed = {"people": "signIn", "calendar": "signIn", "write": "calendar"}.get(name)
        if any(check.name == needed and not check.ok for check in checks):
            checks.append(Check(name, False, _("Not tried, because an earlier check failed.")))
        else:
            checks.append(_checked(name, lambda step=step: step(client, state)))  # type: ignore[misc]
    return checks


def _checked(name: str, step: Callable[[], str]) -> Check:
    try:
        return Check(name, True, step())
    except errors.MicrosoftError as error:
        temporary = isinstance(error, errors.Unreachable | errors.Unavailable | errors.Throttled)
        remedy = error.remedy or (_("Try again in a few minutes.") if temporary else "")
        return Check(name, False, str(error), remedy, temporary)


def _sign_in(client: GraphClient, state: dict[str, Any]) -> str:
    state["roles"] = credentials.roles(credentials.token(client.connection, fresh=True))
    return _("Microsoft accepts the client ID, the directory ID and the secret.")


def _people(client: GraphClient, state: dict[str, Any]) -> str:
    users = client.get("/users", params={"$select": "id,mail", "$top": str(TRIED)})["value"]
    state["candidates"] += [user["id"] for user in users if user.get("mail")]
    return _("Daybook may read the organisation's people.")


def _calendar(client: GraphClient, state: dict[str, Any]) -> str:
    for user in state["candidates"]:
        try:
            client.get(f"/users/{quote(user, safe='@')}/calendar", params={"$select": "id"})
        except (errors.NoMailbox, errors.NotThere):
            continue
        state["mailbox"] = user
        return _("Daybook may read calendars.")
    remedy = _("Give somebody a licence with an Exchange Online mailbox, then test again.")
    raise errors.NoMailbox(_("Nobody with a calendar was found."), remedy=remedy)


def _write(client: GraphClient, state: dict[str, Any]) -> str:
    if "Calendars.ReadWrite" not in state["roles"]:
        with suppress(errors.NotThere, errors.Refused):
            client.request("DELETE", f"/users/{quote(state['mailbox'], safe='@')}/events/no-event-of-this-name")
    return _("Daybook may write to calendars.")
