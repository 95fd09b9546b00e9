"""The fairness ledger: why this colleague got this booking."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.page import BookingPage
from bookings.models.staff import StaffMember
from tenants.models import TenantModel


class Assignment(TenantModel):
    """A booking was given to a colleague out of several who could have had it."""

    class How(models.TextChoices):
        """What decided."""

        FAIR = "fair", _("Shared out fairly")
        CHOSEN = "chosen", _("Chosen by the customer")
        ACCEPTED = "accepted", _("Accepted by the colleague")
        REASSIGNED = "reassigned", _("Handed over")

    page = models.ForeignKey(BookingPage, on_delete=models.CASCADE, related_name="assignments")
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="assignments")
    staff_member = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="assignments")
    how = models.CharField(_("how"), max_length=10, choices=How)
    #: `[{"id", "name", "count", "weight", "last"}, …]`: who was free, and what they had at that moment.
    candidates = models.JSONField(_("who was free"), default=list)
    reason = models.CharField(_("why"), max_length=500, blank=True)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["-at"]
        indexes = [models.Index("page", "at", name="assignment_by_page")]

    def __str__(self) -> str:
        return self.reason or self.get_how_display()
