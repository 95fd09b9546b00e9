"""A member signed in, the sandbox, and the outbox run by hand."""

from __future__ import annotations

from tests.microsoft365.fixtures import microsoft365
from tests.notifications.conftest import postbox, run
from tests.staff.conftest import sign_in

__all__ = ["microsoft365", "postbox", "run", "sign_in"]
