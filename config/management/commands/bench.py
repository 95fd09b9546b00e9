"""`manage.py bench [NAME …]`: measures, and keeps the figures as JSON in `var/bench/`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

OWN_DATABASE = "DAYBOOK_BENCH_DATABASE"


class Command(BaseCommand):
    """Runs the scenarios on a database of their own: `bench` beside the configured one, made afresh."""

    help = "Runs the benchmarks and keeps their figures as JSON in var/bench/."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which scenarios, and how much data lies around them."""
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help="slots, page, book, worker; all when none is named"
        )
        parser.add_argument("--stored", type=int, default=20_000, help="past bookings in the database (default 20000)")

    def handle(self, *args: Any, names: list[str], stored: int, **options: Any) -> None:
        """Hands over to a process on the benchmarks' own database, or, being it, measures."""
        if not os.environ.get(OWN_DATABASE):
            sys.exit(subprocess.run([sys.executable, *sys.argv], env=os.environ | _own_database()).returncode)  # noqa: S603
        from config.bench import scenarios, world

        unknown = set(names) - set(scenarios.SCENARIOS)
        if unknown:
            raise CommandError(f"There is no benchmark {', '.join(sorted(unknown))}.")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        built = world.build(stored=stored)
        result: dict[str, Any] = {"conditions": scenarios.conditions() | {"storedBookings": stored}}
        for name in names or scenarios.SCENARIOS:
            self.stderr.write(f"{name} …")
            result[name] = scenarios.SCENARIOS[name](built)
        self._keep(result)

    def _keep(self, result: dict[str, Any]) -> None:
        text = json.dumps(result, indent=2)
        directory = settings.VAR_DIR / "bench"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{connection.vendor}.json").write_text(text + "\n")
        self.stdout.write(text)


def _own_database() -> dict[str, str]:
    """The environment of the measuring process, with an empty database."""
    unlimited = dict.fromkeys(("BOOKING_LIMIT_PER_IP", "VISITOR_ADDRESS_TRIES", "VISITOR_PAGE_TRIES"), "1000000")
    environment = {OWN_DATABASE: "1", "SANDBOX": "", "DEBUG": ""} | unlimited
    if connection.vendor == "sqlite":
        path = settings.VAR_DIR / "bench" / "bench.sqlite3"
        path.parent.mkdir(parents=True, exist_ok=True)
        for file in path.parent.glob("bench.sqlite3*"):
            file.unlink()
        return environment | {"DATABASE_URL": f"sqlite:///{path}"}
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS daybook_bench WITH (FORCE)")
        server.execute("CREATE DATABASE daybook_bench")
    return environment | {"DATABASE_URL": f"{settings.DATABASE_URL.rpartition('/')[0]}/daybook_bench"}
