"""Whether a booking calendar is there, or lies in the trash: invisible then, and nothing about it changes.

| who comes                                    | finds                                                        |
|----------------------------------------------|--------------------------------------------------------------|
| a visitor at the page's address              | 404, as if it had never been                                 |
| whoever has a link of it (booking, offer, …) | a calm page that says whom to ask: `CalendarDeleted`         |
| staff, reports, exports, programs            | neither the page nor its bookings                            |
| who was quicker than the page that was open  | `CalendarDeleted`, asked under the lock of its people's time |
| a job whose time comes meanwhile             | does nothing; what still matters is wished anew by `restore` |
"""

from __future__ import annotations

from django.db.models import UUIDField
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, BookingPage
from tenants.errors import DomainError
from tenants.prepared import Prepared, of


class CalendarDeleted(DomainError):
    """The booking calendar lies in the trash; `page` is whose links these are, `booking` the one that was asked for."""

    code = "calendarDeleted"
    status = 410
    detail = _("This booking calendar was deleted.")

    def __init__(self, page: BookingPage, booking: Booking | None = None) -> None:
        super().__init__()
        self.page, self.booking = page, booking


_THERE = Prepared(
    lambda: BookingPage.objects.filter(tenant=of("tenant", UUIDField()), pk=of("page", UUIDField())).values_list("pk")
)


def check(page: BookingPage) -> None:
    """Raises CalendarDeleted where `page`, as it may have been read long ago, lies in the trash now. One query.

    Under the lock of its people's time the answer holds until the transaction ends: deleting takes the same lock.
    """
    if not _THERE.rows(tenant=page.tenant_id, page=page.pk):
        raise CalendarDeleted(page)


def check_read(page: BookingPage, booking: Booking | None = None) -> None:
    """The same of a row that was just read; asks nothing."""
    if page.deleted_at is not None:
        raise CalendarDeleted(page, booking)
