"""When calendars are read: who is due, how many at a time, and what is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import Schedule
from django_scopes import scope, scopes_disabled

from bookings.models import BookingPage, StaffMember
from tenants import schedules, tasks
from tenants.microsoft365 import credentials
from tenants.models import BusyPeriod, BusyRead, Connection, IdempotentAnswer, Job, Mailbox, Message, Tenant
from tenants.sandbox import control
from tenants.services import busy_times, upkeep
from tests.calendar.clinic import NINE
from tests.factories import NOW, BusinessPageFactory, MailboxFactory, StaffMemberFactory, TenantFactory
from tests.microsoft365.organisation import CLIENT_ID, Microsoft365, copy_of, run_due

pytestmark = pytest.mark.django_db(transaction=True)


def pulls() -> list[Job]:
    with scopes_disabled():
        return list(Job.objects.filter(kind="busy.pull"))


def connected(name: str, mailboxes: int, state: str = Connection.State.CONNECTED) -> Tenant:
    tenant: Tenant = TenantFactory(name=name)
    with scope(tenant=tenant):
        Connection.objects.create(
            tenant=tenant, client_id="c", directory_id="d", client_secret="s", secret_expires_on=NOW.date(), state=state
        )
        for _ in range(mailboxes):
            takes_bookings(MailboxFactory(tenant=tenant, syncs_calendar=True))
    return tenant


def takes_bookings(mailbox: Mailbox, status: str = "active") -> Mailbox:
    """Puts the mailbox's person on a page."""
    page = BookingPage.objects.filter(kind="business").first() or BusinessPageFactory(tenant=mailbox.tenant)
    StaffMemberFactory(page=page, mailbox=mailbox, status=status)
    return mailbox


def test_a_read_runs_as_a_job_and_is_asked_for_once(microsoft365: Microsoft365) -> None:
    bea = microsoft365.mailbox("bea@contoso.com")
    microsoft365.put(bea, "Dentist", NINE)
    for _ in range(3):
        busy_times.request_pull(bea, now=timezone.now())
    assert len(pulls()) == 1 and pulls()[0].lane == f"mailbox:{bea.pk}"
    run_due()
    assert pulls()[0].state == Job.State.DONE
    assert len(copy_of(bea)) == 1


def test_every_mailbox_is_due_again_after_the_set_time(microsoft365: Microsoft365, settings: Any) -> None:
    settings.SYNC_SWEEP_SECONDS = 600
    bea = takes_bookings(microsoft365.mailbox("bea@contoso.com"))
    now = timezone.now()
    assert busy_times.pull_due(now) == 1
    run_due()
    assert busy_times.pull_due(now + timedelta(seconds=590)) == 0
    assert busy_times.pull_due(now + timedelta(seconds=660)) == 1
    assert BusyRead.objects.get(mailbox=bea).read_at is not None


def test_rooms_pages_and_broken_connections_are_left_alone(db: None) -> None:
    connected("Broken", 2, Connection.State.BROKEN)
    working = connected("Working", 1)
    with scope(tenant=working):
        takes_bookings(MailboxFactory(tenant=working, syncs_calendar=False))
    with scope(tenant=(unconnected := TenantFactory(name="Unconnected"))):
        takes_bookings(MailboxFactory(tenant=unconnected, syncs_calendar=True))
    assert busy_times.pull_due(NOW) == 1
    assert {job.tenant_id for job in pulls()} == {working.pk}


@pytest.mark.row("S0.15")
def test_only_calendars_of_people_who_take_bookings_are_read(db: None) -> None:
    tenant = connected("Working", 0)
    with scope(tenant=tenant):
        boxes = [MailboxFactory(tenant=tenant, syncs_calendar=True) for _ in range(5)]
        for mailbox, status in zip(boxes, ("active", "pendingAcceptance", "rejectedByStaff", "active"), strict=False):
            takes_bookings(mailbox, status)
        StaffMember.objects.filter(mailbox=boxes[3]).update(removed_at=NOW)
        takes_bookings(boxes[1], "pendingAcceptance")
    assert busy_times.pull_due(NOW) == 1
    assert [job.payload["mailbox"] for job in pulls()] == [str(boxes[0].pk)]


def test_many_mailboxes_are_spread_over_the_time_between_reads(db: None, settings: Any) -> None:
    settings.SYNC_SWEEP_SECONDS = 600
    connected("Large", 120)
    counts = [busy_times.pull_due(NOW)]
    assert counts == [50]
    for _ in range(2):
        with scopes_disabled():
            for job in Job.objects.filter(state=Job.State.PENDING).select_related("tenant"):
                BusyRead.objects.create(tenant=job.tenant, mailbox_id=job.payload["mailbox"], read_at=NOW)
                Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
        counts.append(busy_times.pull_due(NOW + timedelta(minutes=1)))
    assert counts == [50, 50, 20]


def test_a_mailbox_that_failed_lately_waits_for_its_turn(microsoft365: Microsoft365, settings: Any) -> None:
    settings.SYNC_SWEEP_SECONDS = 600
    bea = takes_bookings(microsoft365.mailbox("bea@contoso.com"))
    control.restrict_mailboxes(CLIENT_ID, [])
    now = timezone.now()
    busy_times.pull_due(now)
    run_due()
    assert pulls()[0].state == Job.State.PARKED
    assert busy_times.pull_due(now + timedelta(seconds=300)) == 0
    control.restrict_mailboxes(CLIENT_ID, None)
    assert busy_times.pull_due(now + timedelta(seconds=700)) == 1
    Job.objects.update(due_at=now)
    run_due()
    assert pulls()[0].state == Job.State.DONE
    assert BusyRead.objects.get(mailbox=bea).failed_at is None


def test_an_expired_secret_parks_the_read_and_keeps_the_copy(microsoft365: Microsoft365) -> None:
    bea = takes_bookings(microsoft365.mailbox("bea@contoso.com"))
    microsoft365.put(bea, "Dentist", NINE)
    microsoft365.pull(bea, NOW - timedelta(hours=1))
    control.expire_secrets(CLIENT_ID)
    credentials.forget()
    tasks.sweep_busy_times()
    run_due()
    assert (pulls()[0].state, pulls()[0].waits_for) == (Job.State.PARKED, "connection")
    assert Connection.objects.get().state == Connection.State.BROKEN
    assert len(copy_of(bea)) == 1
    assert busy_times.pull_due(timezone.now() + timedelta(days=1)) == 0


def test_a_mailbox_taken_out_of_step_is_not_read(microsoft365: Microsoft365) -> None:
    bea = microsoft365.mailbox("bea@contoso.com")
    busy_times.request_pull(bea, now=timezone.now())
    Mailbox.objects.update(syncs_calendar=False)
    run_due()
    assert pulls()[0].state == Job.State.DONE
    assert control.requests() == []


def test_schedules_are_written_after_migrations_and_only_once(db: None) -> None:
    for _ in range(2):
        schedules.ensure()
    rows = {row.name: (row.func, row.minutes, row.repeats) for row in Schedule.objects.all()}
    ours = {name: (func, minutes, -1) for name, func, minutes in schedules.SCHEDULES}
    assert {name: row for name, row in rows.items() if name in ours} == ours
    assert Schedule.objects.count() == len(rows)


def test_a_schedule_that_changed_or_came_twice_is_put_right(db: None) -> None:
    Schedule.objects.all().delete()
    for _ in range(2):
        Schedule.objects.create(name="cleaning", func="gone.away", schedule_type=Schedule.DAILY, minutes=5)
    schedules.ensure()
    row = Schedule.objects.get(name="cleaning")
    assert (row.func, row.minutes, row.schedule_type, row.repeats) == ("tenants.tasks.clean", 60, Schedule.MINUTES, -1)


def test_what_has_served_for_thirty_days_is_cleared_away(contoso: Tenant) -> None:
    old, fresh = NOW - timedelta(days=31), NOW - timedelta(days=29)
    for number, (state, done_at) in enumerate([("done", old), ("done", fresh), ("parked", None), ("pending", None)]):
        Job.objects.create(
            tenant=contoso, kind="k", dedupe_key=str(number), state=state, due_at=old, done_at=done_at
        )  # fmt: skip
    for number, state in enumerate(["sent", "queued", "failed"]):
        message = Message.objects.create(
            tenant=contoso, message_id=str(number), dedupe_key=str(number), template="t", to="a@b.example", state=state
        )
        Message.objects.filter(pk=message.pk).update(created_at=old)
    answer = IdempotentAnswer.objects.create(tenant=contoso, caller="c", key="k", fingerprint="f")
    IdempotentAnswer.objects.filter(pk=answer.pk).update(created_at=old)
    assert upkeep.clean(NOW) == 4
    assert set(Job.objects.values_list("dedupe_key", flat=True)) == {"1", "2", "3"}
    assert set(Message.objects.values_list("state", flat=True)) == {"queued"}
    assert not BusyPeriod.objects.exists()
