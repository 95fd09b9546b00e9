"""Every list of the admin with many rows: complete, in a bounded number of queries, without anything secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from bookings.models import Service
from bookings.services import trash
from tenants import acting
from tenants.admin.base import TenantModelAdmin
from tenants.admin.secrecy import is_secret
from tenants.models import Connection, Role, Tenant
from tests import factories
from tests.admin.everything import SECRET, everything
from tests.factories import NOW

pytestmark = pytest.mark.django_db
ROWS = 16


def address(model: Any, view: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


def test_many_rows_of_everything(contoso: Tenant, client: Client) -> None:
    """By the organisation's administrator and by the site's: no query for each row, no secret on any page."""
    everything(contoso, "Zebra", rows=ROWS)
    client.force_login(factories.member(contoso, Role.ADMINISTRATOR).user)
    wrong = [*found(client, ROWS), *guessed(client), *shown(client)]
    with scopes_disabled():
        client.force_login(factories.UserFactory(is_superuser=True, is_staff=True))
        wrong += [f"site: {one}" for one in found(client, ROWS)]
    assert not wrong, "\n".join(wrong)


def lists() -> list[Any]:
    """The models that an organisation's administrators have lists of."""
    return [model for model, page in admin.site._registry.items() if isinstance(page, TenantModelAdmin)]


def found(client: Client, rows: int) -> Iterator[str]:
    """Lists that are not complete, or ask too often."""
    for model in lists():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.get(address(model))
        if len(queries) >= 20:
            yield f"{model.__name__}: {len(queries)} queries"
        least = 1 if model in (Tenant, Connection) else rows
        if len(answer.context["cl"].result_list) < least:
            yield f"{model.__name__}: {len(answer.context['cl'].result_list)} rows"
        if SECRET in answer.content.decode():
            yield f"{model.__name__}: a secret in the list"


def guessed(client: Client) -> Iterator[str]:
    """Secrets by which a list can be filtered, and so be guessed letter by letter."""
    for model in lists():
        for field in model._meta.fields:
            if is_secret(model, field.name):
                answer = client.get(address(model), {f"{field.name}__startswith": "t"})
                if answer.status_code != 400:
                    yield f"{model.__name__}.{field.name}: {answer.status_code}"


def shown(client: Client) -> Iterator[str]:
    """Secrets on the pages of one row, and pages that do not open."""
    for model in lists():
        page = admin.site._registry[model]
        row = page.get_queryset(request_of(client, model)).first()
        for view in ("change", "delete", "history") if row is not None else ():
            answer = client.get(address(model, view, row.pk), follow=True)
            if SECRET in answer.content.decode():
                yield f"{model.__name__}: a secret on {view}"
            if view == "change" and answer.status_code != 200:
                yield f"{model.__name__}: {answer.status_code}"


def request_of(client: Client, model: Any) -> Any:
    """The request that a list was asked by."""
    request: Any = client.get(address(model)).wsgi_request
    return request


def test_what_outlook_says_of_events_is_nobody_elses(contoso: Tenant, client: Client) -> None:
    client.force_login(factories.member(contoso, Role.OWNER).user)
    assert client.get("/admin/tenants/busyperiod/", {"title__startswith": "t"}).status_code == 400
    for hidden in ("bookings_mailcode", "tenants_idempotentanswer"):
        assert hidden not in {f"{m._meta.app_label}_{m._meta.model_name}" for m in admin.site._registry}


def test_what_belongs_to_a_page_in_the_trash_is_not_listed(contoso: Tenant, client: Client) -> None:
    client.force_login(factories.member(contoso, Role.OWNER).user)
    page, service, (member,) = factories.clinic(contoso)
    factories.book(page, service, factories.at("2026-11-23 09:00"))
    other, _service, _members = factories.clinic(contoso)
    trash.delete(page=page, now=NOW, actor=acting.SYSTEM)
    for model in ("bookings/service", "bookings/staffmember", "bookings/booking", "bookings/bookingpage"):
        listed = [row.pk for row in client.get(f"/admin/{model}/").context["cl"].result_list]
        assert not {page.pk, service.pk, member.pk} & set(listed)
        assert listed or model.endswith("/booking")
    gone = client.get("/admin/bookings/bookingpage/", {"trash": "yes"}).context["cl"].result_list
    assert [row.pk for row in gone] == [page.pk]
    assert client.get(address(Service, "change", service.pk)).status_code == 302
    told = client.get(address(type(page), "change", page.pk)).content.decode()
    assert "In the trash" in told and 'name="_save"' not in told
    found = client.get(
        "/admin/autocomplete/", {"app_label": "bookings", "model_name": "service", "field_name": "page", "term": ""}
    )
    assert [row["id"] for row in found.json()["results"]] == [str(other.pk)]


def test_dates_read_as_on_the_other_pages(contoso: Tenant, client: Client) -> None:
    user = factories.member(contoso, Role.OWNER, language="de").user
    client.force_login(user)
    with scope(tenant=contoso):
        everything(contoso, "Zebra")
    assert "23 Nov 2026, 07:00" in client.get("/admin/bookings/timeoff/").content.decode()
