"""The watchdog tells a worker that hangs from one that is busy, starting or idle."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings

from config import supervisor
from config.supervisor import SILENCE_SECONDS, START_SECONDS, Watchdog


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(supervisor.time, "monotonic", clock.monotonic)
    return clock


@pytest.fixture
def watchdog(tmp_path: Path, clock: Clock) -> Watchdog:
    return Watchdog(tmp_path / "traces")


def beat(watchdog: Watchdog, at: int) -> None:
    alive = watchdog.directory / "alive"
    alive.touch()
    os.utime(alive, ns=(at, at))


def test_a_worker_has_time_to_start(watchdog: Watchdog, clock: Clock) -> None:
    clock.now += START_SECONDS - 1
    assert not watchdog.is_hung()
    clock.now += 2
    assert watchdog.is_hung()


def test_beats_keep_it(watchdog: Watchdog, clock: Clock) -> None:
    for number in range(1, 20):
        beat(watchdog, number)
        clock.now += SILENCE_SECONDS - 1
        assert not watchdog.is_hung()
    clock.now += 2 * SILENCE_SECONDS
    assert watchdog.is_hung()


def test_long_tasks_in_every_process_excuse_silence_until_they_end(watchdog: Watchdog, clock: Clock) -> None:
    beat(watchdog, 1)
    assert not watchdog.is_hung()
    traces = [watchdog.directory / f"busy-{pid}" for pid in (os.getpid(), os.getppid())][: settings.WORKERS]
    for trace in traces:
        trace.touch()
    clock.now += 5 * SILENCE_SECONDS
    assert not watchdog.is_hung()
    traces[0].unlink()
    clock.now += SILENCE_SECONDS - 1
    assert not watchdog.is_hung()
    clock.now += 2
    assert watchdog.is_hung()


def test_one_busy_process_does_not_excuse_the_other(watchdog: Watchdog, clock: Clock) -> None:
    beat(watchdog, 1)
    assert not watchdog.is_hung()
    (watchdog.directory / f"busy-{os.getpid()}").touch()
    clock.now += SILENCE_SECONDS + 1
    assert watchdog.is_hung()


def test_the_trace_of_a_process_that_is_gone_counts_for_nothing(watchdog: Watchdog) -> None:
    gone = watchdog.directory / "busy-4194999"
    gone.touch()
    assert supervisor.busy_processes(watchdog.directory, at_most=60) == 0
    assert not gone.exists()


def test_a_task_that_ends_while_we_look_counts_for_nothing(watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = watchdog.directory / f"busy-{os.getpid()}"
    monkeypatch.setattr(Path, "glob", lambda *_: [ended])
    assert supervisor.busy_processes(watchdog.directory, at_most=60) == 0


def test_a_task_beyond_the_time_limit_is_no_excuse(watchdog: Watchdog) -> None:
    trace = watchdog.directory / f"busy-{os.getpid()}"
    trace.touch()
    assert supervisor.busy_processes(watchdog.directory, at_most=60) == 1
    os.utime(trace, (0, 0))
    assert supervisor.busy_processes(watchdog.directory, at_most=60) == 0


def test_what_killed_supervisors_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "4194999").mkdir()
    (tmp_path / str(os.getpid())).mkdir()
    (tmp_path / "4194998").mkdir()
    supervisor.sweep_traces(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [str(os.getpid())]
