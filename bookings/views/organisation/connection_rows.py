"""How the findings of a connection's tests are shown: in order, in words, each with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.microsoft365 import errors, permissions
from tenants.models import Connection
from tenants.services import connections, secret_warnings

NAMES: dict[str, str | Promise] = {
    "consent": gettext_lazy("Admin consent"),
    "signIn": gettext_lazy("Signing in with client ID, directory ID and secret"),
    "otherSecret": gettext_lazy("The other secret"),
    "people": gettext_lazy("Reading people"),
    "calendar": gettext_lazy("Reading calendars"),
    "write": gettext_lazy("Writing to calendars"),
    "places": gettext_lazy("Reading rooms"),
    "groups": gettext_lazy("Reading groups"),
    "mail": gettext_lazy("Sending mail"),
    "mailboxes": gettext_lazy("No policy closes a mailbox"),
    "notifications": gettext_lazy("Microsoft reaches Daybook"),
}
#: Those that are always made, in order.
ALWAYS = ("signIn", "people", "calendar", "write", "places", "groups", "mail", "mailboxes", "notifications")


@dataclass(frozen=True, slots=True)
class Row:
    """One test. `state`: `ok`, `warn`, `danger`, `waiting` or `skipped`; `command`: a line of PowerShell to copy."""

    name: str
    state: str
    message: str = ""
    remedy: str = ""
    permission: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """The tests of one connection: `of` is `active` or `draft`."""

    of: str
    rows: list[Row]
    is_running: bool
    is_stalled: bool
    signs_in: bool

    @property
    def has_failed(self) -> bool:
        """Whether one of the rows says what is wrong, and what mends it."""
        return any(row.state == "danger" for row in self.rows)


def findings(connection: Connection, now: datetime) -> Findings:
    """What was found, and while tests run also what is still to come."""
    running = connections.is_running(connection, now)
    rows = [_row(check, connection) for check in connection.checks]
    if running:
        told = {check["name"] for check in connection.checks}
        rows += [Row(str(NAMES[name]), "waiting") for name in ALWAYS if name not in told]
    return Findings(
        of="active" if connection.is_active else "draft", rows=rows, is_running=running,
        is_stalled=connections.is_stalled(connection, now),
        signs_in=not any(check["name"] == "signIn" and not check["ok"] for check in connection.checks),
    )  # fmt: skip


def _row(check: dict[str, Any], connection: Connection) -> Row:
    message, remedy, permission = check["message"], check["remedy"], check["permission"]
    if check["ok"] and permission and permission not in connection.roles:
        remedy = remedy or _(
            "The token does not name this permission: it was granted in Exchange. See that it covers every mailbox."
        )
    if check["ok"]:
        state = "warn" if remedy else "ok"
    else:
        state = "skipped" if message == permissions.NOT_TRIED else "danger" if check["is_needed"] else "warn"
    closed = errors.ODATA_DISABLED in message
    return Row(
        name=str(NAMES.get(check["name"], check["name"])), state=state, message=_(message) if message else "",
        remedy=_(remedy) if remedy else "", permission=permission, command=errors.ODATA_COMMAND if closed else "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SecretRow:
    """One of the secrets, never its value."""

    slot: int
    ends_on: date
    days_left: int
    saved_at: datetime | None
    is_ended: bool
    is_used_first: bool


def secrets(connection: Connection, today: date) -> list[SecretRow]:
    """The secrets, the one that is tried first first."""
    saved = {number: getattr(connection, slot[2]) for number, slot in enumerate(Connection.SLOTS, start=1)}
    found = sorted(secret_warnings.of(connection, today=today), key=lambda secret: secret.ends_on, reverse=True)
    return [
        SecretRow(one.slot, one.ends_on, one.days_left, saved[one.slot], one.is_ended, number == 0)
        for number, one in enumerate(found)
    ]
