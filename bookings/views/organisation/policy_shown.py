"""What the pages of the access policy say about the organisation or one person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tenants import exchange_policy
from tenants.exchange_policy import FOLLOWS_AFTER, FOLLOWS_AT_LAST, FOLLOWS_UNTIL, Case, Exchange, Level
from tenants.models import AccessPolicy, Mailbox, Tenant
from tenants.services import policies


def about(tenant: Tenant, row: AccessPolicy | None, *, now: datetime, mailbox: Mailbox | None = None) -> dict[str, Any]:
    """Switches, Exchange's values with their case, the lines for either wish, and when Microsoft's side follows."""
    row = row or AccessPolicy(tenant=tenant, mailbox=mailbox)
    values = policies.exchange_of(row) or Exchange()
    decided = {
        "personal": policies.decide_organisation(tenant, row=row),
        "shared": policies.decide_organisation(tenant, kind="shared"),
    }
    return {
        "policy": row, "values": values, "facts": facts(values),
        "decided": {} if mailbox else decided, "wishes": wishes(values, mailbox),
        "reading": exchange_policy.reading(level_of(mailbox), policies.identity(mailbox) if mailbox else ""),
        "follows": (now + FOLLOWS_AFTER, now + FOLLOWS_UNTIL, now + FOLLOWS_AT_LAST),
        "changed_lately": row.changed_at is not None and row.changed_at + FOLLOWS_AT_LAST > now,
    }  # fmt: skip


def level_of(mailbox: Mailbox | None) -> Level:
    """Whose values are meant."""
    return Level.ORGANISATION if mailbox is None else Level.PERSON


def facts(values: Exchange) -> list[tuple[str, str]]:
    """The values as Format-List shows them."""
    shown = {True: "True", False: "False", None: ""}[values.enabled]
    lists = [", ".join(entries) for entries in (values.allow_list, values.block_list)]
    names = ("EwsEnabled", "EwsApplicationAccessPolicy", "EwsAllowList", "EwsBlockList")
    return list(zip(names, (shown, values.policy, *lists), strict=True))


def wishes(values: Exchange, mailbox: Mailbox | None) -> list[dict[str, Any]]:
    """For on and off: the lines that lead there, whether it is so already, and another way where there is one."""
    level, who = level_of(mailbox), policies.identity(mailbox) if mailbox else ""
    found = []
    for wish, title in ((True, _("To turn personal pages on")), (False, _("To turn personal pages off"))):
        lines = exchange_policy.lines(values, level=level, wish=wish, identity=who)
        found.append({"name": "on" if wish else "off", "title": title, "lines": lines, "is_so": values.allows == wish})
    if mailbox is None and values.policy:
        back = exchange_policy.form(level=level, case=Case.EMPTY, wish=True)
        found.append({"name": "", "title": _("To allow every application again"), "lines": (back,), "is_so": False})
    return found


def switches(row: AccessPolicy | None, mailbox: Mailbox) -> list[dict[str, Any]]:
    """A person's two switches with what they are set to."""
    return [
        {
            "kind": kind, "title": title,
            "choices": [(name, label, (getattr(row, f"{kind}_bookings") if row else None) is value)
                        for name, label, value in _choices()],
        }
        for kind, title in (("personal", _("Personal booking page")), ("shared", _("Shared booking pages")))
    ]  # fmt: skip


def _choices() -> list[tuple[str, str, bool | None]]:
    return [
        ("inherit", _("As the organisation"), None), ("on", _("Switched on"), True), ("off", _("Switched off"), False),
    ]  # fmt: skip
