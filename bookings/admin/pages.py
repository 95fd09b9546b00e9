"""Booking pages: published, put into the trash, restored."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import Count, Q, QuerySet
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.models import Booking, BookingPage
from bookings.services import pages, trash
from tenants.admin.base import TenantModelAdmin, actor_of


class TrashFilter(admin.SimpleListFilter):
    """Whether pages lie in the trash. Those that do are left out unless they are asked for."""

    title, parameter_name = _("trash"), "trash"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("In the trash"))]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(deleted_at__isnull=self.value() != "yes")

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": _("Not in the trash")}, *others]


@admin.register(BookingPage)
class BookingPageAdmin(TenantModelAdmin):
    """Every page with its state. New business pages are made in the staff area; personal ones by their owner."""

    may_change = True
    list_display = ["display_name", "kind", "page_state", "page_address", "is_published"]
    list_filter = ["kind", "is_published", "access", TrashFilter]
    list_select_related = ["mailbox"]
    search_fields = ["display_name", "mailbox__address"]
    date_hierarchy = "created_at"
    readonly_fields = [
        "kind", "mailbox", "page_state", "link", "activated_at", "reachable_at", "deleted_at", "deleted_by",
        "purge_at",
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": ["display_name", "kind", "page_state", "link", "mailbox", "is_published"]}),
        (_("Business information"), {"fields": ["description", "phone", "email", "website", "postal_address"]}),
        (_("Visitors"), {"fields": ["access", "is_indexed", "consent_text", "asks_mail_code", "accent", "logo_url"]}),
        (
            _("Hours"),
            {
                "fields": [
                    "time_zone", "language", "weekly_hours", "holiday_country", "holiday_region", "activated_at",
                    "reachable_at",
                ]
            },
        ),
        (_("Trash"), {"fields": ["deleted_at", "deleted_by", "purge_at"]}),
    ]  # fmt: skip
    help_texts = {
        "is_published": _("Switched off, visitors read that the page takes no bookings at the moment."),
        "access": _("The organisation may close all of its pages to outsiders, whatever stands here."),
        "consent_text": _("What a visitor agrees to before booking. Empty: nothing is asked."),
        "asks_mail_code": _("A booking counts only after the code from the mail was entered."),
        "accent": _("A colour such as #2456d6. Empty: the organisation’s."),
        "logo_url": _("An https address of a picture. Empty: the organisation’s."),
        "weekly_hours": _('In the page’s own time zone: {"mon": [["09:00", "12:00"]], …}. No pair: closed.'),
        "holiday_country": _("Two letters, such as DE. Public holidays are closed days. Empty: they are not."),
        "holiday_region": _("A subdivision of the country, such as BY."),
        "reachable_at": _("A personal page is reached by others a little after it was activated."),
        "purge_at": _("Until then it can be restored with everything it had."),
    }
    actions = ["publish", "unpublish", "put_into_trash", "restore"]

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        """Those in the trash too: the list's filter leaves them out."""
        rows = BookingPage.with_deleted.order_by("display_name", "pk")
        if request.tenant is not None:
            return rows.filter(tenant=request.tenant)
        return rows if request.user.is_superuser else rows.none()

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> Any:
        """Fields that search for a page offer none in the trash."""
        if request.path.endswith("/autocomplete/"):
            queryset = queryset.filter(deleted_at=None)
        return super().get_search_results(request, queryset, search_term)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """What lies in the trash is looked at and restored, not changed."""
        return super().has_change_permission(request, obj) and (obj is None or obj.deleted_at is None)

    @admin.display(description=_("address"))
    def page_address(self, obj: BookingPage) -> str:
        """The mail address that names the page."""
        return obj.address

    @admin.display(description=_("state"))
    def page_state(self, obj: BookingPage) -> str:
        """What a visitor finds now."""
        return str(_("In the trash") if obj.deleted_at else obj.state(timezone.now()).label)

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

    @admin.action(description=_("Publish the selected pages"), permissions=["change"])
    def publish(self, request: Any, queryset: Any) -> None:
        """Visitors find them."""
        count = self._publish(request, queryset, published=True)
        self.tell(request, ngettext("%(count)d page is published.", "%(count)d pages are published.", count), count)

    @admin.action(description=_("Take the selected pages offline"), permissions=["change"])
    def unpublish(self, request: Any, queryset: Any) -> None:
        """Visitors find them no longer; what is booked stays."""
        count = self._publish(request, queryset, published=False)
        self.tell(request, ngettext("%(count)d page is offline.", "%(count)d pages are offline.", count), count)

    def _publish(self, request: Any, queryset: Any, *, published: bool) -> int:
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.filter(deleted_at=None, is_published=not published).select_related("tenant", "mailbox")
        return self.each(
            request, rows, lambda row: pages.set_published(page=row, published=published, now=now, actor=actor)
        )

    @admin.action(description=_("Put the selected pages into the trash"), permissions=["change"])
    def put_into_trash(self, request: Any, queryset: Any) -> TemplateResponse | None:
        """Asks with a list of what goes along, then does it."""
        now, standing = timezone.now(), ~Q(bookings__status__in=Booking.GONE)
        rows = queryset.filter(deleted_at=None).select_related("tenant", "mailbox")
        if request.POST.get("confirmed"):
            self._delete(request, rows)
            return None
        asked = self.get_queryset(request).filter(pk__in=rows.order_by().values("pk")).select_related("tenant")
        counted = asked.annotate(
            ahead=Count("bookings", filter=Q(bookings__starts_at__gt=now) & standing, distinct=True),
            kept=Count("bookings", distinct=True),
        )
        context = self.admin_site.each_context(request) | {
            "title": _("Put into the trash"), "pages": counted, "opts": self.opts, "media": self.media,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }  # fmt: skip
        return TemplateResponse(request, "admin/delete_pages.html", context)

    def _delete(self, request: Any, rows: Any) -> None:
        now, actor, reason = timezone.now(), actor_of(request), request.POST.get("reason", "")
        cancels = request.POST.get("ahead") == "cancel"
        count = self.each(
            request, rows, lambda row: trash.delete(page=row, now=now, actor=actor, cancels=cancels, reason=reason)
        )
        text = ngettext("%(count)d page lies in the trash.", "%(count)d pages lie in the trash.", count)
        self.tell(request, text, count)

    @admin.action(description=_("Restore the selected pages from the trash"), permissions=["change"])
    def restore(self, request: Any, queryset: Any) -> None:
        """They are back with everything they had."""
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.select_related("tenant", "mailbox")
        count = self.each(request, rows, lambda row: trash.restore(page=row, now=now, actor=actor))
        text = ngettext("%(count)d page is back.", "%(count)d pages are back.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)
