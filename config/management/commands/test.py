"""`manage.py test`: every test on SQLite, and again on PostgreSQL with Redis where they are named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

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
    """Runs pytest once per database and returns the worst exit code. How pages look is tested on the first alone."""
    runs = {"SQLite": {"DATABASE_URL": f"sqlite:///{settings.VAR_DIR / 'daybook.sqlite3'}", "REDIS_URL": ""}}
    servers = servers_from(os.environ)
    if servers and "--rows" not in arguments:
        runs[f"{'PostgreSQL and Redis' if servers['REDIS_URL'] else 'PostgreSQL'}"] = servers
    earlier = [told] if (told := os.environ.get("DAYBOOK_EARLIER_RUNS")) else []
    codes: list[int] = []
    for name, environment in runs.items():
        print(f"\n### {name}\n", flush=True)
        once = ["-m", "not looks"] if codes and "-m" not in arguments else []
        codes.append(run_pytest([*once, *arguments], {**environment, "DAYBOOK_EARLIER_RUNS": "; ".join(earlier)}))
        earlier.append(f"{name}: {'passed' if codes[-1] == 0 else f'FAILED (exit code {codes[-1]})'}, see above")
    return max(codes)


def servers_from(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings of the second run, empty where no PostgreSQL is named."""
    database = environ.get("TEST_DATABASE_URL", "")
    return {"DATABASE_URL": database, "REDIS_URL": environ.get("TEST_REDIS_URL", "")} if database else {}


def run_pytest(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs pytest in a process of its own and returns its exit code."""
    done = subprocess.run(  # noqa: S603 - pytest with the caller's own arguments
        [sys.executable, "-m", "pytest", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        check=False,
    )
    return done.returncode if done.returncode >= 0 else 128 - done.returncode
