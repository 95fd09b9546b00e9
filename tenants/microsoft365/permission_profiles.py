"""Which application permission serves what, and whether it may be taken back (S2.73-S2.77, S3.6; pure).

| profile      | permissions                                       | switched on                                   |
|--------------|---------------------------------------------------|-----------------------------------------------|
| calendars    | Calendars.ReadWrite                               | always: it is what a booking is               |
| directory    | User.Read.All                                     | always: people and their licences             |
| places       | Place.Read.All                                    | always; without it rooms pass for people      |
| mail         | Mail.Send                                         | where mails go out from an own mailbox        |
| twoWay       | Calendars.ReadWrite, Place.Read.All, User.Read.All | where rooms are kept in step both ways        |
| oneWay       | Calendars.ReadWrite, User.Read.All                | where a butler's mailbox writes events        |
| attendees    | Contacts.Read, People.Read.All                    | where attendees are looked up while typing    |
| delegates    | Calendars.ReadWrite, Place.Read.All               | where room requests are answered by our rules |
| groups       | Group.Read.All                                    | where a group of the directory has access     |

Every profile works alone. A permission that no profile in use needs may be taken back at any time; so may `Mail.Read`,
which nothing here ever asks for (S2.20). What a token names is a hint only: Exchange grants permissions of its own
(RBAC for Applications) that never stand in a token, so a request that succeeds says more (GRAPH: 5.5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Permission:
    """An application permission of Microsoft Graph. `allows` is what Microsoft's consent page says it does."""

    name: str
    allows: str | Promise
    #: Why Daybook asks for it (S2.77).
    why: str | Promise
    #: One of the five that the app registration is set up with (S3.6).
    is_asked: bool = False
    #: Greater permissions that include it.
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Something that Daybook can do and the permissions that it takes."""

    key: str
    name: str | Promise
    permissions: tuple[str, ...]


class Grant(TextChoices):
    """What is known of one permission."""

    GRANTED = "granted", _("Granted")
    #: No token names it, and yet a request that takes it succeeds.
    EXCHANGE = "exchange", _("Granted in Exchange")
    MISSING = "missing", _("Not granted")
    UNKNOWN = "unknown", _("Not known yet")


PERMISSIONS: dict[str, Permission] = {
    one.name: one
    for one in (
        Permission(
            "Calendars.ReadWrite", _("Read and write calendars in all mailboxes"),
            _("A booking becomes an event in the calendar of the person who takes it, who can then move or cancel it "
              "in Outlook too. What is busy in Outlook is not offered, and changes made there are read back."),
            is_asked=True,
        ),
        Permission(
            "User.Read.All", _("Read all users' full profiles"),
            _("People, their addresses and their licences are read from the directory, so that nobody has to type "
              "them. Whoever is unknown here is added from their profile."),
            is_asked=True,
        ),
        Permission(
            "Place.Read.All", _("Read all company places"),
            _("Rooms are found in the directory and told apart from people, and their changes are followed."),
            is_asked=True,
        ),
        Permission(
            "Mail.Send", _("Send mail as any user"),
            _("Confirmations and reminders come from a mailbox of your own instead of from the site's mail server."),
            is_asked=True,
        ),
        Permission(
            "Group.Read.All", _("Read all groups"),
            _("A group of the directory can stand for its members where access is given."),
            is_asked=True,
        ),
        Permission(
            "Contacts.Read", _("Read contacts in all mailboxes"),
            _("Attendees are suggested from the contacts of the person who types."),
        ),
        Permission(
            "People.Read.All", _("Read all users' relevant people lists"),
            _("Attendees are suggested from the people somebody works with."),
        ),
        Permission(
            "Mail.Read", _("Read mail in all mailboxes"),
            _("Daybook never reads mail. Some guides list this permission; it can be left out."),
        ),
    )
}  # fmt: skip

PROFILES: dict[str, Profile] = {
    one.key: one
    for one in (
        Profile("calendars", _("Bookings in Outlook calendars"), ("Calendars.ReadWrite",)),
        Profile("directory", _("People and licences from the directory"), ("User.Read.All",)),
        Profile("places", _("Rooms told apart from people"), ("Place.Read.All",)),
        Profile("mail", _("Mails from a mailbox of your own"), ("Mail.Send",)),
        Profile("twoWay", _("Rooms in step both ways"), ("Calendars.ReadWrite", "Place.Read.All", "User.Read.All")),
        Profile("oneWay", _("Rooms written by a butler's mailbox"), ("Calendars.ReadWrite", "User.Read.All")),
        Profile("attendees", _("Attendees looked up while typing"), ("Contacts.Read", "People.Read.All")),
        Profile("delegates", _("Room requests answered by rules"), ("Calendars.ReadWrite", "Place.Read.All")),
        Profile("groups", _("Access for groups of the directory"), ("Group.Read.All",)),
    )
}
#: The five that an app registration is given when it is set up (S3.6).
ASKED: tuple[str, ...] = tuple(name for name, one in PERMISSIONS.items() if one.is_asked)
#: What every connected organisation uses.
ALWAYS: tuple[str, ...] = ("calendars", "directory", "places")


def needed_by(permission: str, enabled: Collection[str]) -> list[Profile]:
    """The profiles in use that take `permission`."""
    return [one for key, one in PROFILES.items() if key in enabled and permission in one.permissions]


def serves(permission: str) -> list[Profile]:
    """Every profile that takes `permission`, in use or not."""
    return [one for one in PROFILES.values() if permission in one.permissions]


def grant(permission: str, *, roles: Collection[str] | None, probes: Mapping[str, bool]) -> Grant:
    """What is known: `roles` of the last token (None: there was none), and the outcomes of requests by permission."""
    if roles is None:
        return Grant.UNKNOWN
    if permission in roles:
        return Grant.GRANTED
    return Grant.EXCHANGE if probes.get(permission) else Grant.MISSING


def is_revocable(permission: str, *, granted: Grant, enabled: Collection[str]) -> bool:
    """Whether a permission that is granted may be taken back without anything in use missing it."""
    return granted in (Grant.GRANTED, Grant.EXCHANGE) and not needed_by(permission, enabled)
