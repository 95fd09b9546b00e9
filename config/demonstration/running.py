"""The demonstration's processes: the same supervisor as everywhere, with something to do while it watches."""

from __future__ import annotations

import http.client
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from config.supervisor import TICK_SECONDS, Supervisor

HOST = "127.0.0.1"
Found = TypeVar("Found")


class TooSlow(Exception):
    """Something did not happen in time; the text says what."""


class Site(Supervisor):
    """Web, worker and sandbox on one port."""

    def __init__(self, *, port: int) -> None:
        super().__init__(host=HOST, port=port)
        self.port = port

    @contextmanager
    def up(self) -> Iterator[None]:
        """Runs while the block does; a signal ends the wait in it."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_stop)
        try:
            yield
        finally:
            self.stop()

    def watch(self) -> None:
        """Watches over both until it is told to stop."""
        while not self.stop_requests:
            self.tick()
            time.sleep(TICK_SECONDS)

    def wait_for(self, find: Callable[[], Found], *, seconds: float, what: str) -> Found:
        """What `find` returns once that is something. Raises TooSlow, also when told to stop meanwhile."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.stop_requests:
            self.tick()
            if found := find():
                return found
            time.sleep(TICK_SECONDS / 2)
        raise TooSlow(what)

    def is_ready(self) -> bool:
        """Whether /readyz says so."""
        return self.ask("GET", "/readyz")[0] == http.client.OK

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and body of a request to our own address; status 0 while nothing answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=20)
        payload = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            connection.request(method, path, payload, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()
