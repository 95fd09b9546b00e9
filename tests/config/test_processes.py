"""A child of the supervisor: started again sooner or later, and ended with everything it started."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest

from config import processes
from config.processes import FIRST_WAIT_SECONDS, GOOD_START_SECONDS, LONGEST_WAIT_SECONDS, Child
from tests.config import running

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]); time.sleep(60)"


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child("child", [sys.executable, "-c", PARENT], env={}, stop_seconds=1)
    yield child
    child.kill()


def process_id(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def test_what_it_started_ends_with_it(child: Child) -> None:
    child.start()
    running.wait_until(lambda: running.children(process_id(child)), seconds=5)
    (below,) = running.children(process_id(child))
    child.kill()
    running.wait_until(lambda: not running.is_alive(below), seconds=5)
    assert not child.is_running


def test_after_its_end_what_it_left_is_cleared_before_it_starts_again(child: Child) -> None:
    child.start()
    first = process_id(child)
    running.wait_until(lambda: running.children(first), seconds=5)
    (orphan,) = running.children(first)
    running.send(signal.SIGKILL, first)
    running.wait_until(lambda: not child.is_running, seconds=5)
    child.keep_running()
    running.wait_until(lambda: not running.is_alive(orphan), seconds=5)
    running.wait_until(lambda: (child.keep_running(), child.is_running)[1], seconds=5)
    assert process_id(child) != first


def test_bad_starts_wait_longer_each_time_and_a_good_one_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: now[0])
    child = Child("child", [sys.executable, "-c", ""], env={}, stop_seconds=1)
    waits: list[float] = []
    for age in (*[0.0] * 9, GOOD_START_SECONDS, 0.0):
        child.start()
        assert child.process is not None
        child.process.wait()
        now[0] += age
        child.bury()
        waits.append(child.restart_at - now[0])
    assert waits[0] == 2 * FIRST_WAIT_SECONDS
    assert waits[:9] == sorted(waits[:9])
    assert waits[8] == LONGEST_WAIT_SECONDS
    assert waits[9:] == [0.0, 2 * FIRST_WAIT_SECONDS]
