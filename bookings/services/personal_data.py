"""Everything the organisation keeps of one person, by mail address: what, where, and what becomes of it when erased.

| found                                               | by                       | erasing                           |
|-----------------------------------------------------|--------------------------|-----------------------------------|
| bookings as the customer                            | the customer's address   | anonymised; figures stay          |
| bookings as a guest                                 | the list of guests       | taken off the list                |
| waiting list, offered times, private links, codes   | the address              | deleted; a link loses its name    |
| mails to the person, and about their bookings       | reader, booking          | deleted                           |
| webhook deliveries, answers kept for programs, jobs | their content            | deleted                           |
| audit trail                                         | address, names, bookings | a pseudonym in the person's place |
| … of a member, who answers for what they did        | the same                 | kept until the role is taken away |
| blocked sender                                      | the pattern              | kept: the reason for it goes on   |
| staff, mailbox, sign-in, role                       | the address              | kept while the person works here  |
| what lies ahead                                     | bookings, requests       | kept or cancelled, as is chosen   |

The same for calendars in the trash.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from bookings.models import (
    Approval,
    BlockedSender,
    Booking,
    BookingPage,
    MailCode,
    PrivateLink,
    StaffMember,
    WaitingEntry,
)
from bookings.services import mail_codes
from tenants.models import AuditEvent, Mailbox, Membership, Message, Tenant, User
from tenants.services import pseudonyms


@dataclass(frozen=True)
class Found:
    """Where a person's data is. Every part is a query that has not been asked yet."""

    tenant: Tenant
    address: str
    bookings: QuerySet[Booking]
    as_guest: QuerySet[Booking]
    waiting: QuerySet[WaitingEntry]
    links: QuerySet[PrivateLink]
    mails: QuerySet[Message]
    codes: QuerySet[MailCode]
    blocked: QuerySet[BlockedSender]
    audit: QuerySet[AuditEvent]
    staff: QuerySet[StaffMember]
    asked: QuerySet[Approval]
    mailboxes: QuerySet[Mailbox]
    memberships: QuerySet[Membership]
    contacts: QuerySet[BookingPage]

    def ahead(self, now: datetime) -> QuerySet[Booking]:
        """What the person has booked or asked for, and is not over."""
        return self.bookings.filter(ends_at__gt=now).exclude(status__in=Booking.GONE).order_by("starts_at")

    def ahead_as_guest(self, now: datetime) -> QuerySet[Booking]:
        """What the person comes along to, and is not over."""
        return self.as_guest.filter(ends_at__gt=now).exclude(status__in=Booking.GONE).order_by("starts_at")

    def has_role(self) -> bool:
        """Whether the person may act here still: then the trail goes on naming them, whoever wants it otherwise."""
        return self.memberships.exists() or User.objects.filter(email__iexact=self.address, is_superuser=True).exists()

    def counts(self) -> dict[str, int]:
        """How many rows of each part; one query each."""
        parts = ("bookings", "as_guest", "waiting", "links", "mails", "codes", "blocked", "audit", "staff", "asked",
                 "mailboxes", "memberships", "contacts")  # fmt: skip
        return {name: getattr(self, name).count() for name in parts}


def find(*, tenant: Tenant, address: str) -> Found:
    """Everything kept of the person with this mail address, in whatever case it was written."""
    address = address.replace("\x00", "").strip()
    bookings = Booking.objects.filter(customer_email__iexact=address)
    related = ("page__mailbox", "service", "staff_member", "tenant", "session")
    about = list(bookings.values_list("pk", flat=True))
    return Found(
        tenant=tenant, address=address,
        bookings=bookings.select_related(*related).order_by("-starts_at"),
        as_guest=_with_guest(address).select_related(*related).order_by("-starts_at"),
        waiting=WaitingEntry.objects.filter(customer_email__iexact=address).select_related("service__page"),
        links=PrivateLink.objects.filter(email__iexact=address).select_related("service__page"),
        mails=Message.objects.filter(Q(to__iexact=address) | Q(about_id__in=bookings.order_by().values("pk"))),
        codes=mail_codes.of_address(tenant=tenant, address=address),
        blocked=BlockedSender.objects.filter(pattern__iexact=address),
        audit=pseudonyms.concerns(address, about),
        staff=StaffMember.objects.filter(email__iexact=address).select_related("page"),
        asked=Approval.objects.filter(asked_email__iexact=address),
        mailboxes=Mailbox.objects.filter(Q(address__iexact=address) | Q(principal_name__iexact=address)),
        memberships=Membership.objects.filter(user__email__iexact=address).select_related("user"),
        contacts=BookingPage.with_deleted.filter(email__iexact=address),
    )  # fmt: skip


def _with_guest(address: str) -> QuerySet[Booking]:
    """Bookings with this very address among the guests, which is kept as JSON text: between quotation marks."""
    rows = Booking.objects.alias(coming=Cast("guests", TextField()))
    wanted = Q()
    for one in pseudonyms.spellings(address):
        wanted |= Q(("coming__icontains", f'"{one}"'))
    found: QuerySet[Booking] = rows.filter(wanted)
    return found
