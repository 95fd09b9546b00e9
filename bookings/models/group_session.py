"""Times that several customers share, and times that are kept while somebody fills in a form."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.service import Service
from bookings.models.staff import StaffMember
from tenants.models import TenantModel


class GroupSession(TenantModel):
    """One time of a service with seats. It owns the claim; each customer's booking takes one seat by compare-and-swap.

    It exists from the first booking on and is over (`ended_at`) when the last one is gone.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="sessions")
    staff_member = models.ForeignKey(StaffMember, on_delete=models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    buffer_before = models.DurationField()
    buffer_after = models.DurationField()
    capacity = models.PositiveSmallIntegerField(_("seats"))
    seats_taken = models.PositiveSmallIntegerField(_("seats taken"), default=0)
    #: Raised with every change that its event in Outlook tells about.
    sequence = models.PositiveIntegerField(default=0)
    join_url = models.URLField(max_length=2000, blank=True)
    ended_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(seats_taken__lte=models.F("capacity")), name="session_seats_suffice"
            ),
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")), name="session_ends_after_start"
            ),
            models.UniqueConstraint(
                "service", "staff_member", "starts_at", condition=models.Q(ended_at=None), name="one_session_at_a_time"
            ),
        ]  # fmt: skip
        indexes = [models.Index("service", "starts_at", name="session_by_service")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.seats_taken}/{self.capacity}"

    @property
    def seats_left(self) -> int:
        """How many may still come."""
        return max(self.capacity - self.seats_taken, 0)


class Hold(TenantModel):
    """A time kept for a visitor while the form is filled in. Its claims lapse with it (`Claim.expires_at`)."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="holds")
    staff_member = models.ForeignKey(StaffMember, on_delete=models.CASCADE, related_name="holds")
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    #: The form's own key, hashed: whoever has it may book what is held, or let go of it.
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("held time")
        verbose_name_plural = _("held times")

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"
