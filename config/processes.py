"""A child process of the supervisor: started in a session of its own, ended with everything it started."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.prctl import die_with_parent

log = logging.getLogger("daybook.supervisor")

BASE_DIR = Path(__file__).resolve().parent.parent
#: A child that lived this long had a good start; one that ended sooner waits longer each time.
GOOD_START_SECONDS = 20.0
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 30.0


class Child:
    """One process that is to run for as long as the supervisor does."""

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], stop_seconds: float) -> None:
        self.name = name
        self.command = list(command)
        self.env = dict(env)
        #: How long it may take to end by itself.
        self.stop_seconds = stop_seconds
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.restart_at = 0.0
        self.failures = 0

    def start(self) -> None:
        """Starts it; its output goes to our standard output, and the kernel ends it when we are gone."""
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.command,
            cwd=BASE_DIR,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,  # safe: the supervisor has one thread
        )
        self.started_at = time.monotonic()
        log.info("%s started", self.name, extra={"pid": self.process.pid})

    @property
    def is_running(self) -> bool:
        """Whether the process itself is there."""
        return self.process is not None and self.process.poll() is None

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started_at

    def keep_running(self) -> None:
        """Starts it again when it has ended: at once after a good start, later and later after bad ones."""
        if self.is_running:
            return
        if self.process is not None:
            self.bury()
        if time.monotonic() >= self.restart_at:
            self.start()

    def bury(self) -> None:
        """Ends what an ended process left running and decides when to start it again."""
        process, self.process = self.process, None
        if process is None:
            return
        kill_session(process.pid)
        self.failures = 0 if self.age() >= GOOD_START_SECONDS else self.failures + 1
        wait = min(FIRST_WAIT_SECONDS * 2**self.failures, LONGEST_WAIT_SECONDS) if self.failures else 0.0
        self.restart_at = time.monotonic() + wait
        log.error(
            "%s ended; it starts again in %.1f s",
            self.name,
            wait,
            extra={"pid": process.pid, "code": process.returncode},
        )

    def ask_to_stop(self) -> None:
        """Asks it to finish what it has begun and end."""
        if self.process is not None and self.is_running:
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it and everything it started, at once."""
        if self.process is not None:
            kill_session(self.process.pid)
            self.process.wait()
            kill_session(self.process.pid)


def kill_session(leader: int) -> None:
    """Kills every process of the group that `leader` leads; fine when none is left."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
