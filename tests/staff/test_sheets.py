"""A table that somebody downloads runs nothing, wherever a spreadsheet cuts its cells."""

from __future__ import annotations

import pytest

from bookings.views.staff import sheets

RUNS = "=cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (RUNS, f"'{RUNS}"),
        (f"Ana;{RUNS};", f"Ana;'{RUNS};"),
        (f"Ana; {RUNS}", f"Ana;' {RUNS}"),
        (f"Ana\r\n{RUNS}", f"Ana\r\n'{RUNS}"),
        (f"Ana\t{RUNS}", f"Ana\t'{RUNS}"),
        ("+41 44 123 45 67", "'+41 44 123 45 67"),
        ("ana-maria@example.net; b=c", "ana-maria@example.net; b=c"),
    ],
)
def test_no_text_of_a_customer_is_a_formula(written: str, kept: str) -> None:
    """A German Excel cuts at semicolons and at every line end, whatever the quotes say."""
    assert sheets._plain(written) == kept


def test_no_value_of_the_audit_log_is_a_formula() -> None:
    assert f";'{RUNS}" in sheets._plain({"customerNotes": f"Ana;{RUNS}"})


def test_numbers_stay_numbers() -> None:
    assert (sheets._plain(-3), sheets._plain(None)) == ("-3", "")
