"""Each host's pusher beats for its own worker, whatever happens to the shared queue."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError
from django_q.brokers import get_broker
from django_q.signing import SignedPackage

from config import alive, broker
from config.broker import BEAT_SECONDS, Beating

pytestmark = pytest.mark.processes


class Queue:
    """A shared queue that holds one task, or that cannot be reached."""

    reachable = True

    def dequeue(self) -> list[tuple[int, str]]:
        if not self.reachable:
            raise ConnectionError
        return [(7, "task")]


class BeatingQueue(Beating, Queue):
    pass


def test_a_beat_comes_every_few_seconds_between_the_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(broker.time, "monotonic", lambda: now[0])
    queue = BeatingQueue()
    ((ack, beat),) = queue.dequeue()
    assert ack is None, "a beat is not acknowledged: the shared queue does not know it"
    assert SignedPackage.loads(beat)["func"] == "config.alive.beat"
    assert queue.dequeue() == [(7, "task")]
    now[0] += BEAT_SECONDS
    assert queue.dequeue() != [(7, "task")]
    assert queue.dequeue() == [(7, "task")]


def test_a_queue_that_cannot_be_reached_does_not_end_the_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(broker.time, "sleep", waits.append)
    monkeypatch.setattr(broker.connections, "close_all", lambda: None)
    queue = BeatingQueue()
    queue.reachable = False
    assert queue.dequeue() is not None
    assert queue.dequeue() is None
    assert waits == [broker.PAUSE_SECONDS]


def test_a_beat_outlives_the_database(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(now: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(alive.outbox, "beat", refuse)
    alive.beat()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_the_queue_in_use_beats(db: None) -> None:
    assert isinstance(get_broker(), Beating)
