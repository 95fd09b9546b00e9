"""The list of requirements that no test names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests import reporting


def item(*rows: str) -> Any:
    return SimpleNamespace(iter_markers=lambda name: [pytest.mark.row(*rows).mark])


def test_every_requirement_is_listed_until_a_test_names_it() -> None:
    everything = reporting.rows_without([])
    assert len(everything) == len(set(everything)) == 22 + 39 + 84 + 16 + 34
    left = reporting.rows_without([item("S1.13", "S2.84"), item("S1.13")])
    assert set(everything) - set(left) == {"S1.13", "S2.84"}


def test_a_row_that_does_not_exist_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match=r"no row S9\.1"):
        reporting.rows_without([item("S9.1")])
