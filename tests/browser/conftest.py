"""A real browser in front of a real server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django_scopes import scope

from bookings.models import Hold
from tenants.models import Claim, Tenant
from tests.factories import TenantFactory
from tests.reporting import chromium

SHOTS = Path(settings.BASE_DIR) / "var" / "screenshots"
#: What stands in the console when a page is as it should be: a page that answers 404 says so there.
EXPECTED = (
    "Failed to load resource: the server responded with a status of 4",
    "status of 503",
    "Response Status Error",
)


@pytest.fixture(scope="session", autouse=True)
def database_beside_the_browser() -> Iterator[None]:
    """Playwright runs an event loop in the tests' thread, in which Django otherwise refuses its database."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    yield
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, without its conversations with the outside."""
    quiet = [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ]  # fmt: skip
    return browser_type_launch_args | {"executable_path": chromium(), "args": quiet}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A visitor from the United States, in London."""
    return browser_context_args | {"locale": "en-US", "timezone_id": "Europe/London"}


@pytest.fixture
def site(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Tenant]:
    """An organisation behind a running server."""
    settings.SITE_URL = live_server.url
    tenant = TenantFactory(name="Contoso", domain="contoso.com", accent="#0f6e56")
    with scope(tenant=tenant):
        yield tenant


@pytest.fixture
def calm(page: Any) -> Iterator[Any]:
    """The browser's page; at the end nothing may have gone wrong in it, and no policy been broken."""
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    assert [text for text in wrong if not any(known in text for known in EXPECTED)] == []


def shot(page: Any, name: str) -> None:
    """Writes what the browser shows to var/screenshots."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def lapse(page: Any) -> None:
    """The time that the browser keeps is kept no longer, although the form still stands there."""
    page.locator("#hold:not([hidden])").wait_for()
    Claim.objects.filter(owner_id__in=Hold.objects.values("pk")).delete()
    Hold.objects.all().delete()
