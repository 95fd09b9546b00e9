"""What a host survives: processes that end, hang or are killed, and the end of the supervisor itself."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.config import running

pytestmark = [
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the processes of Linux from /proc"),
]


def test_what_ends_or_hangs_comes_back_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    with running.site(tmp_path) as site:
        web = site.child("gunicorn")
        running.send(signal.SIGKILL, web)
        running.wait_until(lambda: not running.is_alive(web), seconds=1)
        back = running.wait_until(lambda: site.status("/healthz") == 200, seconds=10, told_by=site.log)
        assert back <= 5, f"the web server was gone for {back:.1f} s"

        hung = site.child("qcluster")
        running.send(signal.SIGSTOP, *site.queue_processes())
        silent = running.wait_until(lambda: site.has_new_worker(instead_of=hung), seconds=40, told_by=site.log)
        assert silent <= 20, f"the worker was silent for {silent:.1f} s"
        assert site.status("/readyz") == 200

        everything = site.descendants()
        site.process.send_signal(signal.SIGTERM)
        assert site.process.wait(timeout=30) == 0
        assert not [pid for pid in everything if running.is_alive(pid)]
        assert not site.alive.parent.exists()


def test_a_worker_that_lost_its_lock_is_replaced_and_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    with running.site(tmp_path) as site:
        # Whichever of them waited for a task dies with the lock that every other one needs.
        hung = site.child("qcluster")
        running.send(signal.SIGKILL, *site.queue_processes())
        silent = running.wait_until(lambda: site.has_new_worker(instead_of=hung), seconds=40, told_by=site.log)
        assert silent <= 20, f"the worker was silent for {silent:.1f} s"

        everything = site.descendants()
        assert len(everything) >= 7
        site.process.kill()
        site.process.wait()
        running.wait_until(lambda: not any(map(running.is_alive, everything)), seconds=5)
