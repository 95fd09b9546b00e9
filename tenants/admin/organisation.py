"""Organisations, their domains and members, and the people who sign in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_scopes import scope

from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.forms import OriginsField, WordsField
from tenants.models import Domain, Membership, Tenant, User
from tenants.services import audit, changes, members


@admin.register(Tenant)
class TenantAdmin(TenantModelAdmin):
    """An organisation's own settings. A new one is made by `manage.py create_tenant`."""

    may_change = True
    form = forms.ModelForm
    organisation_lookup = "pk"
    list_display = ["name", "time_zone", "language", "bookings_enabled", "blocks_outside", "created_at"]
    list_filter = ["language", "bookings_enabled", "blocks_outside"]
    search_fields = ["name"]
    readonly_fields = ["directory_id", "created_at", "mail_from", "joins_by_sign_in"]
    form_classes = {"frame_ancestors": OriginsField, "naming_blocked": WordsField}
    fieldsets = [
        (None, {"fields": ["name", "directory_id", "time_zone", "language", "created_at"]}),
        (_("Looks"), {"fields": ["accent", "logo_url", "frame_ancestors"]}),
        (
            _("Bookings"),
            {
                "fields": [
                    "bookings_enabled", "blocks_outside", "require_staff_approval", "invitation_sender",
                    "tentative_is_busy", "out_of_office_is_busy", "working_elsewhere_is_busy",
                ]
            },
        ),
        (_("Names of business pages"), {"fields": ["naming_prefix", "naming_suffix", "naming_blocked"]}),
        (
            _("Customers"),
            {"fields": ["hides_staff_details", "collects_phone", "collects_notes", "collects_answers"]},
        ),
        (_("Keeping and erasing"), {"fields": ["trash_days", "personal_data_days"]}),
        (_("Mails and sign-in"), {"fields": ["monthly_summary", "mail_from", "joins_by_sign_in"]}),
    ]  # fmt: skip
    help_texts = {
        "directory_id": _("The id of the organisation’s directory in Microsoft Entra."),
        "accent": _("A colour such as #2456d6. It is darkened or lightened where words would be hard to read."),
        "logo_url": _("An https address of a picture. Empty: the organisation’s name."),
        "frame_ancestors": _("One address on each line, without anything behind the name. Empty: none may."),
        "bookings_enabled": _("Switched off, visitors find none of the business pages. Personal pages stay."),
        "blocks_outside": _("Everybody signs in first, whatever a page says."),
        "require_staff_approval": _("Whoever is put on a business page is asked first."),
        "invitation_sender": _("A customer gets one invitation, never two."),
        "naming_prefix": _("It is put before the name and the address of a new or renamed business page."),
        "naming_suffix": _("It is put behind them."),
        "naming_blocked": _("One word or phrase on each line, in any letter case."),
        "hides_staff_details": _("Customers of business pages read the page’s name in the place of the people’s."),
        "trash_days": _("Holds for what is deleted from now on."),
        "personal_data_days": _("Counted from the end of each meeting. Empty: it is kept."),
        "mail_from": _("It is chosen and tested on the connection’s page. Empty: the site’s mail server sends."),
        "joins_by_sign_in": _("An owner decides that among the organisation’s roles."),
    }

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
    list_filter = ["is_primary", ("verified_at", admin.EmptyFieldListFilter)]
    search_fields = ["name"]
    help_texts = {"verified_at": _("Pages are found under this domain from then on. Empty: under none.")}
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
    list_filter = ["role", "user__is_active"]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    help_texts = {"role": _("Owners and administrators administer the organisation; only owners make owners.")}
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
        now, actor = timezone.now(), actor_of(request)
        if not change:
            role = form.cleaned_data["role"]
            obj.pk = members.join(tenant=obj.tenant, user=obj.user, role=role, now=now, actor=actor).pk
            return
        members.change_role(
            membership=obj, role=form.cleaned_data["role"], now=now, actor=actor, acting_as=request.membership
        )

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
    list_filter = ["is_active", "last_login"]
    search_fields = ["name", "email"]
    date_hierarchy = "date_joined"
    ordering = ["name"]
    help_texts = {
        "is_active": _("Switched off, nobody signs in with this account any more. Nothing is lost."),
        "is_superuser": _("Sees and administers every organisation."),
    }
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
