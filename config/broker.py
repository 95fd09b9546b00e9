"""The task queue's brokers, each with a beat of its own.

Between two reads of the shared queue the pusher of every host hands its own worker processes a beat: no other host
can serve it, so its absence means that this host's worker does not work (`config.alive`). A broker that cannot be
reached is asked again after a moment; the pusher does not end over it.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import connections
from django.utils import timezone
from django_q.brokers import orm, redis_broker
from django_q.signing import SignedPackage

log = logging.getLogger("daybook.worker")

BEAT_SECONDS = 2.0
PAUSE_SECONDS = 2.0


def beat() -> str:
    """A packed task that is a sign of life and leaves no row behind."""
    name = "beat"
    return SignedPackage.dumps(
        {
            "id": name, "name": name, "func": "config.alive.beat", "args": (), "kwargs": {}, "save": False,
            "ack_failure": True, "started": timezone.now(),
        }
    )  # fmt: skip


class Beating:
    """Adds the beat to a broker."""

    _next_beat = 0.0

    def dequeue(self) -> Any:
        """A beat when one is due, else what the shared queue holds; nothing while the queue cannot be reached."""
        now = time.monotonic()
        if now >= self._next_beat:
            self._next_beat = now + BEAT_SECONDS
            return [(None, beat())]
        try:
            return super().dequeue()  # type: ignore[misc]
        except Exception as error:  # whatever the driver raises: the host must go on beating
            log.warning("the task queue cannot be read: %s", error)
            connections.close_all()
            time.sleep(PAUSE_SECONDS)
            return None


class DatabaseBroker(Beating, orm.ORM):
    """The queue in the database."""


class RedisBroker(Beating, redis_broker.Redis):
    """The queue in Redis, shared by several hosts."""
