"""Booking pages, services and private links."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_scopes import scope

from bookings.models import BookingPage, PrivateLink, Service
from bookings.services import pages, private_links, services
from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.forms import DaysField, HoursField


@admin.register(BookingPage)
class BookingPageAdmin(TenantModelAdmin):
    """Every page with its state. New business pages are made in the staff area; personal ones by their owner."""

    may_change = True
    list_display = ["display_name", "kind", "page_state", "page_address", "is_published"]
    list_filter = ["kind", "is_published"]
    list_select_related = ["mailbox"]
    search_fields = ["display_name", "mailbox__address"]
    readonly_fields = ["kind", "mailbox", "page_state", "link", "activated_at", "reachable_at"]
    fieldsets = [
        (None, {"fields": ["display_name", "kind", "page_state", "link", "mailbox", "is_published"]}),
        (_("Business information"), {"fields": ["description", "phone", "email", "website", "postal_address"]}),
        (_("Visitors"), {"fields": ["access", "is_indexed", "consent_text", "asks_mail_code", "accent", "logo_url"]}),
        (
            _("Hours"),
            {
                "fields": [
                    "time_zone",
                    "language",
                    "weekly_hours",
                    "holiday_country",
                    "holiday_region",
                    "activated_at",
                    "reachable_at",
                ]
            },
        ),
    ]

    @admin.display(description=_("address"))
    def page_address(self, obj: BookingPage) -> str:
        """The mail address that names the page."""
        return obj.address

    @admin.display(description=_("state"))
    def page_state(self, obj: BookingPage) -> str:
        """What a visitor finds now."""
        return str(obj.state(timezone.now()).label)

    @admin.display(description=_("link"))
    def link(self, obj: BookingPage) -> str:
        """The public address."""
        return format_html('<a href="{}">{}</a>', obj.path, obj.url)

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Through the services, which audit publishing apart from the rest."""
        now, actor = timezone.now(), actor_of(request)
        page = BookingPage.objects.select_related("tenant", "mailbox").get(pk=obj.pk)
        fields = {name: form.cleaned_data[name] for name in form.changed_data}
        published = fields.pop("is_published", page.is_published)
        page = pages.change(page=page, now=now, actor=actor, **fields)
        pages.set_published(page=page, published=published, now=now, actor=actor)


@admin.register(Service)
class ServiceAdmin(TenantModelAdmin):
    """Meeting types and services."""

    may_add = may_change = True
    list_display = ["title", "page", "duration", "is_public", "approval", "seats", "archived_at"]
    list_filter = ["is_public", "is_online", "approval", "staffing", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["page"]
    search_fields = ["title", "page__display_name"]
    autocomplete_fields = ["page"]
    fields = [
        "page", "title", "description", "duration", "buffer_before", "buffer_after", "slot_interval", "minimum_lead",
        "maximum_advance", "location", "is_online", "is_public", "price_text", "colour", "staff_choice", "staff",
        "staffing", "seats", "approval", "pending_holds", "answer_within", "daily_limit", "weekly_limit",
        "monthly_limit", "booker_limit", "customers_may_move", "customers_may_cancel", "change_cutoff",
        "reason_required", "guests_allowed", "waiting_list", "calendar_age_limit", "position",
    ]  # fmt: skip
    actions = ["archive"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> list[str]:
        return ["page"] if obj is not None else []

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """A new service is given by everybody on its page; who does is chosen afterwards."""
        fields = super().get_fields(request, obj)
        return fields if obj is not None else [name for name in fields if name != "staff"]

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Notice in hours, reach in days, and the staff of this page only."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "staff" in form.base_fields and obj is not None:
            form.base_fields["staff"].queryset = obj.page.staff_members.filter(removed_at=None)
        return form

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        units = {
            "minimum_lead": HoursField, "maximum_advance": DaysField, "answer_within": HoursField,
            "change_cutoff": HoursField, "calendar_age_limit": HoursField,
        }  # fmt: skip
        if db_field.name in units:
            return db_field.formfield(form_class=units[db_field.name])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_row(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Through the service, which checks that the staff is the page's own."""
        now, actor, fields = timezone.now(), actor_of(request), dict(form.cleaned_data)
        members = fields.pop("staff", None)
        fields.pop("page", None)
        if change:
            services.change(service=obj, now=now, actor=actor, staff=members, **fields)
        else:
            services.create(page=obj.page, now=now, actor=actor, staff=members, id=obj.pk, **fields)

    @admin.action(description=_("Delete the selected services (their bookings stay)"), permissions=["change"])
    def archive(self, request: Any, queryset: Any) -> None:
        """Takes them off their pages."""
        now, rows = timezone.now(), list(queryset.filter(archived_at=None).select_related("tenant"))
        for service in rows:
            with scope(tenant=service.tenant):
                services.archive(service=service, now=now, actor=actor_of(request))
        text = ngettext("%(count)d service was deleted.", "%(count)d services were deleted.", len(rows))
        self.message_user(request, text % {"count": len(rows)}, messages.SUCCESS)


@admin.register(PrivateLink)
class PrivateLinkAdmin(TenantModelAdmin):
    """Links to private meeting types. The links themselves are shown to their owner only."""

    list_display = ["label_or_none", "service", "expires_at", "max_uses", "uses", "first_opened_at", "revoked_at"]
    list_select_related = ["service"]
    search_fields = ["label", "service__title"]
    fields = [
        "label", "service", "expires_at", "max_uses", "uses", "first_opened_at", "last_opened_at", "revoked_at",
        "created_at",
    ]  # fmt: skip
    actions = ["revoke"]

    @admin.display(description=_("label"))
    def label_or_none(self, obj: PrivateLink) -> str:
        """The label its owner gave it."""
        return obj.label or str(_("Without a label"))

    @admin.action(description=_("Withdraw the selected links (bookings stay)"), permissions=["view"])
    def revoke(self, request: Any, queryset: Any) -> None:
        """They open nothing from now on."""
        now = timezone.now()
        for link in queryset.filter(revoked_at=None).select_related("tenant"):
            with scope(tenant=link.tenant):
                private_links.revoke(link=link, now=now, actor=actor_of(request))
