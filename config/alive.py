"""How a supervisor on the same host sees that the task worker lives, and that none of its processes outlives it.

The queue's pusher slips a beat into its own host's worker every few seconds (`config.broker`), whatever the shared
queue holds. Every task, a beat or another one, leaves its traces in a directory of this host:

| file          | written                              | means                                            |
|---------------|--------------------------------------|--------------------------------------------------|
| `alive`       | when the result of a task was taken  | pusher, a worker process and monitor all work    |
| `busy-<pid>`  | there while a task runs              | this process does not hang, it works             |

So a worker that shares its queue with other hosts is judged by its own beats, and long tasks excuse silence only
while all processes are busy; how long a task may take is bounded by the queue's own time limit.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from django_q.signals import post_execute, post_execute_in_worker, pre_execute
from redis.exceptions import RedisError

from config.prctl import die_with_parent
from tenants import outbox

log = logging.getLogger("daybook.worker")


def beat() -> None:
    """The task that a beat runs: the sign of life for /readyz, and the outbox's sweep when it is due."""
    try:
        outbox.beat(timezone.now())
    except (DatabaseError, RedisError) as error:  # their absence is not the worker's fault, and lasts many beats
        log.warning("the sign of life could not be stored: %s", error)


def report_to(directory: str) -> None:
    """Leaves a trace of every task in `directory`; processes forked from this one die with their parent."""
    traces = Path(directory)

    def started(**kwargs: Any) -> None:
        (traces / f"busy-{os.getpid()}").touch()

    def ended(**kwargs: Any) -> None:
        (traces / f"busy-{os.getpid()}").unlink(missing_ok=True)

    def taken(**kwargs: Any) -> None:
        (traces / "alive").touch()

    for moment, trace in ((pre_execute, started), (post_execute_in_worker, ended), (post_execute, taken)):
        moment.connect(trace, weak=False, dispatch_uid="daybook-alive")
    os.register_at_fork(after_in_child=die_with_parent)


def busy_processes(directory: Path, *, at_most: float) -> int:
    """How many worker processes are at a task, leaving out tasks older than `at_most` seconds.

    Traces of processes that are gone are swept away.
    """
    count = 0
    for trace in directory.glob("busy-*"):
        if not Path("/proc", trace.name.removeprefix("busy-")).exists():
            trace.unlink(missing_ok=True)
        elif time.time() - _touched_at(trace) <= at_most:
            count += 1
    return count


def _touched_at(trace: Path) -> float:
    """When a task began; long ago where it has ended since its trace was listed."""
    try:
        return trace.stat().st_mtime
    except FileNotFoundError:
        return 0.0
