"""A real `manage.py start` of its own, with a database of its own, and what its processes are at."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
from django.conf import settings

ANSWER_SECONDS = 40.0


class Site:
    """A supervisor that runs, seen from outside."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    def status(self, path: str) -> int | None:
        """The HTTP status of an address, None where nothing answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=3) as answer:
                return int(answer.status)
        except URLError as error:
            return getattr(error, "code", None)
        except OSError:
            return None

    def child(self, word: str) -> int:
        """The id of the supervisor's child with `word` in its command; 0 while there is none."""
        return next((pid for pid in children(self.process.pid) if word in command(pid)), 0)

    def has_new_worker(self, *, instead_of: int) -> bool:
        """Whether another worker than that one has done something."""
        return self.child("qcluster") not in (0, instead_of) and self.alive.exists()

    def descendants(self) -> list[int]:
        """Every process below the supervisor."""
        return descendants(self.process.pid)

    def queue_processes(self) -> list[int]:
        """What the queue's sentinel has started: workers, monitor and pusher."""
        (sentinel,) = children(self.child("qcluster"))
        return children(sentinel)

    @property
    def alive(self) -> Path:
        """The trace of the worker's last task."""
        return settings.VAR_DIR / "run" / str(self.process.pid) / "alive"


@contextmanager
def site(directory: Path) -> Iterator[Site]:
    """Starts one and waits until it is ready; afterwards nothing of it is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = directory / "start.log"
    with database(directory) as database_url, log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "start", "--port", str(port)],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DEBUG": "1", "DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running = Site(process, port, log)
        try:
            wait_until(lambda: running.status("/readyz") == 200, seconds=ANSWER_SECONDS, told_by=log)
            yield running
        finally:
            left = running.descendants()
            process.kill()
            process.wait()
            wait_until(lambda: not any(map(is_alive, left)), seconds=5)


@contextmanager
def database(directory: Path) -> Iterator[str]:
    """The address of an empty database on the server that the tests run on."""
    if "sqlite3" in settings.DATABASES["default"]["ENGINE"]:
        yield f"sqlite:///{directory / 'site.sqlite3'}"
        return
    name = f"daybook_site_{os.getpid()}_{time.monotonic_ns()}"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{server.rsplit('/', 1)[0]}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def wait_until(true: Callable[[], object], *, seconds: float, told_by: Path | None = None) -> float:
    """Waits until something is true and returns how long that took; fails after `seconds`."""
    started = time.monotonic()
    while not true():
        if time.monotonic() - started > seconds:
            raise AssertionError(f"not within {seconds} s\n{told_by.read_text()[-4000:] if told_by else ''}")
        time.sleep(0.1)
    return time.monotonic() - started


def stat_fields(pid: int) -> list[str]:
    """State, parent and so on of a process; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not asked about yet does not."""
    fields = stat_fields(pid)
    return bool(fields) and fields[0] != "Z"


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that are alive."""
    known = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [one for one in known if is_alive(one) and stat_fields(one)[1:2] == [str(pid)]]


def descendants(pid: int) -> list[int]:
    """The processes below `pid`."""
    return [one for child in children(pid) for one in (child, *descendants(child))]


def command(pid: int) -> str:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def send(number: signal.Signals, *pids: int) -> None:
    """Sends a signal to each process that is still there."""
    for pid in pids:
        if is_alive(pid):
            os.kill(pid, number)
