"""Whether the app registration may do what Daybook does: a request for each thing that is needed.

| check           | asks                                               | permission, and where it is needed          |
|-----------------|----------------------------------------------------|---------------------------------------------|
| `signIn`        | a new token with the secret that was entered last  | none; always                                |
| `otherSecret`   | a new token with the other secret, if there is one | none; nowhere: it may have ended (S3.4)     |
| `people`        | GET /users                                         | User.Read.All; always                       |
| `calendar`      | GET a person's calendar                            | Calendars.ReadWrite; always                 |
| `write`         | DELETE of an event that cannot exist               | Calendars.ReadWrite; always                 |
| `places`        | GET /places/microsoft.graph.room                   | Place.Read.All; always                      |
| `groups`        | GET /groups                                        | Group.Read.All; where groups have access    |
| `mail`          | POST …/sendMail with nobody to send it to          | Mail.Send; where mails go from a mailbox  |
| `mailboxes`     | GET the calendars of those who take bookings       | none; tells of a closing policy (S2.55)     |
| `notifications` | a subscription that is given up at once            | none; else calendars are read at intervals  |

Roles granted by Exchange (RBAC for Applications) never stand in the token, so a role that is missing there proves
nothing: every permission is tried. Exchange looks at the permission before it looks for the event or the recipient.
What builds on a check that failed is not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import quote

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from tenants.microsoft365 import credentials, errors, mail, permission_profiles, subscriptions
from tenants.microsoft365.http import GraphClient
from tenants.models import Connection

#: How many people are tried before "nobody has a calendar", and how many calendars for a policy that closes them.
TRIED = 10
#: Checks without which nothing works at all: a connection in use that fails one is broken.
ESSENTIAL = frozenset({"signIn", "people", "calendar", "write"})
#: By check, the one it builds on.
BUILDS_ON = {"write": "calendar", "mailboxes": "calendar", "mail": "calendar", "notifications": "calendar"}

NOT_TRIED = gettext_noop("Not tried, because an earlier check failed.")

REMEDIES: dict[str, str | Promise] = {
    "people": gettext_lazy(
        "Grant the app registration the application permission User.Read.All in Microsoft Entra (API permissions, then "
        "“Grant admin consent”), then test the connection."
    ),
    "calendar": gettext_lazy(
        "Grant the app registration the application permission Calendars.ReadWrite in Microsoft Entra (API "
        "permissions, then “Grant admin consent”), then test the connection."
    ),
    "places": gettext_lazy(
        "Grant the app registration the application permission Place.Read.All in Microsoft Entra (API permissions, "
        "then “Grant admin consent”), then test the connection."
    ),
    "groups": gettext_lazy(
        "Grant the app registration the application permission Group.Read.All in Microsoft Entra (API permissions, "
        "then “Grant admin consent”), then test the connection."
    ),
    "mail": mail.REMEDY,
}
REMEDIES["write"] = REMEDIES["calendar"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `is_temporary`: Microsoft could not be asked, which says nothing about the connection.

    `permission`: the application permission that it tries; "" where it tries something else. `is_needed`: something
    in use does not work without it, so that a connection that fails it is not taken into use. A check that passed may
    have a remedy too: something to know.
    """

    name: str
    ok: bool
    message: str
    remedy: str = ""
    is_temporary: bool = False
    permission: str = ""
    is_needed: bool = True


@dataclass(slots=True)
class Trial:
    """What the checks have found out so far, one for another."""

    client: GraphClient
    #: Graph's ids or addresses of mailboxes: those that are kept in step first.
    candidates: list[str]
    sender: str
    mailbox: str = ""


Step = Callable[[Trial], str]


def examine(
    connection: Connection, *, mailboxes: Sequence[str] = (), enabled: Collection[str] = permission_profiles.ALWAYS,
    sender: str = "",
) -> Iterator[Check]:  # fmt: skip
    """Every check in order, as it ends. Leaves the `roles` of the token on the connection.

    `mailboxes`: whose calendars to try first, `enabled`: the profiles in use, `sender`: where mails are sent from.
    """
    trial = Trial(GraphClient(connection), list(mailboxes), sender)
    failed: set[str] = set()
    for name, permission, step in STEPS:
        if name == "otherSecret" and len(connection.secrets()) < 2:
            continue
        plain = Check(name, False, "", permission=permission, is_needed=_is_needed(name, permission, enabled))
        if BUILDS_ON.get(name, "signIn") in failed:
            check = replace(plain, message=NOT_TRIED)
        else:
            check = _checked(plain, lambda step=step: step(trial))  # type: ignore[misc]
        if not check.ok:
            failed.add(name)
        yield check


def _is_needed(name: str, permission: str, enabled: Collection[str]) -> bool:
    if permission:
        return bool(permission_profiles.needed_by(permission, enabled))
    return name == "signIn"


def _checked(plain: Check, step: Callable[[], str]) -> Check:
    try:
        return replace(plain, ok=True, message=step())
    except subscriptions.NotOffered as error:
        return replace(plain, ok=True, message=str(error), remedy=error.remedy)
    except errors.MicrosoftError as error:
        temporary = isinstance(error, errors.Unreachable | errors.Unavailable | errors.Throttled)
        remedy = error.remedy or (_("Try again in a few minutes.") if temporary else "")
        if isinstance(error, errors.AccessDenied) and not errors.is_closed_by_policy(error):
            remedy = str(REMEDIES.get(plain.name, remedy))
        return replace(plain, message=str(error), remedy=remedy, is_temporary=temporary)


def _sign_in(trial: Trial) -> str:
    """With the secret that was entered last: the other one may end. A connection in use may use either."""
    connection = trial.client.connection
    if connection.is_active:
        token = credentials.token(connection, fresh=True)
    else:
        token = credentials.token_with(connection, connection.newest_secret(), fresh=True)
    connection.roles = sorted(credentials.roles(token))
    return _("Microsoft accepts the client ID, the directory ID and the secret.")


def _other_secret(trial: Trial) -> str:
    connection = trial.client.connection
    for secret, _ends_on in connection.secrets():
        try:
            credentials.token_with(connection, secret, fresh=True)
        except errors.SignInFailed as error:
            remedy = gettext_noop("The other secret is used. Remove this one when it is no longer wanted.")
            raise errors.SignInFailed(str(error), code=error.code, remedy=remedy) from error
    return _("Microsoft accepts both secrets: one may end without anything standing still.")


def _people(trial: Trial) -> str:
    users = trial.client.get("/users", params={"$select": "id,mail", "$top": str(TRIED)})["value"]
    known = set(trial.candidates)
    trial.candidates += [user["id"] for user in users if user.get("mail") and user["id"] not in known]
    return _("Daybook may read the organisation's people.")


def _calendar(trial: Trial) -> str:
    """One calendar that opens is enough; those that a policy closes are told of where none does."""
    closed: errors.AccessDenied | None = None
    for mailbox in trial.candidates[: 2 * TRIED]:
        try:
            _open(trial, mailbox)
        except (errors.NoMailbox, errors.NotThere):
            continue
        except errors.AccessDenied as error:
            if not errors.is_closed_by_policy(error):
                raise
            closed = closed or error
            continue
        trial.mailbox = mailbox
        return _("Daybook may read calendars.")
    if closed is not None:
        raise closed
    remedy = _("Give somebody a licence with an Exchange Online mailbox, then test again.")
    raise errors.NoMailbox(_("Nobody with a calendar was found."), remedy=remedy)


def _open(trial: Trial, mailbox: str) -> None:
    trial.client.get(f"{_user(mailbox)}/calendar", params={"$select": "id"})


def _user(mailbox: str) -> str:
    return f"/users/{quote(mailbox, safe='@')}"


def _write(trial: Trial) -> str:
    with suppress(errors.NotThere, errors.Refused):
        trial.client.request("DELETE", f"{_user(trial.mailbox)}/events/no-event-of-this-name")
    return _("Daybook may write to calendars.")


def _places(trial: Trial) -> str:
    trial.client.get("/places/microsoft.graph.room", params={"$top": "1"})
    return _("Daybook may read the organisation's rooms.")


def _groups(trial: Trial) -> str:
    trial.client.get("/groups", params={"$select": "id", "$top": "1"})
    return _("Daybook may read the organisation's groups.")


def _mail(trial: Trial) -> str:
    mail.probe(trial.client, trial.sender or trial.mailbox)
    return _("Daybook may send mail.")


def _mailboxes(trial: Trial) -> str:
    for mailbox in trial.candidates[:TRIED]:
        with suppress(errors.NoMailbox, errors.NotThere):
            _open(trial, mailbox)
    return _("No policy in Exchange Online closes the mailboxes that were tried.")


def _notifications(trial: Trial) -> str:
    subscriptions.probe(trial.client, trial.mailbox)
    return _("Microsoft reaches Daybook and tells of changes at once.")


STEPS: list[tuple[str, str, Step]] = [
    ("signIn", "", _sign_in), ("otherSecret", "", _other_secret), ("people", "User.Read.All", _people),
    ("calendar", "Calendars.ReadWrite", _calendar), ("write", "Calendars.ReadWrite", _write),
    ("places", "Place.Read.All", _places), ("groups", "Group.Read.All", _groups), ("mail", "Mail.Send", _mail),
    ("mailboxes", "", _mailboxes), ("notifications", "", _notifications),
]  # fmt: skip
