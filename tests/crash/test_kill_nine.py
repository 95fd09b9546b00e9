"""Web, worker, queue and supervisor are killed with signal 9 while visitors book; everything arrives, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.utils import timezone
from django_scopes import scope

from bookings.models import Booking
from tenants.models import Connection, Job, Tenant
from tenants.sandbox import control, seed
from tests.concurrency.conftest import answers, database_url, free_port
from tests.config.running import children, command, descendants, is_alive, wait_until
from tests.factories import TenantFactory
from tests.microsoft365.organisation import CLIENT_ID, DIRECTORY_ID, SECRET, Microsoft365, next_year

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

#: Whom to kill, and how many seconds after the click.
KILLS = [
    ("gunicorn", 0.0), ("gunicorn", 0.03), ("qcluster", 0.02), ("qcluster", 0.25), ("a queue process", 0.05),
    ("a queue process", 0.3), ("supervisor", 0.02), ("supervisor", 0.3),
]  # fmt: skip


class Sink:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.ids: dict[tuple[str, str], set[str]] = defaultdict(set)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        self.ids[(envelope.rcpt_tos[0], message["Subject"])].add(message["Message-ID"])
        return "250 kept"


class Host:
    """One host that runs `manage.py start`, with an init that starts it again."""

    def __init__(self, port: int, smtp_port: int, log: Path) -> None:
        self.port, self.log = port, log
        site = f"http://127.0.0.1:{port}"
        self.environment = os.environ | {
            "DATABASE_URL": database_url(), "DEBUG": "1", "SANDBOX": "1", "SITE_URL": site,
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}", "MICROSOFT_LOGIN_URL": f"{site}/sandbox/login",
            "MICROSOFT_GRAPH_URL": f"{site}/sandbox/v1.0", "OUTBOX_LEASE_SECONDS": "5", "OUTBOX_SWEEP_SECONDS": "1",
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "start", "--port", str(self.port)],
                cwd=settings.BASE_DIR, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        answers(f"http://127.0.0.1:{self.port}/healthz")

    def kill(self, whom: str) -> None:
        assert self.process is not None
        if whom == "supervisor":
            below = descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            wait_until(lambda: not any(map(is_alive, below)), seconds=10)
            self.start()
        else:
            os.kill(self._victim(whom), signal.SIGKILL)

    def _victim(self, whom: str) -> int:
        assert self.process is not None
        word = "qcluster" if whom == "a queue process" else whom
        wait_until(lambda: any(word in command(pid) for pid in children(self.process.pid)), seconds=20)
        master = next(pid for pid in children(self.process.pid) if word in command(pid))
        if whom != "a queue process":
            return master
        wait_until(lambda: len(descendants(master)) >= 3, seconds=20)
        return descendants(master)[-1]

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)


@contextmanager
def smtp() -> Iterator[tuple[Sink, int]]:
    """A mail server on a free port."""
    sink, port = Sink(), free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield sink, port
    finally:
        controller.stop()


def press(port: int, path: str, body: dict[str, Any], key: str) -> None:
    """A visitor who presses “Book” until there is an answer."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        visitor = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            headers = {"Content-Type": "application/json", "Idempotency-Key": key}
            visitor.request("POST", path, json.dumps(body), headers)
            if visitor.getresponse().status == 201:
                return
        except (OSError, HTTPException):
            time.sleep(0.1)
        finally:
            visitor.close()
    raise TimeoutError(key)


def connected() -> tuple[Tenant, Any]:
    """Contoso, connected to the sandbox, and a page whose one member is in step with Outlook."""
    from tests.calendar.clinic import Clinic

    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    organisation = seed.create_organisation(domain="contoso.com", display_name="Contoso", directory_id=DIRECTORY_ID)
    seed.create_application(organisation=organisation, client_id=CLIENT_ID, secret=SECRET)
    with scope(tenant=tenant):
        connection = Connection.objects.create(
            tenant=tenant, client_id=CLIENT_ID, directory_id=DIRECTORY_ID, client_secret=SECRET,
            secret_expires_on=next_year(), state=Connection.State.CONNECTED,
        )  # fmt: skip
        return tenant, Clinic(Microsoft365(tenant, connection, organisation))


@pytest.mark.row("S0.1", "S4.3")
def test_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    tenant, clinic = connected()
    midday = timezone.now().replace(hour=10, minute=0, second=0, microsecond=0)
    path = f"/api/v1/pages/{clinic.page.mailbox.address}/bookings"
    with smtp() as (sink, smtp_port):
        host = Host(free_port(), smtp_port, tmp_path / "start.log")
        host.start()
        try:
            for number, (whom, delay) in enumerate(KILLS):
                body = {
                    "serviceId": str(clinic.service.pk), "timeZone": "Europe/Zurich",
                    "start": (midday + timedelta(days=number + 2)).isoformat(),
                    "customer": {"name": "Ana", "email": f"ana{number}@example.net"},
                }  # fmt: skip
                visitor = threading.Thread(target=press, args=(host.port, path, body, f"press-{number}"))
                visitor.start()
                time.sleep(delay)
                host.kill(whom)
                visitor.join()
            with scope(tenant=tenant):
                unfinished = Job.objects.filter(kind__in=["outlook.push", "mail.booking"])
                wait_until(lambda: not unfinished.exclude(state=Job.State.DONE).exists(), seconds=90)
                starts = sorted(Booking.objects.values_list("starts_at", flat=True))
        finally:
            host.stop()
    assert starts == [midday + timedelta(days=number + 2) for number in range(len(KILLS))]
    assert sorted(event.start_at for event in control.events(clinic.bea.address)) == starts
    assert len(sink.ids) == 2 * len(KILLS)
    assert {len(ids) for ids in sink.ids.values()} == {1}
