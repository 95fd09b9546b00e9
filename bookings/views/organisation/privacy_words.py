"""The words of what is kept of a person: where it is, what erasing does to it, the headings of the readable copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Each part of `personal_data.Found`: its name, what becomes of it, whether it is erased.
PARTS: dict[str, tuple[Promise, Promise, bool]] = {
    "bookings": (_("Bookings"), _("Anonymised; page, time and status stay for reports."), True),
    "as_guest": (_("Bookings as a guest"), _("The address is taken off the list of guests."), True),
    "waiting": (_("Waiting lists"), _("Deleted, with the times offered."), True),
    "links": (_("Private links sent to the person"), _("Lose the name and the address."), True),
    "mails": (_("Mails to the person and about their bookings"), _("Deleted."), True),
    "codes": (_("Codes sent to confirm the address"), _("Deleted."), True),
    "audit": (_("Entries of the audit log"), _("Stay, with a pseudonym in the person’s place."), True),
    "blocked": (_("Blocked sender"), _("Kept: whoever was blocked stays blocked. You can remove it there."), False),
    "staff": (_("Staff of booking pages"), _("Kept while the person takes bookings."), False),
    "asked": (_("Questions to approve"), _("Kept with the bookings they are about."), False),
    "mailboxes": (_("Mailbox"), _("Kept while it exists in Microsoft 365."), False),
    "memberships": (_("Role and sign-in"), _("Kept until the role is taken away."), False),
    "contacts": (_("Contact address of booking pages"), _("Kept: it is published there."), False),
}
#: The parts of an exported copy.
COPY: dict[str, Promise] = {
    "bookings": _("Bookings"), "guestOf": _("Bookings as a guest"), "waitingList": _("Waiting lists"),
    "privateLinks": _("Private links sent to the person"), "mails": _("Mails"),
    "mailCodes": _("Codes sent to confirm the address"), "blocked": _("Blocked sender"),
    "staff": _("Staff of booking pages"), "askedToApprove": _("Questions to approve"), "mailboxes": _("Mailbox"),
    "members": _("Role and sign-in"), "contactOfPages": _("Contact address of booking pages"),
    "auditTrail": _("Audit log"),
}  # fmt: skip


#: The same of somebody with a role, who answers for what they did.
OF_MEMBERS = PARTS | {"audit": (PARTS["audit"][0], PARTS["memberships"][1], False)}


def parts(counts: Mapping[str, int], *, has_role: bool) -> list[tuple[Promise, int, Promise, bool]]:
    """The parts that hold anything: name, number, what becomes of it, whether it is erased."""
    kept = OF_MEMBERS if has_role else PARTS
    return [(name, counts[key], fate, erased) for key, (name, fate, erased) in kept.items() if counts[key]]


def readable(copy: Mapping[str, Any]) -> list[tuple[Promise, list[list[tuple[str, str]]]]]:
    """The parts of a copy that hold anything, each row as names and values; what is empty is left out."""
    found = []
    for key, heading in COPY.items():
        rows = [[(name, _text(value)) for name, value in row.items() if value not in (None, "", [], {})]
                for row in copy[key]]  # fmt: skip
        if rows:
            found.append((heading, rows))
    return found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(inner)}" for name, inner in value.items())
    return str(value)
