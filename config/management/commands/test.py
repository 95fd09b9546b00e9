"""`manage.py test`: every test on SQLite, and again on PostgreSQL with Redis where they are named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """Hands every argument on to pytest."""

    help = (
        "Runs the tests on SQLite, and again on PostgreSQL and Redis where TEST_DATABASE_URL and TEST_REDIS_URL name "
        "them. Arguments go to pytest. --rows lists the requirements that no test names."
    )
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """A parser for the help text alone; arguments are pytest's."""
        return super().create_parser(prog_name, subcommand, usage=f"{prog_name} test [pytest arguments]", **kwargs)

    def run_from_argv(self, argv: list[str]) -> None:
        """Takes over what follows `test` as it is."""
        arguments = argv[2:]
        if arguments in (["-h"], ["--help"]):
            self.print_help(argv[0], argv[1])
            return
        sys.exit(run_all(arguments))

    def handle(self, *args: Any, **options: Any) -> None:
        """For `call_command`."""
        sys.exit(run_all([str(argument) for argument in args]))


def run_all(arguments: Sequence[str]) -> int:
    """Runs pytest once per database and returns the worst exit code. What no database changes runs on the first alone.

    Two runs go side by side; what the second says is kept until the first has said everything.
    """
    earlier = os.environ.get("DAYBOOK_EARLIER_RUNS", "")
    sqlite = {"DATABASE_URL": f"sqlite:///{settings.VAR_DIR / 'daybook.sqlite3'}", "REDIS_URL": ""}
    servers = servers_from(os.environ)
    if not servers or "--rows" in arguments:
        print("\n### SQLite\n", flush=True)
        return run_pytest(arguments, {**sqlite, "DAYBOOK_EARLIER_RUNS": earlier})
    once = ["--on-another-database"]
    with ThreadPoolExecutor(max_workers=1) as beside, tempfile.TemporaryFile("w+") as said:
        second = beside.submit(run_pytest, [*once, *arguments], {**servers, "DAYBOOK_EARLIER_RUNS": earlier}, said)
        print("\n### SQLite\n", flush=True)
        first = run_pytest(arguments, {**sqlite, "DAYBOOK_EARLIER_RUNS": earlier})
        code = second.result()
        outcome = "passed" if first == 0 else f"FAILED (exit code {first})"
        print(f"\n### SQLite: {outcome}, see above\n\n### {_name(servers)}\n", flush=True)
        said.seek(0)
        shutil.copyfileobj(said, sys.stdout)
    return max(first, code)


def _name(servers: Mapping[str, str]) -> str:
    return "PostgreSQL and Redis" if servers["REDIS_URL"] else "PostgreSQL"


def servers_from(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings of the second run, empty where no PostgreSQL is named."""
    database = environ.get("TEST_DATABASE_URL", "")
    return {"DATABASE_URL": database, "REDIS_URL": environ.get("TEST_REDIS_URL", "")} if database else {}


def run_pytest(arguments: Sequence[str], environment: Mapping[str, str], output: IO[str] | None = None) -> int:
    """Runs pytest in a process of its own and returns its exit code. What it says goes to `output`, if given."""
    done = subprocess.run(  # noqa: S603 - pytest with the caller's own arguments
        [sys.executable, "-m", "pytest", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        check=False,
    )
    return done.returncode if done.returncode >= 0 else 128 - done.returncode
