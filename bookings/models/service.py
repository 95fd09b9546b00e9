"""What can be booked: meeting types of a personal page, services of a business page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.page import BookingPage
from tenants.models import TenantModel

MINUTE = timedelta(minutes=1)
#: No service with its buffers is longer: it must fit a claim.
LONGEST_SERVICE = timedelta(days=7)


class Service(TenantModel):
    """A meeting type or service. Durations are whole minutes."""

    page = models.ForeignKey(BookingPage, on_delete=models.CASCADE, related_name="services")
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    duration = models.DurationField(_("duration"), default=timedelta(minutes=30))
    buffer_before = models.DurationField(_("buffer before"), default=timedelta(0))
    buffer_after = models.DurationField(_("buffer after"), default=timedelta(0))
    slot_interval = models.DurationField(_("a time is offered every"), default=timedelta(minutes=30))
    minimum_lead = models.DurationField(_("earliest, ahead of now"), default=timedelta(hours=1))
    maximum_advance = models.DurationField(_("latest, ahead of now"), default=timedelta(days=180))
    location = models.CharField(_("location"), max_length=200, blank=True)
    is_online = models.BooleanField(_("online, as a Teams meeting"), default=False)
    #: Public services stand on the page; a private one is reached only through its own links (S4.6, S4.11).
    is_public = models.BooleanField(_("public"), default=True)
    price_text = models.CharField(_("price"), max_length=60, blank=True)
    #: Whether the customer may pick the staff member.
    staff_choice = models.BooleanField(_("customers may choose the staff member"), default=True)
    staff = models.ManyToManyField("bookings.StaffMember", related_name="services", blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    #: Deleted for everybody; kept because bookings refer to it.
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["position", "title"]
        indexes = [models.Index("page", "position", name="service_by_page")]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Raises ValidationError by field for durations that make no sense."""
        errors: dict[str, Any] = {}
        for field, least in (
            ("duration", 5 * MINUTE), ("slot_interval", 5 * MINUTE), ("buffer_before", 0 * MINUTE),
            ("buffer_after", 0 * MINUTE), ("minimum_lead", 0 * MINUTE), ("maximum_advance", timedelta(days=1)),
        ):  # fmt: skip
            value = getattr(self, field)
            if value is None or value < least:
                errors[field] = _("This is too short.")
            elif value % MINUTE:
                errors[field] = _("Use whole minutes.")
        if not errors:
            if self.duration + self.buffer_before + self.buffer_after > LONGEST_SERVICE:
                errors["duration"] = _("A meeting with its buffers takes at most seven days.")
            if self.maximum_advance > timedelta(days=730):
                errors["maximum_advance"] = _("At most two years ahead.")
            if self.minimum_lead >= self.maximum_advance:
                errors["minimum_lead"] = _("The earliest time must come before the latest.")
        if errors:
            raise ValidationError(errors)
