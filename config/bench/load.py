"""A small load generator: raw sockets that stay open, one thread each, as many requests as asked for.

It shares the machine with what it measures, so it does as little as it can: a request is bytes made beforehand, an
answer is read up to its Content-Length and only its status is looked at.
"""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Measured:
    """What a run of requests gave: seconds in all, milliseconds of each, and how often each status came."""

    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def summary(self) -> dict[str, Any]:
        """The figures a person compares."""
        ordered = sorted(self.milliseconds)
        return {
            "requests": len(ordered),
            "perSecond": round(len(ordered) / self.seconds, 1),
            "p50ms": round(statistics.median(ordered), 2),
            "p99ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 2),
            "maxms": round(ordered[-1], 2),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
        }


def request(method: str, path: str, *, host: str, body: bytes = b"") -> bytes:
    """The bytes of one HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def run(address: tuple[str, int], requests: Sequence[bytes], *, connections: int) -> Measured:
    """Sends every request once, spread over `connections` sockets, as fast as they are answered."""
    measured, lock = Measured(), threading.Lock()
    pending = iter(requests)

    def work() -> None:
        milliseconds: list[float] = []
        statuses: Counter[int] = Counter()
        with _Connection(address) as connection:
            while True:
                with lock:
                    following = next(pending, None)
                if following is None:
                    break
                started = time.perf_counter()
                statuses[connection.ask(following)] += 1
                milliseconds.append((time.perf_counter() - started) * 1000)
        with lock:
            measured.milliseconds += milliseconds
            measured.statuses += statuses

    started = time.perf_counter()
    _together(work, connections)
    measured.seconds = time.perf_counter() - started
    return measured


def _together(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class _Connection:
    """One socket that is opened again when the server has closed it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.socket: socket.socket | None = None
        self.buffer = b""

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.socket is not None:
            self.socket.close()

    def ask(self, request: bytes) -> int:
        """Sends one request and returns the status of the answer."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.buffer = b""
        self.socket.sendall(request)
        head = self._until(b"\r\n\r\n")
        lowered = head.lower()
        at = lowered.index(b"content-length:") + 15
        length = int(lowered[at : lowered.index(b"\r\n", at)])
        self._exactly(length)
        if b"connection: close" in lowered:
            self.socket.close()
            self.socket = None
        return int(head[9:12])

    def _until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(end)
        return head + end

    def _exactly(self, length: int) -> None:
        while len(self.buffer) < length:
            self._more()
        self.buffer = self.buffer[length:]

    def _more(self) -> None:
        if self.socket is None:
            raise ConnectionError("not connected")
        received = self.socket.recv(262_144)
        if not received:
            raise ConnectionError("the server closed the connection in the middle of an answer")
        self.buffer += received
