"""Rows of everything that the admin lists, each with a word that shows whose it is, and secrets that must not show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bookings.models import (
    Approval,
    Assignment,
    BlockedSender,
    Booking,
    BookingPage,
    DateOverride,
    EventLink,
    GroupSession,
    Hold,
    MailTemplate,
    PrivateLink,
    Question,
    Reminder,
    Service,
    StaffMember,
    TimeOff,
    TimeOffer,
    WaitingEntry,
)
from tenants.models import (
    AccessPolicy,
    ApiClient,
    AuditEvent,
    BusyPeriod,
    BusyRead,
    Claim,
    Claimable,
    Connection,
    Domain,
    Job,
    Mailbox,
    Membership,
    Message,
    Role,
    Subscription,
    Tenant,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.factories import NOW, BusinessPageFactory, MailboxFactory, ServiceFactory, StaffMemberFactory, UserFactory

#: Stands in every secret.
SECRET = "top-secret-value"
HOUR = timedelta(hours=1)


def everything(tenant: Tenant, word: str, *, rows: int = 1) -> None:
    """`rows` rows of each model, as far as an organisation may have so many. In the scope of `tenant`."""
    Connection.objects.create(
        tenant=tenant, app_name=word, client_id=word, directory_id=word, client_secret=SECRET, second_secret=SECRET,
        secret_expires_on=NOW.date(), state=Connection.State.CONNECTED,
    )  # fmt: skip
    for n in range(rows):
        for _row in _rows(tenant, word, n):
            pass


def _rows(tenant: Tenant, word: str, n: int) -> Iterator[Any]:
    """One row of each model; what a row needs is made before it."""
    one: dict[str, Any] = {"tenant": tenant}
    name, low = f"{word} {n}", f"{word.lower()}{n}"
    user = UserFactory(name=name, email=f"{low}@{word.lower()}.example")
    yield Membership.objects.create(user=user, role=Role.VIEWER, **one)
    yield Domain.objects.create(name=f"{low}.example", **one)
    box = MailboxFactory(user=user, display_name=name, address=f"{low}@box.example", **one)
    yield from _of_mailbox(box, name, one)
    yield ApiClient.objects.create(name=name, key_hash=f"{SECRET}{name}", key_hint=low[:12], scopes=[], **one)
    hook = WebhookEndpoint.objects.create(url=f"https://{low}.example", secret=SECRET, **one)
    yield WebhookDelivery.objects.create(
        endpoint=hook, event="booking.created", body=SECRET, created_at=NOW, state="failed", last_error=name, **one
    )
    yield Job.objects.create(kind="mail.x", payload={"token": SECRET}, dedupe_key=name, due_at=NOW, **one)
    yield Message.objects.create(
        message_id=name, dedupe_key=name, template="digest", to=f"{low}@mail.example", subject=name, text=SECRET,
        html=SECRET, calendar=SECRET, state="failed", **one,
    )  # fmt: skip
    yield AuditEvent.objects.create(
        at=NOW, actor_kind="person", actor=name, action="booking.created", target_kind="booking", target=name,
        source="web", cmdlet=f"New-{word}", **one,
    )  # fmt: skip
    claimed = Claimable.objects.create(**one)
    yield Claim.objects.create(key=claimed, starts_at=NOW, ends_at=NOW + HOUR, owner_id=claimed.pk, **one)
    yield BlockedSender.objects.create(pattern=f"{low}@blocked.example", note=name, **one)
    yield MailTemplate.objects.create(template=f"t{n}", reader="customer", language="en", subject=name, **one)
    page = BusinessPageFactory(display_name=name, mailbox__address=f"{low}@page.example", **one)
    yield from _of_page(page, box, name, one)


def _of_mailbox(box: Mailbox, name: str, one: dict[str, Any]) -> Iterator[Any]:
    yield BusyRead.objects.create(mailbox=box, read_at=NOW, delta_link=SECRET, **one)
    yield BusyPeriod.objects.create(
        mailbox=box, event_id=name, starts_at=NOW, ends_at=NOW + HOUR, title=f"{SECRET} {name}", **one
    )
    yield Subscription.objects.create(
        mailbox=box, token_hash=f"{SECRET}{name}", client_state=SECRET, expires_at=NOW, last_error=name, **one
    )
    yield AccessPolicy.objects.create(mailbox=box, personal_bookings=False, changed_at=NOW, **one)


def _of_page(page: BookingPage, box: Mailbox, name: str, one: dict[str, Any]) -> Iterator[Any]:
    member = StaffMemberFactory(page=page, mailbox=box, display_name=name)
    service = ServiceFactory(page=page, title=name, waiting_list=True)
    yield Question.objects.create(page=page, label=name, **one)
    yield Reminder.objects.create(service=service, text=name, **one)
    yield DateOverride.objects.create(page=page, on_date=NOW.date(), note=name, **one)
    yield TimeOff.objects.create(page=page, starts_at=NOW, ends_at=NOW + HOUR, reason=name, **one)
    link = PrivateLink.objects.create(
        service=service, label=name, token=SECRET, token_hash=f"{SECRET}{name}", email="link@example.net", max_uses=1,
        uses=1, **one,
    )  # fmt: skip
    yield from _of_service(service, member, link, name, one)


def _of_service(
    service: Service, member: StaffMember, link: PrivateLink, name: str, one: dict[str, Any]
) -> Iterator[Any]:
    then = {"starts_at": NOW + HOUR, "ends_at": NOW + 2 * HOUR, "buffer_before": 0 * HOUR, "buffer_after": 0 * HOUR}
    who = {"customer_name": name, "customer_email": "c@example.net", "customer_time_zone": "UTC"}
    secret = {"token": SECRET, "token_hash": f"{SECRET}{name}"}
    booking = Booking.objects.create(
        page=service.page, service=service, staff_member=member, link=link, title=name, source="page",
        invitation_sender="daybook", created_at=NOW, manage_token=SECRET, manage_token_hash=f"{SECRET}{name}",
        **then, **who, **one,
    )  # fmt: skip
    yield EventLink.objects.create(booking=booking, mailbox=member.mailbox, transaction_id=name, **one)
    yield GroupSession.objects.create(service=service, staff_member=member, capacity=2, **then, **one)
    at: dict[str, Any] = {"service": service, "staff_member": member, "starts_at": NOW + HOUR, **one}
    yield Hold.objects.create(expires_at=NOW + HOUR, key_hash=f"{SECRET}{name}", created_at=NOW, **at)
    yield Approval.objects.create(
        kind="booking", booking=booking, staff_member=member, asked_name=name, asked_email="a@example.net",
        asked_at=NOW, **secret, **one,
    )  # fmt: skip
    yield Assignment.objects.create(
        page=service.page, booking=booking, staff_member=member, how="fair", reason=name, at=NOW, **one
    )
    yield WaitingEntry.objects.create(
        service=service, first_date=NOW.date(), last_date=NOW.date(), created_at=NOW, **who, **secret, **one
    )
    yield TimeOffer.objects.create(origin=booking, expires_at=NOW + HOUR, created_at=NOW, **at, **secret)
