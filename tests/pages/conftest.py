"""A visitor, and a clock that stands still on the Monday of the scenarios."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django_scopes import scopes_disabled

from tests.factories import NOW


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Monday 23 November 2026, 07:00 in Zurich."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visitor(settings) -> Client:
    """A browser without JavaScript that was never here before; it checks forms as a real one must."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    return Client(raise_request_exception=True)


@pytest.fixture
def outside() -> Iterator[None]:
    """No organisation entered."""
    with scopes_disabled():
        yield
