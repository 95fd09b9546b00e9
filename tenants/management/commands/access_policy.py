"""`manage.py access_policy`: who may have booking pages, the rule that decided, and PowerShell's line (S4.17-S4.27)."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from tenants import exchange_output, exchange_policy
from tenants.acting import Actor
from tenants.exchange_policy import Exchange, Level
from tenants.management.rows import TenantCommand
from tenants.models import Mailbox, Tenant
from tenants.services import exchange_values, policies

ACTOR = Actor(kind="system", label="access_policy", source="command")
#: Our switches, and what they may be set to.
SWITCHES: dict[str, policies.Kind] = {"personal": "personal", "shared": "shared"}
SETTINGS = {"on": True, "off": False, "inherit": None}
#: Exchange's values, as PowerShell names them.
VALUES = ("EwsEnabled", "EwsApplicationAccessPolicy", "EwsAllowList", "EwsBlockList")


class Command(TenantCommand):
    """Without `--user` it is about the organisation. Values of Exchange are kept here only: its lines are printed."""

    help = "Shows or changes who may have booking pages, the rule that decided, and the PowerShell line for it."
    formats = ("list", "json")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--user", metavar="UPN", help="one person, by address or user principal name")
        parser.add_argument(
            "--set", dest="wanted", metavar="NAME=VALUE", nargs="+", action="extend", default=[],
            help="personal=on|off|inherit, shared=on|off|inherit; what Exchange says: EwsEnabled=True|False, "
            "EwsApplicationAccessPolicy=EnforceAllowList|EnforceBlockList, EwsAllowList=A,B, EwsBlockList=A,B; "
            "nothing behind the = empties it",
        )  # fmt: skip

    def run(self, tenant: Tenant, options: dict[str, Any]) -> None:
        mailbox = _person(options["user"]) if options["user"] else None
        switches, values = _parsed(options["wanted"])
        now = timezone.now()
        act: dict[str, Any] = {"tenant": tenant, "now": now, "actor": ACTOR}
        with transaction.atomic():
            for kind, on in switches.items():
                policies.set_switch(kind=kind, on=on, mailbox=mailbox, **act)
            if values:
                key = mailbox.pk if mailbox else None
                before = exchange_values.known().get(key, Exchange())
                exchange_values.keep(values={key: exchange_output.Found("", values).over(before)}, **act)
        shown = _shown(tenant, mailbox)
        if options["format"] == "json":
            self.stdout.write(json.dumps(shown, indent=2, ensure_ascii=False))
        else:
            width = max(map(len, shown))
            self.stdout.write("\n".join(line for name, value in shown.items() for line in _lines(name, value, width)))


def _person(name: str) -> Mailbox:
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER).select_related("tenant")
    people = people.alias(lowered=Lower("address"), principal=Lower("principal_name"))
    found = people.filter(Q(lowered=name.lower()) | Q(principal=name.lower())).first()
    if found is None:
        raise CommandError(f"There is no user {name}.")
    return found


def _parsed(wanted: list[str]) -> tuple[dict[policies.Kind, bool | None], dict[str, Any]]:
    """Our switches, and Exchange's values. Raises CommandError."""
    switches: dict[policies.Kind, bool | None] = {}
    row: list[str] = []
    for item in wanted:
        name, separator, value = item.partition("=")
        known = next((one for one in VALUES if one.lower() == name.lower()), "")
        if name in SWITCHES and value in SETTINGS:
            switches[SWITCHES[name]] = SETTINGS[value]
        elif known and separator:
            row.append(f"{known} : {value}")
        else:
            names = ", ".join([*(f"{switch}=on|off|inherit" for switch in SWITCHES), *VALUES])
            raise CommandError(f"{item} is not understood. Settings are: {names}.")
    try:
        return switches, exchange_output.read("\n".join(row))[0].values if row else {}
    except exchange_output.Unreadable as wrong:
        raise CommandError(str(wrong)) from wrong


def _shown(tenant: Tenant, mailbox: Mailbox | None) -> dict[str, Any]:
    """Everything that is said, by its name."""
    level = Level.PERSON if mailbox else Level.ORGANISATION
    who = policies.identity(mailbox) if mailbox else ""
    row = policies.of_person(mailbox) if mailbox else policies.of(tenant)
    values = policies.exchange_of(row) or Exchange()
    shared = row.shared_bookings if mailbox else tenant.bookings_enabled
    shown: dict[str, Any] = {"User" if mailbox else "Organisation": who or tenant.name}
    shown["PersonalBookings"] = _switch(row.personal_bookings, mailbox)
    shown["SharedBookings"] = _switch(shared, mailbox)
    shown |= dict(zip(VALUES, (values.enabled, values.policy, *map(list, (values.allow_list, values.block_list))),
                      strict=True))  # fmt: skip
    shown["TakenFromExchange"] = row.read_at.isoformat() if row.read_at else None
    shown |= _decided(tenant, mailbox)
    for name, wish in (("PowerShellOn", True), ("PowerShellOff", False)):
        shown[name] = list(exchange_policy.lines(values, level=level, wish=wish, identity=who))
    shown["Effect"] = "Switches act at once. Exchange follows 30 to 60 minutes after its commands, at times 4 hours."
    return shown


def _switch(value: bool | None, mailbox: Mailbox | None) -> str:
    if value is None and mailbox is not None:
        return "inherit"
    return "off" if value is False else "on"


def _decided(tenant: Tenant, mailbox: Mailbox | None) -> dict[str, Any]:
    """The decision about a person, or about everybody who has a licence and no exception."""
    if mailbox is None:
        personal, shared = (policies.decide_organisation(tenant, kind=kind) for kind in SWITCHES.values())
    else:
        personal, shared = (policies.decide(mailbox, kind=kind) for kind in SWITCHES.values())
    return {
        "Allowed": personal.allowed, "Rule": personal.rule.value, "Reason": personal.reason,
        "SharedAllowed": shared.allowed, "SharedRule": shared.rule.value, "SharedReason": shared.reason,
    }  # fmt: skip


def _lines(name: str, value: Any, width: int) -> list[str]:
    """As Format-List: names in a column, lists in braces, one PowerShell line on each line."""
    if name.startswith("PowerShell"):
        return [f"{name.ljust(width)} : {line}" for line in value or [""]]
    text = "{" + ", ".join(value) + "}" if isinstance(value, list) else "" if value is None else str(value)
    return [f"{name.ljust(width)} : {text}".rstrip()]
