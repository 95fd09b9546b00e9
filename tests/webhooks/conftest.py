"""A program of the organisation's that listens on this machine, and the worker run by hand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tenants import acting, outbox
from tenants.models import Job, Tenant, WebhookEndpoint
from tenants.services import webhooks
from tests.factories import NOW


class Listener(HTTPServer):
    """Keeps what it is told, and answers what it is asked to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Ear)
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 204
        self.location = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?key=1"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The bodies, as the program reads them."""
        return [json.loads(body) for _path, _headers, body in self.heard]


class _Ear(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def listener(settings: Any) -> Iterator[Listener]:
    settings.WEBHOOKS_INSIDE = True
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def endpoint(contoso: Tenant, listener: Listener) -> tuple[WebhookEndpoint, str]:
    """The program's address, and the secret it was given."""
    return webhooks.create(tenant=contoso, url=listener.url, now=NOW, actor=acting.SYSTEM)


@pytest.fixture
def work(contoso: Tenant) -> Callable[..., None]:
    """Runs every webhook job that is due, once each."""

    def run(now: datetime = NOW) -> None:
        jobs = Job.objects.filter(kind="webhook.deliver", state="pending", due_at__lte=now)
        for job in list(jobs.order_by("created_at")):
            taken = outbox._take(job.pk, now)
            assert taken is not None
            outbox._act(taken, now)

    return run
