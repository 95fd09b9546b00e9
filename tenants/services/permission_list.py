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

from tenants.microsoft365 import permission_profiles
from tenants.microsoft365.permission_profiles import Grant, Permission, Profile
from tenants.models import Connection, Tenant


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


def enabled(tenant: Tenant) -> set[str]:
    """The keys of the profiles that an organisation uses."""
    return {*permission_profiles.ALWAYS, *(["mail"] if tenant.mail_from else [])}


def of(tenant: Tenant, connection: Connection | None) -> Listing:
    """The permissions of a connection, or of the one that is still to come. No query."""
    used = enabled(tenant)
    tried = {check["permission"]: check for check in _checks(connection) if check.get("permission")}
    probes = {name: all(one["ok"] for one in _checks(connection) if one.get("permission") == name) for name in tried}
    roles = _roles(connection)
    lines = []
    for name, permission in permission_profiles.PERMISSIONS.items():
        granted = permission_profiles.grant(name, roles=roles, probes=probes)
        failed = next((one for one in _checks(connection) if one.get("permission") == name and not one["ok"]), {})
        lines.append(
            Line(
                permission, granted, permission_profiles.needed_by(name, used), permission_profiles.serves(name),
                permission_profiles.is_revocable(name, granted=granted, enabled=used),
                error=failed.get("message", ""), remedy=failed.get("remedy", ""),
            )
        )  # fmt: skip
    return Listing(lines, sorted(set(roles or ()) - set(permission_profiles.PERMISSIONS)))


def _roles(connection: Connection | None) -> list[str] | None:
    """The roles of the last token; None where no token came."""
    if connection is None:
        return []
    signed_in = any(check["name"] == "signIn" and check["ok"] for check in _checks(connection))
    return connection.roles if connection.roles or signed_in else None


def _checks(connection: Connection | None) -> list[dict[str, object]]:
    return connection.checks if connection else []
