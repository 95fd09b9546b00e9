"""The form of every row of an organisation: it offers, and accepts, only rows of that organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import Tenant, User


class TenantForm(forms.ModelForm):
    """Belongs to the organisation of the request, else of the row, else of what the row refers to."""

    #: Set per request; None for site administrators.
    working_in: ClassVar[Tenant | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenant = self._known_tenant()
        if tenant is None:
            return
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                field.queryset = within(field.queryset, tenant)

    def clean(self) -> dict[str, Any]:
        """Sets the row's organisation and refuses what belongs to another one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        tenant = self._known_tenant() or cleaned.get("organisation") or self._tenant_of_relations(cleaned)
        if tenant is None:
            raise forms.ValidationError(_("Choose the organisation."), code="organisation")
        self.instance.tenant = tenant
        for name, row in self._relations(cleaned):
            if getattr(row, "tenant_id", tenant.pk) != tenant.pk:
                self.add_error(name, _("This belongs to another organisation."))
        return cleaned

    def _known_tenant(self) -> Tenant | None:
        if self.working_in is not None:
            return self.working_in
        return self.instance.tenant if self.instance.tenant_id else None

    def _tenant_of_relations(self, cleaned: dict[str, Any]) -> Tenant | None:
        return next((row.tenant for _name, row in self._relations(cleaned) if hasattr(row, "tenant_id")), None)

    def _relations(self, cleaned: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in cleaned.items():
            if isinstance(value, models.QuerySet):
                yield from ((name, row) for row in value)
            elif isinstance(value, models.Model):
                yield name, value


class NewRowForm(TenantForm):
    """The same for a site administrator who adds a row that nothing else ties to an organisation."""

    organisation = forms.ModelChoiceField(Tenant.objects.all(), label=_("Organisation"))


def within(rows: Any, tenant: Tenant) -> Any:
    """Those of `rows` that an organisation may know of: its own, and the people who are its members."""
    if rows.model is User:
        return rows.filter(memberships__tenant=tenant).distinct()
    try:
        rows.model._meta.get_field("tenant")
    except FieldDoesNotExist:
        return rows
    return rows.filter(tenant=tenant)
