"""Webhooks and what became of each delivery. Secrets and contents are on no page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_scopes import scope

from tenants.admin.base import TenantModelAdmin, actor_of
from tenants.models import WebhookDelivery, WebhookEndpoint
from tenants.services import audit, webhooks


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(TenantModelAdmin):
    """Programs that are told of bookings. A new one is made on the organisation's pages, which show its secret once."""

    may_delete = True
    list_display = ["url", "is_active", "told_of", "failed", "last_told"]
    list_filter = ["is_active"]
    search_fields = ["url"]
    date_hierarchy = "created_at"
    fields = ["url", "is_active", "told_of", "failed", "last_told", "created_at"]
    readonly_fields = ["told_of", "failed", "last_told"]
    help_texts = {"is_active": _("It switches itself off when nothing arrives for half a day.")}
    actions = ["switch_on", "switch_off", "send_test"]

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        failed = Count("deliveries", filter=Q(deliveries__state=WebhookDelivery.State.FAILED))
        rows = super().get_queryset(request)
        return rows.annotate(failures=failed, told_at=Max("deliveries__delivered_at"))

    @admin.display(description=_("told of"))
    def told_of(self, obj: WebhookEndpoint) -> str:
        """The events it wants."""
        return ", ".join(obj.events) or str(_("Everything"))

    @admin.display(description=_("failed"), ordering="failures")
    def failed(self, obj: Any) -> int:
        """Deliveries that did not arrive."""
        count: int = obj.failures
        return count

    @admin.display(description=_("last told"), ordering="told_at")
    def last_told(self, obj: Any) -> Any:
        """When the last delivery arrived."""
        return obj.told_at

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """What they were told goes with them: it is counted, not listed."""
        gone = WebhookDelivery.objects.filter(endpoint__in=[row.pk for row in objs]).count()
        names = {WebhookEndpoint._meta.verbose_name_plural: len(objs), WebhookDelivery._meta.verbose_name_plural: gone}
        return [str(row) for row in objs], names, set(), []

    def delete_model(self, request: Any, obj: Any) -> None:
        with scope(tenant=obj.tenant):
            webhooks.remove(endpoint=obj, now=timezone.now(), actor=actor_of(request))

    @admin.action(description=_("Switch the selected webhooks on"), permissions=["view"])
    def switch_on(self, request: Any, queryset: Any) -> None:
        """They are told of bookings again."""
        self._switch(request, queryset, on=True)

    @admin.action(description=_("Switch the selected webhooks off"), permissions=["view"])
    def switch_off(self, request: Any, queryset: Any) -> None:
        """They are told nothing more."""
        self._switch(request, queryset, on=False)

    def _switch(self, request: Any, queryset: Any, *, on: bool) -> None:
        now, actor, rows = timezone.now(), actor_of(request), _rows(queryset).filter(is_active=not on)
        count = self.each(request, rows, lambda row: webhooks.switch(endpoint=row, on=on, now=now, actor=actor))
        text = ngettext("%(count)d webhook is switched.", "%(count)d webhooks are switched.", count)
        self.tell(request, text, count)

    @admin.action(description=_("Send the selected webhooks a test"), permissions=["view"])
    def send_test(self, request: Any, queryset: Any) -> None:
        """An event that means nothing; whether it arrived is seen among the deliveries."""
        now, actor = timezone.now(), actor_of(request)

        def test(endpoint: WebhookEndpoint) -> None:
            with transaction.atomic():
                webhooks.test(endpoint=endpoint, now=now)
                audit.record(
                    tenant=endpoint.tenant, actor=actor, action="webhook.tested", target=endpoint, now=now,
                    label=endpoint.url,
                )  # fmt: skip

        count = self.each(request, _rows(queryset), test)
        text = ngettext("%(count)d test is on its way.", "%(count)d tests are on their way.", count)
        self.tell(request, text, count)


def _rows(queryset: QuerySet[Any]) -> QuerySet[WebhookEndpoint]:
    """The same rows without what the list counts."""
    return WebhookEndpoint.objects.filter(pk__in=queryset.order_by().values("pk")).select_related("tenant")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(TenantModelAdmin):
    """What programs were told, and whether it arrived. What it said stays closed: it names customers."""

    list_display = ["created_at", "event", "endpoint", "state", "attempts", "status_code", "last_error"]
    list_filter = ["state", "event", "endpoint"]
    list_select_related = ["endpoint"]
    search_fields = ["event", "endpoint__url", "last_error"]
    date_hierarchy = "created_at"
    fields = ["endpoint", "event", "state", "attempts", "status_code", "last_error", "created_at", "delivered_at"]
    help_texts = {"status_code": _("The HTTP status of the last answer. Empty: there was none.")}
    actions = ["replay"]

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return super().get_queryset(request).defer("body")

    @admin.action(description=_("Send the selected deliveries once more"), permissions=["view"])
    def replay(self, request: Any, queryset: Any) -> None:
        """The same body under the same id, whatever became of it."""
        now, actor = timezone.now(), actor_of(request)
        rows = queryset.select_related("tenant", "endpoint")
        count = self.each(request, rows, lambda row: webhooks.replay(delivery=row, now=now, actor=actor))
        text = ngettext("%(count)d delivery is sent once more.", "%(count)d deliveries are sent once more.", count)
        self.tell(request, text, count)
