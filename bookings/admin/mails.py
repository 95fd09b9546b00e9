"""The delivery log."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.notifications import catalogue
from bookings.services import deliveries
from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.models import Message


@admin.register(Message)
class MessageAdmin(TenantModelAdmin):
    """What a mail says stays closed: it carries links that act for its reader."""

    list_display = ["created_at", "subject", "to", "what", "state", "sent_at", "last_error"]
    list_display_links = ["subject"]
    list_filter = ["state", "template"]
    search_fields = ["to", "subject"]
    date_hierarchy = "created_at"
    fields = ["subject", "to", "to_name", "reply_to", "what", "state", "last_error", "created_at", "sent_at"]
    readonly_fields = ["what"]
    help_texts = {"reply_to": _("Where an answer goes. Empty: to nobody.")}
    actions = ["send_again"]

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return super().get_queryset(request).defer("text", "html", "calendar")

    @admin.display(description=_("kind"), ordering="template")
    def what(self, obj: Message) -> str:
        """Which mail it is, in words."""
        return str(catalogue.label(obj.template))

    @admin.action(description=_("Send the selected mails again"), permissions=["view"])
    def send_again(self, request: Any, queryset: Any) -> None:
        """Where what they say still holds; of mails that are about no booking only those that failed."""
        now, actor = timezone.now(), actor_of(request)
        rows = Message.objects.filter(pk__in=queryset.order_by().values("pk")).select_related("tenant")
        count = self.each(request, rows, lambda row: deliveries.resend(message=row, now=now, actor=actor))
        self.tell(request, ngettext("%(count)d mail is sent again.", "%(count)d mails are sent again.", count), count)
