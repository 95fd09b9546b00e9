"""`manage.py demo`: the whole product with made-up people, on this machine alone."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from django_scopes import scopes_disabled

from bookings.models import BookingPage
from config.demonstration import environment, guide, seed, visit
from config.demonstration.running import HOST, Site, TooSlow
from config.management.commands.start import prepare, refuse_taken
from tenants.models import Connection
from tenants.services import connections

READY_SECONDS = 60.0


class Command(BaseCommand):
    """Prepares the demonstration and runs it until Ctrl-C; `--check` proves it and stops."""

    help = "Runs Daybook with demonstration data and a Microsoft 365 sandbox on this machine. Ctrl-C ends it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and what to do."""
        parser.add_argument("--port", type=int, default=environment.DEFAULT_PORT, help="port to listen on (8000)")
        parser.add_argument("--reset", action="store_true", help="forget everything and start over")
        parser.add_argument("--check", action="store_true", help="book one meeting as a visitor, report it, stop")

    def handle(self, *args: Any, port: int, reset: bool, check: bool, **options: Any) -> None:
        """Prepares data and processes, then waits or checks."""
        began = time.monotonic()
        if not settings.DEMO or connection.settings_dict["NAME"] != str(environment.database()):
            raise CommandError("The demonstration starts as a command of its own: python3 manage.py demo")
        refuse_taken(HOST, port)
        console = divert_output()
        say(console, "Preparing the demonstration.", quiet=check)
        if reset:
            forget()
        prepare()
        seed.run(timezone.now())
        site = Site(port=port)
        with site.up():
            try:
                site.wait_for(site.is_ready, seconds=READY_SECONDS, what="the web server and the task worker")
                test_connections()
                if not check:
                    console.write(guide.text())
                    site.watch()
                    return
                found = check_visit(site) | {"seconds": round(time.monotonic() - began, 1)}
            except (TooSlow, visit.Missing) as missing:
                if site.stop_requests:
                    return
                raise CommandError(f"This is missing: {missing}\nWhat happened is in {log_file()}.") from None
        console.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def check_visit(site: Site) -> dict[str, Any]:
    """What came of a visitor's booking."""
    with scopes_disabled():
        page = BookingPage.objects.select_related("mailbox", "tenant").get(mailbox__address=visit.HOST_ADDRESS)
        service = page.services.filter(archived_at=None, is_public=True, is_online=True).earliest("position")
    return visit.Visit(site, page, service).run(timezone.now())


def test_connections() -> None:
    """Lets each organisation's connection show that it works."""
    with scopes_disabled():
        untested = list(Connection.objects.filter(tested_at=None).select_related("tenant"))
        for one in untested:
            connections.test(one, now=timezone.now())


def forget() -> None:
    """Removes the demonstration's database."""
    connection.close()
    for ending in ("", "-wal", "-shm", "-journal"):
        environment.database().with_name(environment.database().name + ending).unlink(missing_ok=True)


def log_file() -> str:
    """Where the processes write what they do."""
    return str(environment.directory() / "demo.log")


def divert_output() -> TextIO:
    """Sends our log lines and all our children's output to the log file; returns what still reaches the person."""
    sys.stdout.flush()
    console = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    with open(log_file(), "w") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stdout)
    return console


def say(console: TextIO, line: str, *, quiet: bool) -> None:
    """Tells how it goes, unless only the outcome is wanted."""
    if not quiet:
        console.write(f"{line}\n")
