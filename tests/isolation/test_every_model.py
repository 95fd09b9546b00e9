"""Every table belongs to an organisation, or stands on a short list with the reason."""

from __future__ import annotations

import pytest
from django.apps import apps
from django_scopes import scope, scopes_disabled
from django_scopes.exceptions import ScopeError

from tenants.models import ForeignTenant, Mailbox, Tenant, TenantModel
from tests import factories

#: Tables of ours that belong to no single organisation.
GLOBAL = {
    "tenants.Tenant",  # the organisations themselves
    "tenants.User",  # a person may belong to several
    "tenants.WorkerHeartbeat",  # the hosts that run the site
}
#: Apps of others, and the sandbox, which plays Microsoft's side.
FOREIGN_APPS = {"admin", "auth", "contenttypes", "sessions", "account", "mfa", "socialaccount", "django_q", "sandbox"}

OURS = [model for model in apps.get_models() if model._meta.app_label not in FOREIGN_APPS]
SCOPED = [model for model in OURS if issubclass(model, TenantModel)]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_belongs_to_an_organisation_or_is_listed(model: type) -> None:
    if model._meta.auto_created:  # a relation between two rows that each are checked
        return
    assert issubclass(model, TenantModel) or model._meta.label in GLOBAL


@pytest.mark.django_db
@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model._meta.label)
def test_without_a_scope_every_query_raises(model: type) -> None:
    for query in (lambda: model.objects.count(), lambda: model.objects.first(), lambda: model.objects.filter(pk=None)):
        with pytest.raises(ScopeError):
            query()


@pytest.mark.django_db
def test_a_row_of_another_organisation_is_neither_found_nor_written(contoso: Tenant) -> None:
    mine = factories.MailboxFactory(tenant=contoso)
    stranger = factories.stranger()
    with scope(tenant=stranger):
        assert not Mailbox.objects.filter(pk=mine.pk).exists()
        with pytest.raises(ForeignTenant):
            mine.save()
        with pytest.raises(ForeignTenant):
            mine.delete()
    with scopes_disabled():
        assert Mailbox.objects.filter(pk=mine.pk).exists()
