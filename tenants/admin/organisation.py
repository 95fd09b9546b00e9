"""Organisations, their domains and members, and the people who sign in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import scope

from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.models import Domain, Membership, Tenant, User
from tenants.services import audit, changes, members


@admin.register(Tenant)
class TenantAdmin(TenantModelAdmin):
    """An organisation's own settings. A new one is made by `manage.py create_tenant`."""

    may_change = True
    form = forms.ModelForm
    organisation_lookup = "pk"
    list_display = ["name", "time_zone", "language", "bookings_enabled", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["directory_id", "created_at"]
    fieldsets = [
        (None, {"fields": ["name", "directory_id", "time_zone", "language", "created_at"]}),
        (_("Looks"), {"fields": ["accent", "logo_url"]}),
        (
            _("Bookings"),
            {
                "fields": [
                    "bookings_enabled", "invitation_sender", "tentative_is_busy", "out_of_office_is_busy",
                    "working_elsewhere_is_busy",
                ]
            },
        ),
    ]  # fmt: skip

    def get_queryset(self, request: Any) -> Any:
        if request.tenant is not None:
            return Tenant.objects.filter(pk=request.tenant.pk)
        return super().get_queryset(request)

    def tenant_of(self, obj: Any) -> Any:
        return obj

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """The organisation is its own owner: its audit event stands under itself."""
        before = changes.plain(Tenant.objects.get(pk=obj.pk))
        obj.save()
        old, new = changes.difference(before, changes.plain(obj))
        self._record(request, obj, "changed", old, new)


@admin.register(Domain)
class DomainAdmin(TenantModelAdmin):
    """Mail domains. That a domain belongs to an organisation is stated by the site's administrators."""

    may_add = may_change = may_delete = True
    asks_organisation = True
    list_display = ["name", "is_primary", "verified_at"]
    search_fields = ["name"]
    fields = ["name", "is_primary", "verified_at"]

    def has_add_permission(self, request: Any) -> bool:
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_delete_permission(request, obj)


@admin.register(Membership)
class MembershipAdmin(TenantModelAdmin):
    """Who works in an organisation, and as what."""

    may_add = may_change = may_delete = True
    asks_organisation = True
    list_display = ["user", "mail", "role", "created_at"]
    list_filter = ["role"]
    list_select_related = ["user"]
    search_fields = ["user__name", "user__email"]
    fields = ["user", "role"]
    ordering = ["user__name"]

    @admin.display(description=_("mail address"), ordering="user__email")
    def mail(self, obj: Membership) -> str:
        """The member's mail address."""
        return obj.user.email

    def has_add_permission(self, request: Any) -> bool:
        # Somebody new is unknown to the organisation: only the site's administrators can look them up.
        return request.user.is_superuser and super().has_add_permission(request)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        return ["user"] if obj is not None else []

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """A role changes through the service, which keeps an owner in every organisation."""
        if not change:
            super().save_row(request, obj, form, change)
            return
        members.change_role(
            membership=obj, role=form.cleaned_data["role"], now=timezone.now(), actor=actor_of(request),
            acting_as=request.membership,
        )  # fmt: skip

    def delete_model(self, request: Any, obj: Any) -> None:
        with scope(tenant=obj.tenant):
            members.remove(membership=obj, now=timezone.now(), actor=actor_of(request), acting_as=request.membership)


@admin.register(User)
class UserAdmin(TenantModelAdmin):
    """People. An organisation sees its members; only the site's administrators change what a person is."""

    may_add = may_change = True
    form = forms.ModelForm
    organisation_lookup = "memberships__tenant"
    list_display = ["name", "email", "is_active", "last_login"]
    list_filter = ["is_active"]
    search_fields = ["name", "email"]
    ordering = ["name"]
    readonly_fields = ["last_login", "date_joined"]

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        person = (
            None,
            {"fields": ["name", "email", "time_zone", "language", "is_active", "last_login", "date_joined"]},
        )
        site = (_("This site"), {"fields": ["is_superuser", "is_staff"]})
        return [person, site] if request.user.is_superuser else [person]

    def has_add_permission(self, request: Any) -> bool:
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_change_permission(request, obj)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Kept in the audit trail of every organisation that the person belongs to, and in Django's own log."""
        before = changes.plain(User.objects.get(pk=obj.pk)) if change else {}
        if not change:
            obj.set_unusable_password()
        obj.save()
        old, new = changes.difference(before, changes.plain(obj))
        for membership in Membership.objects.filter(user=obj).select_related("tenant") if new else ():
            with scope(tenant=membership.tenant):
                audit.record(
                    tenant=membership.tenant, actor=actor_of(request), action="user.changed", target=obj,
                    label=obj.email, now=timezone.now(), before=old, after=new,
                )  # fmt: skip

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        return admin.ModelAdmin.history_view(self, request, object_id, extra_context)
