"""An organisation whose people sign in with Microsoft."""

from __future__ import annotations

from typing import Any

import pytest

from tests.microsoft365.fixtures import microsoft365
from tests.microsoft365.organisation import Microsoft365

__all__ = ["microsoft365"]


@pytest.fixture
def signing_in(microsoft365: Microsoft365, settings: Any) -> Microsoft365:
    """Contoso with sign-in switched on, and Sally in its directory, whom Daybook knows."""
    settings.SITE_URL = "http://testserver"
    microsoft365.connection.signs_in = True
    microsoft365.connection.save()
    microsoft365.mailbox("sally@contoso.com", "Sally Sommer")
    return microsoft365
