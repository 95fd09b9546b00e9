"""The permissions of an organisation's app registration, one by one: granted or not, what for, and what may go.

| what is known                                        | shown as                                                     |
|------------------------------------------------------|--------------------------------------------------------------|
| the last token names it                              | granted                                                      |
| no token names it, a request that takes it succeeds  | granted in Exchange, with a warning (RBAC for Applications)  |
| neither                                              | “Not granted for {organisation}” (S3.7)                      |
| no token came yet                                    | not known yet; before there is a connection: not granted     |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tenants.microsoft365 import permission_profiles
from tenants.microsoft365.permission_profiles import Grant, Permission, Profile
from tenants.models import Connection, Tenant
from tenants.services import connection_trials


@dataclass(frozen=True, slots=True)
class Line:
    """One permission as an administrator sees it."""

    permission: Permission
    grant: Grant
    #: What is switched on and takes it.
    needed_by: list[Profile]
    #: What would take it, if it were switched on.
    serves: list[Profile]
    is_revocable: bool
    #: What the last request that takes it was answered, where it failed.
    error: str = ""
    remedy: str = ""

    @property
    def is_missed(self) -> bool:
        """Whether something that is switched on does not work without it."""
        return self.grant == Grant.MISSING and bool(self.needed_by)


@dataclass(frozen=True, slots=True)
class Listing:
    """Every permission there is a word on, and the roles of the token that nothing here has a use for."""

    lines: list[Line]
    strangers: list[str]

    @property
    def missed(self) -> list[Line]:
        """Those that something in use waits for."""
        return [line for line in self.lines if line.is_missed]


def of(tenant: Tenant, connection: Connection | None) -> Listing:
    """The permissions of a connection, or of the one that is still to come. No query."""
    used, roles = connection_trials.profiles_in_use(tenant), _roles(connection)
    lines = [_line(permission, _tried(connection, name), roles, used)
             for name, permission in permission_profiles.PERMISSIONS.items()]  # fmt: skip
    return Listing(lines, sorted(set(roles or ()) - set(permission_profiles.PERMISSIONS)))


def _line(permission: Permission, tried: list[dict[str, Any]], roles: list[str] | None, used: set[str]) -> Line:
    name, failed = permission.name, next((check for check in tried if not check["ok"]), {})
    granted = permission_profiles.grant(name, roles=roles, probes={name: bool(tried) and not failed})
    return Line(
        permission, granted, permission_profiles.needed_by(name, used), permission_profiles.serves(name),
        permission_profiles.is_revocable(name, granted=granted, enabled=used),
        error=failed.get("message", ""), remedy=failed.get("remedy", ""),
    )  # fmt: skip


def _tried(connection: Connection | None, name: str) -> list[dict[str, Any]]:
    return [check for check in _checks(connection) if check.get("permission") == name]


def _roles(connection: Connection | None) -> list[str] | None:
    """The roles of the last token; None where no token came."""
    if connection is None:
        return []
    signed_in = any(check["name"] == "signIn" and check["ok"] for check in _checks(connection))
    return list(connection.roles) if connection.roles or signed_in else None


def _checks(connection: Connection | None) -> list[dict[str, Any]]:
    return connection.checks if connection else []
