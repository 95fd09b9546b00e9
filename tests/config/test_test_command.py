"""`manage.py test`: one run per database, the worst exit code, arguments handed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO

import pytest

from config.management.commands import test as command


class Runs:
    """Stands in for pytest and ends with the given exit codes: on SQLite, on PostgreSQL."""

    def __init__(self, *codes: int) -> None:
        self.codes = codes
        self.seen: list[tuple[Sequence[str], Mapping[str, str]]] = []

    def __call__(self, arguments: Sequence[str], environment: Mapping[str, str], output: IO[str] | None = None) -> int:
        self.seen.append((arguments, environment))
        self.seen.sort(key=lambda run: run[1]["DATABASE_URL"].startswith("postgres"))
        print("what pytest said", file=output)
        return self.codes[environment["DATABASE_URL"].startswith("postgres")]


@pytest.fixture
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL", "DAYBOOK_EARLIER_RUNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def servers(no_servers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://db/test")
    monkeypatch.setenv("TEST_REDIS_URL", "redis://cache/1")


def test_without_servers_it_runs_on_sqlite_alone(no_servers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(0)
    monkeypatch.setattr(command, "run_pytest", runs)
    assert command.run_all(["-x", "tests/config"]) == 0
    ((arguments, environment),) = runs.seen
    assert arguments == ["-x", "tests/config"]
    assert environment["DATABASE_URL"].startswith("sqlite:///")
    assert environment["REDIS_URL"] == ""


def test_with_servers_it_runs_twice_and_the_worst_code_counts(
    servers: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = Runs(1, 0)
    monkeypatch.setattr(command, "run_pytest", runs)
    assert command.run_all([]) == 1
    first, second = runs.seen[0][0], runs.seen[1][1]
    assert (first, runs.seen[1][0]) == ([], ["--on-another-database"])
    assert (second["DATABASE_URL"], second["REDIS_URL"]) == ("postgres://db/test", "redis://cache/1")
    said = [line for line in capsys.readouterr().out.splitlines() if line]
    assert said == [
        "### SQLite", "what pytest said", "### SQLite: FAILED (exit code 1), see above", "### PostgreSQL and Redis",
        "what pytest said",
    ]  # fmt: skip


def test_listing_rows_needs_one_run(servers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(0)
    monkeypatch.setattr(command, "run_pytest", runs)
    assert command.run_all(["--rows"]) == 0
