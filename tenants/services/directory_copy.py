"""Brings the mailboxes of people into step with what was read from the directory: a plan first, then few writes.

| the directory                                  | our mailbox                                                        |
|------------------------------------------------|--------------------------------------------------------------------|
| has somebody new under one of our domains      | is made; not for an account that is off                            |
| tells another name, address, licence, plan     | follows; the person is found by the directory's id, else by address |
| has switched the account off                   | is kept, marked; it may have no pages while that lasts             |
| does not have the person any more              | is kept, marked, with its bookings; its licence and calendar end   |
| lacks a great many at once                     | nobody is marked, until an administrator says that it is so        |
| gives the address of a room, page or stranger  | is left alone                                                      |

The Bookings capability is Exchange's to tell (`licensing.apply`). Until it did, or when a plan was assigned after it
did, the capability follows the plan of the person's own record, not Microsoft's index, which may be late (S1.11).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django_scopes import scopes_disabled

from tenants.acting import Actor
from tenants.microsoft365.directory import Person
from tenants.models import BOOKINGS_CAPABILITY, Mailbox, Tenant
from tenants.services import audit

#: More than so many, and more than this share of all, do not leave at once: rather something is wrong.
FEW, SHARE = 10, 0.2
BATCH = 500
#: What the directory tells of a person; the first ones stand in the audit trail.
TOLD = ("address", "display_name", "principal_name", "account_enabled", "licences", "has_bookings_plan", "capabilities")
KEPT = (*TOLD, "capabilities_read_at", "directory_object_id", "syncs_calendar", "licence_error", "licence_checked_at")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: everybody in the directory, who of them are ours, and what was asked of each."""

    #: The ids of everybody, whatever their domain.
    present: frozenset[str]
    ours: list[Person]
    #: Who is in Microsoft's index of the service plan (S1.8).
    listed: set[str]
    #: Whether they have a calendar; nobody is in here whom it was not asked of.
    calendars: dict[str, bool]
    #: Why asking failed, by id.
    failures: dict[str, str]


@dataclass(slots=True)
class Plan:
    """What is to be written, by what happens to it."""

    new: list[Mailbox] = field(default_factory=list)
    known: list[Mailbox] = field(default_factory=list)
    gone: list[Mailbox] = field(default_factory=list)
    #: Those who seem to have left, while too many do.
    held: list[Mailbox] = field(default_factory=list)
    #: Values before, by mailbox.
    before: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)

    @property
    def changed(self) -> list[Mailbox]:
        """Known ones of whom something differs, and those who left."""
        return [mailbox for mailbox in (*self.known, *self.gone) if _values(mailbox) != self.before[mailbox.pk]]


def merge(tenant: Tenant, reading: Reading, *, now: datetime, actor: Actor, accept_leavers: bool = False) -> Plan:
    """Writes what differs, each with its audit event. In a transaction in which the organisation's row is locked."""
    everyone = list(Mailbox.objects.all())
    plan = _plan(tenant, reading, everyone, now, accept_leavers)
    _drop_strangers(plan)
    changed = plan.changed
    _make_way(changed, plan)
    Mailbox.objects.bulk_update(changed, KEPT, batch_size=BATCH)
    _mark_checked({mailbox.pk for mailbox in plan.known} - {mailbox.pk for mailbox in changed}, now)
    Mailbox.objects.bulk_create(plan.new, batch_size=BATCH)
    _record(tenant, plan, changed, now, actor)
    return plan


def _plan(tenant: Tenant, reading: Reading, everyone: list[Mailbox], now: datetime, accept: bool) -> Plan:
    plan = Plan()
    by_id = {mailbox.directory_object_id: mailbox for mailbox in everyone if mailbox.directory_object_id}
    by_address = {mailbox.address.lower(): mailbox for mailbox in everyone}
    for person in reading.ours:
        mailbox = by_id.get(person.id) or _by_address(by_address.get(person.address), reading)
        if mailbox is None:
            if not person.is_enabled or _taken(by_address.get(person.address)):
                continue
            mailbox = Mailbox(tenant=tenant, kind=Mailbox.Kind.USER, time_zone=tenant.time_zone)
            plan.new.append(mailbox)
        elif mailbox.kind != Mailbox.Kind.USER or mailbox.pk in plan.before:
            continue
        else:
            plan.before[mailbox.pk] = _values(mailbox)
            plan.known.append(mailbox)
        by_address[person.address] = mailbox
        _follow(mailbox, person, reading, now)
    _leavers(plan, reading, everyone, accept)
    return plan


def _by_address(mailbox: Mailbox | None, reading: Reading) -> Mailbox | None:
    """A mailbox that has the address, unless it is somebody else's who is still there."""
    if mailbox is None or (mailbox.directory_object_id in reading.present and mailbox.directory_object_id):
        return None
    return mailbox


def _taken(mailbox: Mailbox | None) -> bool:
    """Whether the address is a room's or a page's, which nobody gets by having the same one."""
    return mailbox is not None and mailbox.kind != Mailbox.Kind.USER


def _follow(mailbox: Mailbox, person: Person, reading: Reading, now: datetime) -> None:
    had_plan = mailbox.has_bookings_plan
    mailbox.address, mailbox.display_name = person.address, person.display_name
    mailbox.directory_object_id, mailbox.principal_name = person.id, person.principal_name
    mailbox.account_enabled, mailbox.licences = person.is_enabled, list(person.licences)
    mailbox.has_bookings_plan = person.has_bookings_plan or person.id in reading.listed
    if mailbox.capabilities_read_at is not None and person.has_bookings_plan and had_plan is False:
        mailbox.capabilities_read_at = None  # assigned since: what Exchange told is of before
    if mailbox.capabilities_read_at is None:
        others = [name for name in mailbox.capabilities if name != BOOKINGS_CAPABILITY]
        mailbox.capabilities = [*others, BOOKINGS_CAPABILITY] if person.has_bookings_plan else others
    mailbox.syncs_calendar = reading.calendars.get(person.id, mailbox.syncs_calendar)
    mailbox.licence_error, mailbox.licence_checked_at = reading.failures.get(person.id, "")[:500], now


def _leavers(plan: Plan, reading: Reading, everyone: list[Mailbox], accept: bool) -> None:
    """Marks who is not in the directory any more; a great many at once only when somebody said so."""
    told = [mailbox for mailbox in everyone if mailbox.kind == Mailbox.Kind.USER and mailbox.directory_object_id]
    gone = [mailbox for mailbox in told if mailbox.directory_object_id not in reading.present]
    if len(gone) > max(FEW, SHARE * len(told)) and not accept:
        plan.held = gone
        return
    for mailbox in gone:
        plan.before[mailbox.pk] = _values(mailbox)
        plan.gone.append(mailbox)
        mailbox.account_enabled, mailbox.syncs_calendar, mailbox.directory_object_id = False, False, ""
        mailbox.licences, mailbox.has_bookings_plan, mailbox.licence_error = [], False, ""
        mailbox.capabilities, mailbox.capabilities_read_at = [], None


def _drop_strangers(plan: Plan) -> None:
    """Leaves out who has an address that is in another organisation; theirs are not ours to read or write."""
    wanted = {mailbox.address: mailbox for mailbox in plan.new}
    wanted |= {
        mailbox.address: mailbox for mailbox in plan.known if plan.before[mailbox.pk]["address"] != mailbox.address
    }
    ours = set(plan.before)
    taken: set[str] = set()
    addresses = list(wanted)
    for start in range(0, len(addresses), BATCH):
        with scopes_disabled():
            rows = Mailbox.objects.alias(lowered=Lower("address")).filter(lowered__in=addresses[start : start + BATCH])
            taken |= {address.lower() for pk, address in rows.values_list("pk", "address") if pk not in ours}
    plan.new = [mailbox for mailbox in plan.new if mailbox.address not in taken]
    for mailbox in plan.known:
        if mailbox.address in taken:
            mailbox.address = plan.before[mailbox.pk]["address"]


def _make_way(changed: Iterable[Mailbox], plan: Plan) -> None:
    """Frees addresses that go from one person to another, so that no two ever have the same at once."""
    wanted = {mailbox.address for mailbox in (*changed, *plan.new)}
    giving = [mailbox for mailbox in changed if plan.before[mailbox.pk]["address"] != mailbox.address]
    giving = [mailbox for mailbox in giving if plan.before[mailbox.pk]["address"].lower() in wanted]
    for mailbox in giving:
        Mailbox.objects.filter(pk=mailbox.pk).update(address=f"{mailbox.pk.hex}@moving.invalid")


def _mark_checked(pks: set[uuid.UUID], now: datetime) -> None:
    """Those of whom nothing differs were checked, too."""
    rows = Mailbox.objects.filter(kind=Mailbox.Kind.USER)
    ids = list(pks)
    for start in range(0, len(ids), BATCH):
        rows.filter(pk__in=ids[start : start + BATCH]).update(licence_checked_at=now)


def _values(mailbox: Mailbox) -> dict[str, Any]:
    """What is compared: all but the moment of the check."""
    return {name: getattr(mailbox, name) for name in KEPT if name != "licence_checked_at"}


def _record(tenant: Tenant, plan: Plan, changed: list[Mailbox], now: datetime, actor: Actor) -> None:
    gone = {mailbox.pk for mailbox in plan.gone}
    events = [
        audit.event(
            tenant=tenant, actor=actor, action="person.added", target=mailbox, now=now, label=mailbox.address,
            after={name: getattr(mailbox, name) for name in TOLD},
        )
        for mailbox in plan.new
    ]  # fmt: skip
    for mailbox in changed:
        before = plan.before[mailbox.pk]
        names = [name for name in TOLD if before[name] != getattr(mailbox, name)]
        if names:
            events.append(
                audit.event(
                    tenant=tenant, actor=actor, action="person.left" if mailbox.pk in gone else "person.changed",
                    target=mailbox, now=now, label=mailbox.address, before={name: before[name] for name in names},
                    after={name: getattr(mailbox, name) for name in names},
                )
            )  # fmt: skip
    audit.record_all(events)


@transaction.atomic
def mark_failed(reason: str) -> None:
    """Notes on everybody that the check did not end, and why: that says nothing about their licence (S1.39)."""
    people = Mailbox.objects.filter(kind=Mailbox.Kind.USER).exclude(directory_object_id="")
    people.update(licence_error=reason[:500])
