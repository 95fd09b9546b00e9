"""What the test run says beyond pytest: rows of the requirements without a test, missing browser, earlier runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.test import SimpleTestCase

ROWS = Path(__file__).with_name("rows.txt")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NO_BROWSER = "no Chromium was found: install it (apt-get install chromium) or name it in CHROMIUM"
untested_rows = pytest.StashKey[list[str]]()
skipped_for_browser = pytest.StashKey[int]()


def chromium() -> str | None:
    """The path of a Chromium, None where there is none."""
    named = os.environ.get("CHROMIUM")
    return named if named and os.access(named, os.X_OK) else next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rows`: list the requirements that no test names, and run nothing. `--on-another-database`: see its help."""
    parser.addoption("--rows", action="store_true", help="list the rows of the requirements that no test names")
    parser.addoption(
        "--on-another-database",
        action="store_true",
        help="leave out what no database changes: how pages look, and tests that touch none",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips browser tests where there is no browser; under `--rows` leaves no test to run."""
    if chromium() is None:
        without = [item for item in items if item.get_closest_marker("browser")]
        config.stash[skipped_for_browser] = len(without)
        for item in without:
            item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
    if config.getoption("--rows"):
        config.stash[untested_rows] = rows_without(items)
        items.clear()
    elif config.getoption("--on-another-database"):
        same = [item for item in items if not depends_on_database(item)]
        config.hook.pytest_deselected(items=same)
        items[:] = [item for item in items if depends_on_database(item)]


def depends_on_database(item: Any) -> bool:
    """Whether the test may end differently on another database: it uses one, or starts processes that do."""
    if item.get_closest_marker("looks"):
        return False
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("processes")
    is_case = isinstance(item.cls, type) and issubclass(item.cls, SimpleTestCase)
    return bool(marked or is_case or {"db", "transactional_db", "live_server"} & set(item.fixturenames))


def rows_without(items: list[pytest.Item]) -> list[str]:
    """The rows that none of the tests names. Raises UsageError for a name that is not a row."""
    rows = ROWS.read_text().split()
    named = {str(row) for item in items for marker in item.iter_markers("row") for row in marker.args}
    if unknown := named - set(rows):
        raise pytest.UsageError(f"There is no row {', '.join(sorted(unknown))} in the requirements.")
    return [row for row in rows if row not in named]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Listing rows runs no test, which is not a failure."""
    if session.config.getoption("--rows") and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Adds its lines right above pytest's own summary."""
    if config.getoption("--rows"):
        rows = config.stash.get(untested_rows, [])
        terminalreporter.section(f"{len(rows)} rows without a test")
        for row in rows:
            terminalreporter.line(row)
    if count := config.stash.get(skipped_for_browser, 0):
        terminalreporter.section(f"{count} BROWSER TESTS SKIPPED: {NO_BROWSER}", sep="!", red=True, bold=True)
    if earlier := os.environ.get("DAYBOOK_EARLIER_RUNS"):
        terminalreporter.section(earlier, red="FAILED" in earlier)
