"""What the admin pages of bookings have in common: what belongs to a page in the trash is left out, as everywhere."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet

from tenants.admin.base import TenantModelAdmin


class PageRowAdmin(TenantModelAdmin):
    """Rows that belong to booking pages."""

    #: How a row leads to its page, or to its pages.
    page_lookups: ClassVar[tuple[str, ...]] = ("page",)

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        there = {f"{lookup}__deleted_at": None for lookup in self.page_lookups}
        return super().get_queryset(request).filter(**there)
