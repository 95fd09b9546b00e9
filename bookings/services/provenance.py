"""Where a scheduling mailbox comes from: the answer to the user in the directory whom nobody remembers (S0.18-S0.20).

A booking calendar is made by a person; its mailbox by Exchange; the user object that belongs to the mailbox by a part
of Microsoft 365 that signs as "Microsoft Substrate Management". Three entries of one act:

| entry                                  | actor        | initiator                      | read in                     |
|----------------------------------------|--------------|--------------------------------|-----------------------------|
| `page.created`, New-SchedulingMailbox  | the person   |                                | Exchange's admin audit log  |
| `directory.userAdded`                  | the person   | Microsoft Substrate Management | the directory's audit log   |
| mail "Page created" and those to staff |              |                                | the mails that were sent    |

The story is told from the audit trail, so that it can be told when page and mailbox are purged.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bookings.models import BookingPage, StaffMember
from tenants.acting import Actor
from tenants.models import AuditEvent, Mailbox, Message
from tenants.services import audit

#: Who the directory says makes the user objects of scheduling mailboxes (S0.19).
DIRECTORY = "Microsoft Substrate Management"
USER_ADDED, USER_REMOVED = "directory.userAdded", "directory.userRemoved"
CREATED = "page.created"
#: Events whose target is a scheduling mailbox, and so lead to its story.
ABOUT_MAILBOX = (CREATED, USER_ADDED, USER_REMOVED)
#: So many mails and events are told of.
MOST = 50


@dataclass(frozen=True, slots=True)
class Story:
    """A scheduling mailbox, as far as anything of it is known. `mailbox`, `page`: None once they are purged."""

    mailbox_id: uuid.UUID
    name: str
    address: str
    mailbox: Mailbox | None
    page: BookingPage | None
    creation: AuditEvent | None
    #: The directory's event of the user object.
    directory: AuditEvent | None
    mails: list[Message]
    events: list[AuditEvent]

    @property
    def creator(self) -> str:
        """The name of who made it; empty where nothing tells."""
        return str(self.creation.after.get("createdBy") or self.creation.actor) if self.creation else ""


def user_added(*, page: BookingPage, now: datetime, actor: Actor) -> None:
    """The directory's event, in the transaction that makes a scheduling mailbox (S0.19)."""
    _record(page, USER_ADDED, now, actor)


def user_removed(*, page: BookingPage, now: datetime, actor: Actor) -> None:
    """The directory's event of the end, in the transaction that purges a scheduling mailbox."""
    _record(page, USER_REMOVED, now, actor)


def _record(page: BookingPage, action: str, now: datetime, actor: Actor) -> None:
    values = {
        "displayName": page.mailbox.display_name, "userPrincipalName": page.mailbox.address,
        "recipientTypeDetails": str(page.mailbox.kind), "page": str(page.pk),
    }  # fmt: skip
    before, after = ({}, values) if action == USER_ADDED else (values, {})
    audit.record(
        tenant=page.tenant, actor=replace(actor, source="directory"), initiator=DIRECTORY, action=action,
        target=page.mailbox, label=page.mailbox.display_name, now=now, before=before, after=after,
    )  # fmt: skip


def story(mailbox_id: uuid.UUID) -> Story | None:
    """What is known of a scheduling mailbox, also after it was purged. None where there never was one."""
    kept = Mailbox.objects.filter(pk=mailbox_id, kind=Mailbox.Kind.SCHEDULING).first()
    entries = AuditEvent.objects.filter(target_id=mailbox_id, action__in=(CREATED, USER_ADDED))
    first = {event.action: event for event in entries.order_by("-at")}
    creation, directory = first.get(CREATED), first.get(USER_ADDED)
    if kept is None and creation is None:
        return None
    page = BookingPage.with_deleted.select_related("mailbox", "tenant").filter(mailbox=mailbox_id).first()
    known = creation.after if creation else {}
    about = [mailbox_id, *([page.pk] if page else _page_ids(directory))]
    return Story(
        mailbox_id=mailbox_id, mailbox=kept, page=page, creation=creation, directory=directory,
        name=kept.display_name if kept else str(known.get("displayName", "")),
        address=kept.address if kept else creation.target if creation else "",
        mails=_mails(page), events=list(AuditEvent.objects.filter(target_id__in=about).order_by("-at", "-pk")[:MOST]),
    )  # fmt: skip


def _page_ids(directory: AuditEvent | None) -> Iterable[uuid.UUID]:
    """The purged page, as the directory's event names it."""
    named = directory.after.get("page") if directory else None
    return [uuid.UUID(str(named))] if named else []


def _mails(page: BookingPage | None) -> list[Message]:
    """The mails about the making of the page and about who takes bookings on it; bookings have their own pages."""
    if page is None:
        return []
    staff = StaffMember.objects.filter(page=page).values_list("pk", flat=True)
    rows = Message.objects.filter(about_id__in=[page.pk, *staff]).defer("text", "html", "calendar")
    return list(rows.order_by("created_at")[:MOST])
