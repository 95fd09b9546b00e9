"""The admin, walked as the administrator of another organisation: nothing seen, nothing changed, whatever is tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django_scopes import scope

from tenants.models import Role, Tenant, TenantModel, User
from tests import factories
from tests.admin.everything import everything
from tests.isolation.test_every_address import autocompletion, fingerprint

pytestmark = pytest.mark.django_db
#: Stands in every row of Contoso's; a search for its beginning does not repeat it.
WORD, ASKED = "Zebra", "Zebr"


def row_of(tenant: Tenant, model: Any) -> Any:
    """A row of this model that has the word, or belongs to who has it."""
    if model is Tenant:
        return tenant
    if model is User:
        return User.objects.filter(memberships__tenant=tenant).first()
    return model.objects.filter(tenant=tenant).first() if issubclass(model, TenantModel) else None


def base(model: Any) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


@pytest.mark.row("S0.8")
def test_an_administrator_of_another_organisation_gets_nowhere(contoso: Tenant, client: Client) -> None:
    contoso.name = f"{WORD} Ltd"
    contoso.save()
    everything(contoso, WORD, rows=2)
    theirs = {model: row_of(contoso, model) for model in admin.site._registry}
    fabrikam = factories.stranger()
    with scope(tenant=fabrikam):
        everything(fabrikam, "Giraffe")
        own = {model: row_of(fabrikam, model) for model in admin.site._registry}
        client.force_login(factories.member(fabrikam, Role.OWNER).user)
        before = fingerprint(contoso)
        wrong = [
            problem
            for model, row in theirs.items()
            for problem in (*seen(client, model, row), *acted(client, model, row), *chosen(client, own[model], theirs))
        ]
    assert not wrong, "\n".join(wrong)
    assert fingerprint(contoso) == before
    assert not [model for model, row in theirs.items() if row is None and issubclass(model, TenantModel)]


def seen(client: Client, model: Any, row: Any) -> Iterator[str]:
    """By address, search, filter, date and autocompletion."""
    page, listed = admin.site._registry[model], reverse(f"{base(model)}_changelist")
    addresses = [listed, f"{listed}?q={ASKED}", f"{listed}?all=", reverse(f"{base(model)}_add")]
    addresses += [f"{listed}?{page.date_hierarchy}__year=2026"] if page.date_hierarchy else []
    addresses += [autocompletion(model, field).replace("term=o", f"term={ASKED}") for field in page.autocomplete_fields]
    addresses += [f"{listed}?{query}" for query in filters(page, row)]
    if row is not None:
        addresses += [reverse(f"{base(model)}_{view}", args=[row.pk]) for view in ("change", "history", "delete")]
    for address in addresses:
        answer = client.get(address, follow=True)
        if WORD in answer.content.decode() or answer.status_code >= 500:
            yield f"{address} shows {answer.status_code}"


def filters(page: Any, row: Any) -> Iterator[str]:
    """The values of Contoso's row, as the list's filters write them."""
    for named in page.list_filter:
        name = named if isinstance(named, str) else named[0] if isinstance(named, tuple) else ""
        value = getattr(row, name, None) if name and row is not None else None
        if isinstance(value, Model):
            yield f"{name}__id__exact={value.pk}"
        elif value not in (None, "") and WORD not in str(value):  # what was typed is repeated
            yield f"{name}__exact={int(value) if isinstance(value, bool) else value}"
    yield "trash=yes"


def acted(client: Client, model: Any, row: Any) -> Iterator[str]:
    """By every action, and by sending the forms to change and to delete."""
    if row is None:
        return
    page = admin.site._registry[model]
    names = ["delete_selected", *(one if isinstance(one, str) else one.__name__ for one in page.actions or ())]
    agreed = {"_selected_action": [str(row.pk)], "confirmed": "yes", "post": "yes", "ahead": "cancel"}
    sent = [(reverse(f"{base(model)}_changelist"), {"action": name} | agreed) for name in names]
    sent += [(f"{address}?trash=yes", values) for address, values in sent[:1]]
    sent += [(reverse(f"{base(model)}_{view}", args=[row.pk]), agreed) for view in ("change", "delete")]
    for address, values in sent:
        answer = client.post(address, values, follow=True)
        if WORD in answer.content.decode() or answer.status_code >= 500:
            yield f"POST {address} {values.get('action', '')} shows {answer.status_code}"


def chosen(client: Client, row: Any, theirs: dict[Any, Any]) -> Iterator[str]:
    """By a form of their own whose choices are Contoso's rows."""
    if row is None:
        return
    for address in (reverse(f"{base(type(row))}_add"), reverse(f"{base(type(row))}_change", args=[row.pk])):
        answer = client.get(address)
        form = answer.context["adminform"].form if answer.status_code == 200 else forms.Form()
        wanted = {
            name: str(theirs[field.queryset.model].pk)
            for name, field in form.fields.items()
            if isinstance(field, forms.ModelChoiceField) and theirs.get(field.queryset.model) is not None
        }
        for name, value in wanted.items():
            filled = {each: form[each].value() for each in form.fields}
            values = {each: value for each, value in filled.items() if value is not None and value is not False}
            answer = client.post(address, values | {name: value})
            if answer.status_code == 302 or name not in answer.context["adminform"].form.errors:
                yield f"{address} takes {name}"
            if WORD in answer.content.decode():
                yield f"{address} shows {name}"
