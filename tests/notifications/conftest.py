"""A mail server, a booking, and the outbox run by hand."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from bookings.models import Booking
from tenants import outbox
from tenants.models import Job, Message, Tenant
from tests import factories


class Postbox:
    """A real SMTP server that keeps what it is given, or answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.at_recipient: str | None = None
        self.at_data: str | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.at_data:
            return self.at_data
        self.raw.append(envelope.original_content)
        self.mails.append(BytesParser(policy=default).parsebytes(envelope.original_content))
        return "250 Taken"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """Mail goes over SMTP to this server."""
    box = Postbox()
    nobody = lambda *_: AuthResult(success=False, handled=False)  # noqa: E731 - nobody may sign in here
    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), authenticator=nobody, auth_require_tls=False
    )  # fmt: skip
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield box
    controller.stop()


@pytest.fixture
def booking(contoso: Tenant) -> Booking:
    """Ana in New York books half an hour in Zurich: Monday 30 November 2026, 08:00 UTC."""
    page, service, _members = factories.clinic(contoso)
    return factories.book(page, service, factories.at("2026-11-30 08:00"))


@pytest.fixture
def run(contoso: Tenant) -> Callable[..., None]:
    """Runs the jobs of these kinds that are due at `now`, as the worker would."""

    def run_jobs(*, now: datetime = factories.NOW, kind: str = "mail.booking") -> None:
        for job in Job.objects.filter(kind=kind, state=Job.State.PENDING, due_at__lte=now).order_by("created_at"):
            taken = outbox._take(job.pk, now)
            assert taken is not None
            outbox._act(taken, now)

    return run_jobs


def message_to(reader_address: str, template: str) -> Message:
    return Message.objects.get(to=reader_address, template=template)
