"""What the tests of deletion and erasure use."""

from __future__ import annotations

from tests.microsoft365.fixtures import microsoft365
from tests.staff.conftest import sign_in

__all__ = ["microsoft365", "sign_in"]
