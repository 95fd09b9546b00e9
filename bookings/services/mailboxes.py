"""The organisation's mailboxes as Exchange lists them, and who has full access to a scheduling mailbox (S0.8-S0.10)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from bookings.models import StaffMember
from tenants.models import ADMINISTRATORS, Mailbox, Membership

FULL_ACCESS = "FullAccess"
#: The mailbox itself, which Exchange lists among those with access.
SELF = "NT AUTHORITY\\SELF"


@dataclass(frozen=True, slots=True)
class Permission:
    """`user` has `rights` on the mailbox `identity`."""

    identity: str
    user: str
    rights: str


def listed(kind: str | None = None) -> QuerySet[Mailbox]:
    """Every mailbox of the organisation, or every one of a kind; never cut (S0.9)."""
    mailboxes: QuerySet[Mailbox] = Mailbox.objects.order_by("display_name", "address")
    return mailboxes if kind is None else mailboxes.filter(kind=kind)


def permissions(mailboxes: QuerySet[Mailbox]) -> list[Permission]:
    """Who has access to each: a person to their own; administrators of the page and the organisation to a page's."""
    everywhere = list(
        Membership.objects.filter(role__in=ADMINISTRATORS)
        .order_by("created_at", "pk")
        .values_list("user__email", flat=True)
    )
    of_page: dict[object, list[str]] = {}
    staff = StaffMember.objects.filter(role__in=ADMINISTRATORS, removed_at=None).order_by("position", "display_name")
    for mailbox_id, email in staff.values_list("page__mailbox", "email"):
        of_page.setdefault(mailbox_id, []).append(email)
    found = []
    for mailbox in mailboxes.select_related("user"):
        users = [SELF]
        if mailbox.kind == Mailbox.Kind.SCHEDULING:
            users += [*of_page.get(mailbox.pk, []), *everywhere]
        elif mailbox.user is not None:
            users.append(mailbox.user.email)
        found += [Permission(mailbox.address, user, FULL_ACCESS) for user in dict.fromkeys(users)]
    return found
