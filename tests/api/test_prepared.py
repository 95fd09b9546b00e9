"""Queries that are built once answer as those that are built each time, and keep the walls."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import UUIDField
from django_scopes import scope, scopes_disabled
from django_scopes.exceptions import ScopeError

from bookings import access
from bookings.models import BookingPage
from tenants.errors import NotFound
from tenants.models import Domain, Tenant
from tenants.prepared import Prepared, of
from tests.factories import clinic, personal_page, stranger

PAGES = Prepared(
    lambda: BookingPage.objects.filter(tenant=of("tenant", UUIDField())).select_related("mailbox", "tenant")
)
NAMES = Prepared(
    lambda count: BookingPage.objects.filter(tenant=of("tenant", UUIDField())).values_list("display_name", "pk")[:count]
)


def test_instances_are_those_of_the_ordinary_query(contoso: Tenant, django_assert_num_queries: Any) -> None:
    clinic(contoso)
    personal_page(contoso)
    ordinary = list(BookingPage.objects.select_related("mailbox", "tenant"))
    for _ in range(2):
        with django_assert_num_queries(1):
            prepared = PAGES.objects(tenant=contoso.pk)
            assert [page.mailbox.address for page in prepared] == [page.mailbox.address for page in ordinary]
        assert prepared == ordinary
        assert [page.weekly_hours for page in prepared] == [page.weekly_hours for page in ordinary]
        assert [page.activated_at for page in prepared] == [page.activated_at for page in ordinary]


def test_a_shape_is_built_once_and_values_change(contoso: Tenant) -> None:
    clinic(contoso)
    clinic(contoso)
    assert [len(NAMES.rows(count, tenant=contoso.pk)) for count in (1, 2, 1)] == [1, 2, 1]


def test_outside_the_organisations_scope_it_raises(contoso: Tenant) -> None:
    clinic(contoso)
    fabrikam = stranger()
    with pytest.raises(ScopeError):
        PAGES.objects(tenant=fabrikam.pk)
    with scope(tenant=fabrikam):
        assert PAGES.objects(tenant=fabrikam.pk) == []
        with pytest.raises(ScopeError):
            PAGES.objects(tenant=contoso.pk)
    with scope(tenant=None), pytest.raises(ScopeError):
        PAGES.objects(tenant=contoso.pk)
    with scopes_disabled():
        assert len(PAGES.objects(tenant=contoso.pk)) == 1


def test_a_page_is_found_only_under_a_verified_domain(contoso: Tenant) -> None:
    page, _, _ = clinic(contoso)
    assert access.page(page.address.upper()) == page
    Domain.objects.update(verified_at=None)
    with pytest.raises(NotFound):
        access.page(page.address)
