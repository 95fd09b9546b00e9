"""The real web server, as several processes or many threads, on the test's own database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

Server = Callable[..., tuple[str, int]]


def database_url() -> str:
    """The address of the database this test runs on."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{settings.DATABASE_URL.rpartition('/')[0]}/{name}"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serve(transactional_db: None) -> Iterator[Server]:
    """Starts the web server with so many processes and threads; ends it after the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*, processes: int, threads: int) -> tuple[str, int]:
        port = free_port()
        environment = os.environ | {
            "DATABASE_URL": database_url(), "DAYBOOK_BIND": f"127.0.0.1:{port}", "DEMO": "1", "LOG_LEVEL": "ERROR",
            "SITE_URL": f"http://127.0.0.1:{port}", "DEBUG": "1",
        }  # fmt: skip
        gunicorn = [str(Path(sys.executable).parent / "gunicorn"), "--config", "python:config.gunicorn"]
        size = ["--workers", str(processes), "--threads", str(threads), "config.wsgi"]
        running.append(subprocess.Popen([*gunicorn, *size], cwd=settings.BASE_DIR, env=environment))
        answers(f"http://127.0.0.1:{port}/healthz")
        return "127.0.0.1", port

    yield start
    for process in running:
        process.terminate()
        process.wait(30)


def answers(url: str) -> None:
    """Waits until the address answers."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError(url)
