"""Private links. The addresses themselves are shown to their owner only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.admin.base import PageRowAdmin
from bookings.models import PrivateLink
from bookings.services import link_keeping, private_links
from bookings.services.link_keeping import LinkState
from tenants.admin.base import actor_of


class StateFilter(admin.SimpleListFilter):
    """Where links stand now."""

    title, parameter_name = _("state"), "state"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        return LinkState.choices

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() in LinkState.values else queryset


@admin.register(PrivateLink)
class PrivateLinkAdmin(PageRowAdmin):
    """Links to private meeting types."""

    page_lookups = ("service__page",)
    list_display = ["label_or_none", "service", "state", "expires_at", "uses", "max_uses", "first_opened_at"]
    list_filter = [StateFilter, "expires_at", ("first_opened_at", admin.EmptyFieldListFilter)]
    list_select_related = ["service"]
    search_fields = ["label", "email", "service__title"]
    date_hierarchy = "created_at"
    fields = [
        "label", "service", "state", "email", "sent_at", "expires_at", "max_uses", "uses", "first_opened_at",
        "last_opened_at", "revoked_at", "created_at",
    ]  # fmt: skip
    readonly_fields = ["state"]
    help_texts = {
        "email": _("Where it was, or is to be, sent. Empty: its owner passes it on."),
        "expires_at": _("The last moment at which it works. Empty: never."),
        "max_uses": _("Empty: any number."),
        "uses": _("A cancelled booking gives its use back only when the link is reopened."),
        "first_opened_at": _("When a person’s browser, not a mail scanner, first showed it."),
    }
    actions = ["extend", "reopen", "send", "revoke"]

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return link_keeping.with_state(super().get_queryset(request), timezone.now())

    @admin.display(description=_("label"), ordering="label")
    def label_or_none(self, obj: PrivateLink) -> str:
        """The label its owner gave it."""
        return obj.label or str(_("Without a label"))

    @admin.display(description=_("state"), ordering="state")
    def state(self, obj: Any) -> str:
        """Where it stands, in words."""
        return str(LinkState(obj.state).label)

    @admin.action(description=_("Extend the selected links to 90 days from now"), permissions=["view"])
    def extend(self, request: Any, queryset: Any) -> None:
        """Never shortens what they have; a withdrawn one stays withdrawn."""
        count = self._each(request, queryset, link_keeping.extend)
        text = ngettext("%(count)d link is extended.", "%(count)d links are extended.", count)
        self.tell(request, text, count)

    @admin.action(description=_("Give the selected links a cancelled booking back"), permissions=["view"])
    def reopen(self, request: Any, queryset: Any) -> None:
        """One use each, where a booking made through it no longer stands."""
        count = self._each(request, queryset, link_keeping.reopen)
        text = ngettext("%(count)d link can be used once more.", "%(count)d links can be used once more.", count)
        self.tell(request, text, count)

    @admin.action(description=_("Send the selected links to their mail addresses"), permissions=["view"])
    def send(self, request: Any, queryset: Any) -> None:
        """To the address that each is for."""
        count = self._each(request, queryset, link_keeping.send)
        self.tell(request, ngettext("%(count)d link is sent.", "%(count)d links are sent.", count), count)

    @admin.action(description=_("Withdraw the selected links (bookings stay)"), permissions=["view"])
    def revoke(self, request: Any, queryset: Any) -> None:
        """They open nothing from now on."""
        count = self._each(request, queryset.filter(revoked_at=None), private_links.revoke)
        self.tell(request, ngettext("%(count)d link is withdrawn.", "%(count)d links are withdrawn.", count), count)

    def _each(self, request: Any, queryset: Any, act: Callable[..., Any]) -> int:
        now: datetime = timezone.now()
        actor, chosen = actor_of(request), queryset.order_by().values("pk")
        rows = PrivateLink.objects.filter(pk__in=chosen).select_related("tenant", "service__page")
        return self.each(request, rows, lambda row: act(link=row, now=now, actor=actor))
