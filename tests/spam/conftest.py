"""The clock stands still on the Monday of the scenarios; a visitor's browser; somebody signed in."""

from __future__ import annotations

from tests.pages.conftest import monday, visitor
from tests.staff.conftest import sign_in

__all__ = ["monday", "sign_in", "visitor"]
