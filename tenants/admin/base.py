"""What every page of the admin has in common: it shows one organisation to its administrators, all to the site's.

| who                          | sees                | may change                                         |
|------------------------------|---------------------|----------------------------------------------------|
| site administrator           | every organisation  | what `may_add`, `may_change`, `may_delete` allow   |
| owner, administrator         | their organisation  | the same, inside it                                |
| everybody else               | nothing             | nothing                                            |

Rows are filtered twice: by the scope that the middleware entered, and by the organisation of the request. Every
change leaves an audit event with the source `admin`; "History" shows the audit trail. What is secret is on no page,
and no list is filtered or searched by it: what a filter leaves would spell it out, letter by letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from tenants.admin.acts import Acts, actor_of, sentence
from tenants.admin.forms import NewRowForm, TenantForm, within
from tenants.admin.secrecy import is_secret
from tenants.errors import DomainError
from tenants.fields import TimeZoneField
from tenants.forms import MinutesField, TimeZoneChoice
from tenants.services import audit, changes


def administers(request: Any) -> bool:
    """Whether the person administers the site, or the organisation they work in."""
    if not request.user.is_active:
        return False
    return bool(request.user.is_superuser or (request.membership and request.membership.administers))


class ValuesFilter(admin.AllValuesFieldListFilter):
    """Every value there is; the empty one is a dash, because a link without words cannot be read out."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or "–"}


class TenantModelAdmin(Acts):
    """A page for rows that belong to an organisation. Read-only unless a subclass says more."""

    may_add = may_change = may_delete = False
    #: Whether a site administrator has to name the organisation of a new row.
    asks_organisation = False
    #: How rows lead to their organisation.
    organisation_lookup = "tenant"
    #: What fields mean whose name does not say it.
    help_texts: ClassVar[Mapping[str, Any]] = {}
    #: Fields with a form field of their own, such as a length in hours.
    form_classes: ClassVar[Mapping[str, Any]] = {}
    #: Fields that are nobody else's business, beside those that are secret by their type or name.
    closed: ClassVar[tuple[str, ...]] = ()
    form: Any = TenantForm
    list_per_page = 50
    show_full_result_count = False
    formfield_overrides = {
        models.DurationField: {"form_class": MinutesField},
        TimeZoneField: {"form_class": TimeZoneChoice},
    }

    # --- which rows -------------------------------------------------------------------------------------------

    def get_queryset(self, request: Any) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        if request.user.is_superuser and request.tenant is None:
            return rows
        return rows.filter(**{self.organisation_lookup: request.tenant}) if request.tenant else rows.none()

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        own = self.form_classes.get(db_field.name)
        if own is not None:
            return db_field.formfield(form_class=own, **kwargs)
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if request.tenant is not None and hasattr(field, "queryset"):
            field.queryset = within(field.queryset, request.tenant)
        return field

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if self._asks(request, obj):
            kwargs.setdefault("form", NewRowForm)
        kwargs.setdefault("help_texts", self.help_texts)
        form = super().get_form(request, obj, change=change, **kwargs)
        if issubclass(form, TenantForm):
            form.working_in = request.tenant
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return ["organisation", *fields] if self._asks(request, obj) and "organisation" not in fields else fields

    def get_list_display(self, request: Any) -> Any:
        columns = super().get_list_display(request)
        return columns if request.tenant or self.organisation_lookup != "tenant" else [*columns, "tenant"]

    def get_list_filter(self, request: Any) -> Any:
        filters = super().get_list_filter(request)
        return filters if request.tenant or self.organisation_lookup != "tenant" else [*filters, "tenant"]

    def get_list_select_related(self, request: Any) -> Any:
        wanted = super().get_list_select_related(request)
        return wanted if isinstance(wanted, bool) or request.tenant else [*wanted, "tenant"]

    def _asks(self, request: Any, obj: Any) -> bool:
        return self.asks_organisation and obj is None and request.tenant is None

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Refuses to filter by a secret, however it is reached."""
        if is_secret(self.model, lookup) or lookup.partition("__")[0] in self.closed:
            return False
        return super().lookup_allowed(lookup, value, request)

    # --- who ---------------------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return administers(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return administers(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and administers(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and administers(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and administers(request)

    # --- what it leaves ------------------------------------------------------------------------------------------

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Saves and audits. Subclasses hand over to their service in `save_row`."""
        with scope(tenant=self.tenant_of(obj)):
            self.save_row(request, obj, form, change)

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Stores the row as the form left it."""
        before = changes.plain(type(obj)._base_manager.get(pk=obj.pk)) if change else {}
        obj.save()
        old, new = changes.difference(before, changes.plain(obj))
        self._record(request, obj, "changed" if change else "added", old, new)

    def delete_model(self, request: Any, obj: Any) -> None:
        with scope(tenant=self.tenant_of(obj)), transaction.atomic():
            self._record(request, obj, "removed", changes.plain(obj), {})
            obj.delete()

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for obj in queryset:
            self.delete_model(request, obj)

    def _record(self, request: Any, obj: Any, verb: str, before: dict[str, str], after: dict[str, str]) -> None:
        audit.record(
            tenant=self.tenant_of(obj), actor=actor_of(request), action=f"{obj._meta.model_name}.{verb}", target=obj,
            now=timezone.now(), before=before, after=after,
        )  # fmt: skip

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The form; what a service refuses although the form allowed it is said on a fresh one."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refused:
            self.message_user(request, sentence(refused), messages.ERROR)
            return redirect(request.get_full_path())

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The question, then the deletion; a service that refuses it is heard."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except DomainError as refused:
            self.message_user(request, sentence(refused), messages.ERROR)
            return redirect(request.get_full_path())

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list and its actions; a service that refuses one is heard."""
        try:
            return super().changelist_view(request, extra_context)
        except DomainError as refused:
            self.message_user(request, sentence(refused), messages.ERROR)
            return redirect(request.get_full_path())

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The audit trail of this row, in place of Django's own log."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        return redirect(f"{reverse('admin:tenants_auditevent_changelist')}?{urlencode({'target_id': obj.pk})}")
