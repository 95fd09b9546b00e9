"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import TransactionTestCase
from django.utils import translation
from django_scopes import scope

from tenants.models import Tenant
from tests import emptying
from tests.reporting import (
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
)

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_sessionfinish", "pytest_terminal_summary"]


TransactionTestCase._fixture_teardown = emptying.empty  # type: ignore[method-assign]


@pytest.fixture
def contoso(db: None) -> Iterator[Tenant]:
    """The organisation of most scenarios, with the domain contoso.com, and its scope around the test."""
    from tests.factories import TenantFactory

    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        yield tenant


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Rate limits and cached answers of one test do not reach the next."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """The language that one test's visitor chose stays in that test."""
    yield
    translation.deactivate()
