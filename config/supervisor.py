"""Web server and task worker under one roof, for as long as the roof stands.

| what happens                              | what the supervisor does                                            |
|-------------------------------------------|---------------------------------------------------------------------|
| a child ends                              | starts it again: at once, then later and later while it keeps ending |
| the worker hangs (see `Watchdog`)         | kills all of its processes and starts it again                      |
| SIGTERM, SIGINT or SIGHUP                 | the web server finishes its requests, then the worker its tasks     |
| a second SIGINT or SIGTERM                | kills both at once                                                  |
| the supervisor itself is killed           | the kernel kills every process below it                             |
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from django.conf import settings

from config.alive import busy_processes
from config.processes import BASE_DIR, Child

log = logging.getLogger("daybook.supervisor")

TICK_SECONDS = 0.2
#: Silence of the worker that is taken for a hang: five beats.
SILENCE_SECONDS = 10.0
#: How long the worker may take from its start to its first beat.
START_SECONDS = 45.0
#: How long requests and tasks may take to finish when everything stops.
WEB_STOP_SECONDS = 15.0
WORKER_STOP_SECONDS = 30.0


class Watchdog:
    """Tells a worker that hangs from one that works: see `config.alive` for the traces it reads.

    It hangs when its own host's beats went unserved for SILENCE_SECONDS in which not all of its processes were busy.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.begin()

    def begin(self) -> None:
        """Forgets the traces of an earlier worker: a new one has just been started."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.trace = 0
        self.seen_at = time.monotonic()

    def is_hung(self) -> bool:
        """Whether the worker has to be replaced. To be asked every moment."""
        trace = self._latest_trace()
        longest_task = settings.Q_CLUSTER["timeout"] + SILENCE_SECONDS
        all_busy = busy_processes(self.directory, at_most=longest_task) >= settings.Q_CLUSTER["workers"]
        if trace != self.trace or all_busy:
            self.trace, self.seen_at = trace, time.monotonic()
        return time.monotonic() - self.seen_at > (SILENCE_SECONDS if self.trace else START_SECONDS)

    def _latest_trace(self) -> int:
        try:
            return (self.directory / "alive").stat().st_mtime_ns
        except FileNotFoundError:
            return 0


class Supervisor:
    """Runs `gunicorn` and `qcluster` on one host. `run()` returns when it was asked to stop."""

    def __init__(self, *, host: str, port: int) -> None:
        traces = settings.VAR_DIR / "run" / str(os.getpid())
        self.watchdog = Watchdog(traces)
        self.web = Child(
            "web server",
            [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi:application"],
            env={"DAYBOOK_BIND": f"[{host}]:{port}" if ":" in host else f"{host}:{port}"},
            stop_seconds=WEB_STOP_SECONDS,
        )
        self.worker = Child(
            "task worker",
            [sys.executable, str(BASE_DIR / "manage.py"), "qcluster"],
            env={"DAYBOOK_ALIVE_DIR": str(traces)},
            stop_seconds=WORKER_STOP_SECONDS,
        )
        self.stop_requests = 0

    def run(self) -> None:
        """Starts both and watches over them until SIGTERM, SIGINT or SIGHUP."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_stop)
        sweep_traces(self.watchdog.directory.parent)
        try:
            while not self.stop_requests:
                self.tick()
                time.sleep(TICK_SECONDS)
        finally:
            self.stop()

    def tick(self) -> None:
        """Starts what is not running and replaces a worker that hangs."""
        self.web.keep_running()
        if not self.worker.is_running:
            self.watchdog.begin()
        elif self.watchdog.is_hung():
            log.error("the task worker hangs; replacing it", extra={"silent_seconds": SILENCE_SECONDS})
            self.worker.kill()
            self.watchdog.begin()
        self.worker.keep_running()

    def stop(self) -> None:
        """Ends the web server, then the worker; each is killed when it takes too long or a second signal comes."""
        for child in (self.web, self.worker):
            child.ask_to_stop()
            deadline = time.monotonic() + child.stop_seconds
            while child.is_running and time.monotonic() < deadline and self.stop_requests < 2:
                time.sleep(TICK_SECONDS / 2)
            if child.is_running:
                log.warning("%s did not stop by itself and is killed", child.name)
            child.kill()
        shutil.rmtree(self.watchdog.directory, ignore_errors=True)
        log.info("stopped")

    def _note_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop_requests += 1


def sweep_traces(directory: Path) -> None:
    """Removes what supervisors that were killed have left under `directory`."""
    for traces in directory.iterdir():
        if traces.name.isdigit() and not Path("/proc", traces.name).exists():
            shutil.rmtree(traces, ignore_errors=True)
