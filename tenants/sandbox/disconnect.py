"""Breaking a connection in the middle of an answer, whichever server runs us."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

PROMISED = 1_000


def break_off(request: HttpRequest) -> StreamingHttpResponse:
    """Close the client's socket. Where the server hides it, promise more bytes than come and fail on the way."""
    connection = _socket(request.META)
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    headers = {"Content-Type": "application/json", "Content-Length": str(PROMISED)}
    return StreamingHttpResponse(_cut_short(), headers=headers)


def _cut_short() -> Iterator[bytes]:
    yield b"{"
    raise ConnectionAbortedError("The sandbox was told to drop this connection.")


def _socket(environ: dict[str, Any]) -> socket.socket | None:
    """gunicorn hands its socket over; wsgiref's is under the request body's stream."""
    connection = environ.get("gunicorn.socket")
    if connection is None:
        reader = getattr(getattr(environ.get("wsgi.input"), "_read", None), "__self__", None)
        connection = getattr(getattr(reader, "raw", None), "_sock", None)
    return connection if isinstance(connection, socket.socket) else None
