"""An organisation that is connected to the sandbox, and what tests do in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from tenants import outbox
from tenants.models import BusyPeriod, Connection, Job, Mailbox, Tenant
from tenants.sandbox import calendar, seed
from tenants.sandbox.models import DirectoryUser, Event, Organisation
from tenants.sandbox.representation import Preferences, event_id
from tenants.services import busy_times

CLIENT_ID = "5f0c6a1e-2f5b-4b43-9a59-0b4f3c9de001"
DIRECTORY_ID = "9d3f8f0a-53d1-4d39-8a4c-6f1f6d1c0001"
SECRET = "a-secret-of-the-sandbox"
IDS = Preferences(immutable=True)


@dataclass
class Microsoft365:
    """Both sides: our organisation, and the same one in Microsoft 365."""

    tenant: Tenant
    connection: Connection
    organisation: Organisation
    users: dict[str, DirectoryUser] = field(default_factory=dict)

    def mailbox(self, address: str, name: str = "", *, time_zone: str = "Europe/Zurich", **user: Any) -> Mailbox:
        """A person's mailbox on both sides, in step."""
        name = name or address.partition("@")[0].title()
        known = seed.create_user(organisation=self.organisation, address=address, display_name=name, **user)
        self.users[address] = known
        return Mailbox.objects.create(
            tenant=self.tenant, kind=Mailbox.Kind.USER, address=address, display_name=name, time_zone=time_zone,
            directory_object_id=str(known.pk), exchange_guid=known.exchange_guid, syncs_calendar=True,
        )  # fmt: skip

    def put(self, mailbox: Mailbox, subject: str, start_at: datetime, minutes: int = 30, **more: Any) -> Event:
        """An event that somebody makes in Outlook."""
        end_at = more.pop("end_at", None) or start_at + timedelta(minutes=minutes)
        user = self.users[mailbox.address]
        return seed.create_event(mailbox=user, subject=subject, start_at=start_at, end_at=end_at, **more)

    def events(self, mailbox: Mailbox) -> list[Event]:
        """What Outlook has in that calendar, by start."""
        return list(Event.objects.filter(mailbox=self.users[mailbox.address]))

    @transaction.atomic
    def change(self, event: Event, body: dict[str, Any]) -> None:
        """Somebody changes it in Outlook; `body` is Graph's own JSON."""
        calendar.update(event, body, timezone.now())

    @transaction.atomic
    def remove(self, event: Event) -> None:
        """Somebody deletes it in Outlook."""
        calendar.delete(event, timezone.now())

    def pull(self, mailbox: Mailbox, now: datetime) -> None:
        """Reads the mailbox's busy times now, as its job would."""
        busy_times.pull(Mailbox.objects.select_related("tenant").get(pk=mailbox.pk), now=now)


def copy_of(mailbox: Mailbox) -> list[tuple[str, str, str]]:
    """Our copy: title, start and end in UTC, by start."""
    rows = BusyPeriod.objects.filter(mailbox=mailbox).order_by("starts_at", "title")
    return [(row.title, f"{row.starts_at:%m-%d %H:%M}", f"{row.ends_at:%m-%d %H:%M}") for row in rows]


def graph_id(event: Event) -> str:
    """The immutable id under which Graph tells of it."""
    return event_id(event, IDS)


def run_due() -> list[Job]:
    """Runs what is due in the outbox, as a worker does after the queue woke it. Returns all jobs."""
    due = Job.objects.filter(state=Job.State.PENDING, due_at__lte=timezone.now()).order_by("due_at", "created_at")
    outbox.run([str(pk) for pk in due.values_list("pk", flat=True)])
    OrmQ.objects.all().delete()
    return list(Job.objects.all())


def push_jobs() -> list[Job]:
    """The jobs that write to Outlook, oldest first."""
    return list(Job.objects.filter(kind="outlook.push").order_by("created_at"))


def next_year() -> date:
    """A day on which no secret of a test has ended."""
    return timezone.now().date() + timedelta(days=300)
