"""A wish is a row before it is an act: nothing is lost or done twice, and people can mend what is stuck."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django_scopes import scopes_disabled

from tenants import outbox
from tenants.models import Job, Tenant, WorkerHeartbeat
from tenants.outbox import Park, RetryLater, Wish

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Coordinates]:
    """It is noon, until a test says otherwise."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the queue was told."""
    told: list[Any] = []
    monkeypatch.setattr(outbox, "async_task", lambda name, *arguments: told.append((name, *arguments)))
    return told


@pytest.fixture
def effect(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Jobs of kind `test.effect` append themselves; what stands in `effect.faults` is raised first."""

    class Effects(list[Any]):
        faults: list[Exception]

    effects = Effects()
    effects.faults = []

    def bring_about(job: Job, now: datetime) -> None:
        if effects.faults:
            raise effects.faults.pop(0)
        effects.append(job.payload.get("what", job.pk))

    monkeypatch.setitem(outbox._handlers, "test.effect", bring_about)
    return effects


def wish(tenant: Tenant, **changes: Any) -> Job:
    """One wish, written now."""
    fields = {"kind": "test.effect", "dedupe_key": str(uuid.uuid4())} | changes
    return outbox.write(tenant=tenant, wishes=[Wish(**fields)], now=NOON)[0]


def run(*jobs: Job) -> None:
    """What the worker does."""
    outbox.run([str(job.pk) for job in jobs])


def test_the_queue_is_told_after_the_commit_and_only_then(
    contoso: Tenant, woken: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = wish(contoso)
        assert woken == []
    assert woken == [("tenants.tasks.run_jobs", [str(job.pk)])]


def test_a_wish_whose_transaction_fails_never_was(contoso: Tenant, woken: list[Any]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        wish(contoso)
        raise RuntimeError
    assert Job.objects.count() == 0 and woken == []


def test_a_job_runs_once_however_often_it_is_woken(contoso: Tenant, effect: list[Any]) -> None:
    job = wish(contoso)
    run(job, job)
    run(job)
    assert effect == [job.pk]
    assert Job.objects.get().state == Job.State.DONE


def test_the_same_wish_cannot_be_written_twice(contoso: Tenant) -> None:
    wish(contoso, dedupe_key="confirmation of booking 1")
    with pytest.raises(IntegrityError), transaction.atomic():
        wish(contoso, dedupe_key="confirmation of booking 1")


def test_a_recurring_wish_waits_once_and_comes_again_after_it_is_done(contoso: Tenant, effect: list[Any]) -> None:
    recurring = Wish(kind="test.effect", dedupe_key="read busy times")
    first = outbox.ensure(tenant=contoso, wish=recurring, now=NOON)
    assert outbox.ensure(tenant=contoso, wish=recurring, now=NOON).pk == first.pk
    run(first)
    outbox.ensure(tenant=contoso, wish=recurring, now=NOON)
    run(first)
    assert len(effect) == 2


def test_a_wish_that_comes_while_its_job_runs_is_heard_once_it_is_done(
    contoso: Tenant, monkeypatch: pytest.MonkeyPatch, woken: list[Any]
) -> None:
    again = Wish(kind="test.effect", dedupe_key="sync:1", payload={"what": "later"})
    seen: list[Any] = []

    def bring_about(job: Job, now: datetime) -> None:
        seen.append(job.payload.get("what"))
        if len(seen) == 1:
            outbox.ensure(tenant=contoso, wish=again, now=NOON)

    monkeypatch.setitem(outbox._handlers, "test.effect", bring_about)
    job = outbox.ensure(tenant=contoso, wish=Wish(kind="test.effect", dedupe_key="sync:1"), now=NOON)
    outbox.run([str(job.pk)])
    job.refresh_from_db()
    assert (seen, job.state, job.attempts) == ([None], Job.State.PENDING, 0)
    outbox.run([str(job.pk)])
    job.refresh_from_db()
    assert (seen, job.state) == ([None, "later"], Job.State.DONE)


def test_a_job_that_wishes_itself_for_later_comes_then(contoso: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    later = NOON + timedelta(hours=2)

    def bring_about(job: Job, now: datetime) -> None:
        wish = Wish(kind="test.effect", dedupe_key="sync:1", due_at=later)
        outbox.ensure(tenant=contoso, wish=wish, now=NOON)

    monkeypatch.setitem(outbox._handlers, "test.effect", bring_about)
    job = outbox.ensure(tenant=contoso, wish=Wish(kind="test.effect", dedupe_key="sync:1"), now=NOON)
    outbox.run([str(job.pk)])
    job.refresh_from_db()
    assert (job.state, job.due_at) == (Job.State.PENDING, later)


def test_later_means_later_and_the_far_ends_word_counts(contoso: Tenant, effect: Any, noon: Any) -> None:
    job = wish(contoso)
    effect.faults = [RetryLater("429 Too Many Requests", after=timedelta(seconds=77))]
    run(job)
    job.refresh_from_db()
    assert (job.state, job.due_at, job.attempts) == (Job.State.PENDING, NOON + timedelta(seconds=77), 1)
    run(job)
    assert effect == []
    noon.shift(timedelta(seconds=77))
    run(job)
    assert effect == [job.pk]


def test_an_unexpected_fault_is_logged_and_tried_again_with_growing_waits(
    contoso: Tenant, effect: Any, noon: Any
) -> None:
    job = wish(contoso)
    effect.faults = [ValueError("odd") for _ in range(4)]
    waits = []
    for _ in range(4):
        run(job)
        job.refresh_from_db()
        waits.append((job.due_at - datetime.now(UTC)).total_seconds())
        noon.move_to(job.due_at)
    assert job.last_error == "ValueError: odd"
    for wait, expected in zip(waits, (5, 10, 20, 40), strict=True):
        assert expected * 0.75 <= wait <= expected * 1.25
    run(job)
    assert effect == [job.pk]


@pytest.mark.row("S4.3")
def test_what_a_person_must_mend_is_parked_with_a_sentence_and_resumes_when_it_is_mended(
    contoso: Tenant, effect: Any
) -> None:
    job = wish(contoso)
    effect.faults = [Park("AADSTS7000222", remedy="Renew the client secret.", waits_for="connection")]
    run(job)
    job.refresh_from_db()
    assert (job.state, job.remedy) == (Job.State.PARKED, "Renew the client secret.")
    run(job)
    assert effect == []
    assert outbox.resume(tenant=contoso, waits_for="something else", now=NOON) == 0
    assert outbox.resume(tenant=contoso, waits_for="connection", now=NOON) == 1
    run(job)
    assert effect == [job.pk]


def test_a_run_that_died_is_repeated_after_its_lease_and_not_before(
    contoso: Tenant, effect: list[Any], settings: Any, noon: Any, woken: list[Any]
) -> None:
    job = wish(contoso)
    with scopes_disabled():
        assert outbox._take(job.pk, NOON) is not None  # and then the process is killed
    run(job)
    assert effect == [] and outbox.sweep(NOON) == 0
    noon.shift(timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1))
    assert outbox.sweep(datetime.now(UTC)) == 1
    run(job)
    assert effect == [job.pk]


def test_a_job_that_kills_its_process_each_time_is_parked_at_last(
    contoso: Tenant, effect: list[Any], noon: Any
) -> None:
    job = wish(contoso)
    for _ in range(outbox.MOST_ATTEMPTS):
        with scopes_disabled():
            assert outbox._take(job.pk, datetime.now(UTC)) is not None
        noon.shift(timedelta(hours=1))
    run(job)
    job.refresh_from_db()
    assert effect == [] and job.state == Job.State.PARKED and "Try again" in job.remedy


def test_a_run_whose_lease_ran_out_does_not_overwrite_its_successor(contoso: Tenant, effect: Any, noon: Any) -> None:
    job = wish(contoso)
    with scopes_disabled():
        slow = outbox._take(job.pk, NOON)
        noon.shift(timedelta(hours=1))
        quick = outbox._take(job.pk, datetime.now(UTC))
    assert slow is not None and quick is not None
    outbox._finish(slow, state=Job.State.PARKED, error=RuntimeError("too late"))
    assert Job.objects.get().state == Job.State.RUNNING


def test_jobs_of_one_lane_run_one_at_a_time_and_the_next_follows_at_once(contoso: Tenant, effect: list[Any]) -> None:
    first = wish(contoso, lane="mailbox:1", payload={"what": "first"})
    second = wish(contoso, lane="mailbox:1", payload={"what": "second"})
    with scopes_disabled():
        assert outbox._take(first.pk, NOON) is not None
        assert outbox._take(second.pk, NOON) is None
    other = wish(contoso, lane="mailbox:2", payload={"what": "other"})
    run(second, other)
    assert effect == ["other"]
    Job.objects.filter(pk=first.pk).update(state=Job.State.PENDING, lease_until=None)
    run(first)
    assert effect == ["other", "first", "second"]


def test_mails_that_wait_can_be_hastened(contoso: Tenant, effect: list[Any]) -> None:
    job = wish(contoso, dedupe_key="mail:1", due_at=NOON + timedelta(seconds=90))
    run(job)
    assert effect == []
    outbox.hasten(dedupe_keys=["mail:1"], now=NOON)
    run(job)
    assert effect == [job.pk]


def test_the_sweep_finds_what_the_queue_lost(contoso: Tenant, effect: list[Any], woken: list[Any]) -> None:
    lost, future = wish(contoso), wish(contoso, due_at=NOON + timedelta(hours=1))
    assert outbox.sweep(NOON) == 1
    assert woken == [("tenants.tasks.run_jobs", [str(lost.pk)])]
    assert future.state == Job.State.PENDING


def test_a_beat_leaves_a_sign_of_life_and_sweeps_when_it_is_time(
    contoso: Tenant, woken: list[Any], settings: Any
) -> None:
    wish(contoso)
    outbox.beat(NOON)
    assert WorkerHeartbeat.objects.get().at == NOON and len(woken) == 1
    outbox.beat(NOON + timedelta(seconds=settings.OUTBOX_SWEEP_SECONDS - 1))
    assert len(woken) == 1
    outbox.beat(NOON + timedelta(seconds=settings.OUTBOX_SWEEP_SECONDS))
    assert len(woken) == 2
