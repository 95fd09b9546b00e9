"""The organisation's mailboxes as Exchange lists them, and who has full access to a scheduling mailbox (S0.8-S0.10).

| mailbox    | who has full access                                                                            |
|------------|------------------------------------------------------------------------------------------------|
| scheduling | itself, the owners and administrators of its page, those of the organisation                    |
| a person's | itself, the person                                                                             |
| a room's   | itself                                                                                         |
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from bookings.models import StaffMember
from tenants.models import ADMINISTRATORS, Mailbox, Membership

FULL_ACCESS = "FullAccess"
#: The mailbox itself, which Exchange lists among those with access.
SELF = "NT AUTHORITY\\SELF"
#: Exchange's names of the columns, in its order (S0.10).
COLUMNS = ("Identity", "User", "AccessRights")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Permission:
    """`user` has `rights` on the mailbox `identity`."""

    identity: str
    user: str
    rights: str


def listed(kind: str | None = None, search: str = "") -> QuerySet[Mailbox]:
    """Every mailbox of the organisation, or every one of a kind whose name or address holds `search`; never cut."""
    mailboxes: QuerySet[Mailbox] = Mailbox.objects.order_by("display_name", "address")
    if search:
        mailboxes = mailboxes.filter(Q(display_name__icontains=search) | Q(address__icontains=search))
    return mailboxes if kind is None else mailboxes.filter(kind=kind)


def permissions(mailboxes: QuerySet[Mailbox] | Iterable[Mailbox]) -> Iterator[Permission]:
    """Who has access to each, mailbox by mailbox: one query for every 500 of them, and no more in memory."""
    if isinstance(mailboxes, QuerySet):
        mailboxes = mailboxes.select_related("user").iterator(chunk_size=_AT_ONCE)
    everywhere = list(
        Membership.objects.filter(role__in=ADMINISTRATORS)
        .order_by("created_at", "pk")
        .values_list("user__email", flat=True)
    )
    left = iter(mailboxes)
    while some := list(itertools.islice(left, _AT_ONCE)):
        of_page = _of_pages(some)
        for mailbox in some:
            users = [SELF]
            if mailbox.kind == Mailbox.Kind.SCHEDULING:
                users += [*of_page.get(mailbox.pk, []), *everywhere]
            elif mailbox.user is not None:
                users.append(mailbox.user.email)
            yield from (Permission(mailbox.address, user, FULL_ACCESS) for user in dict.fromkeys(users))


def people(found: Iterable[Permission]) -> Iterator[Permission]:
    """Those of people only, as `Where-Object {$_.user -like '*@*'}` leaves them (S0.10)."""
    return (each for each in found if "@" in each.user)


def _of_pages(mailboxes: list[Mailbox]) -> dict[uuid.UUID, list[str]]:
    """The addresses of who looks after the page under each scheduling mailbox."""
    wanted = [mailbox.pk for mailbox in mailboxes if mailbox.kind == Mailbox.Kind.SCHEDULING]
    found: dict[uuid.UUID, list[str]] = {}
    staff = StaffMember.objects.filter(role__in=ADMINISTRATORS, removed_at=None, page__mailbox__in=wanted)
    for mailbox_id, email in staff.order_by("position", "display_name").values_list("page__mailbox", "email"):
        found.setdefault(mailbox_id, []).append(email)
    return found
