"""What every test may use."""

from __future__ import annotations

from tests.reporting import (
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_sessionfinish", "pytest_terminal_summary"]
