"""The visitor and the standing clock of the pages' tests."""

from tests.pages.conftest import monday, outside, visitor

__all__ = ["monday", "outside", "visitor"]
