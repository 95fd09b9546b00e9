"""Who waits for a time, and times offered to one person by a one-time link."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookings.models.private_link import PrivateLink
from bookings.models.service import Service
from bookings.models.staff import StaffMember
from tenants.fields import EncryptedTextField, TimeZoneField
from tenants.models import TenantModel


class WaitingEntry(TenantModel):
    """Somebody would take a time of a service between two dates, should one become free. First come, first offered."""

    class State(models.TextChoices):
        """waiting ⇄ offered → booked; left and expired are ends too."""

        WAITING = "waiting", _("Waiting")
        OFFERED = "offered", _("A time is offered")
        BOOKED = "booked", _("Booked")
        LEFT = "left", _("Left the list")
        EXPIRED = "expired", _("The dates are over")

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="waiting")
    #: With whom; empty: anyone.
    staff_member = models.ForeignKey(StaffMember, null=True, on_delete=models.CASCADE, related_name="waiting")
    #: How a private service was reached: what is booked from the list is booked through it.
    link = models.ForeignKey(PrivateLink, null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    #: Days of the customer's own zone, both included.
    first_date = models.DateField(_("from"))
    last_date = models.DateField(_("until"))
    customer_name = models.CharField(_("customer"), max_length=120)
    customer_email = models.EmailField(_("customer's mail address"))
    customer_phone = models.CharField(_("customer's telephone"), max_length=40, blank=True)
    customer_notes = models.TextField(_("note"), blank=True, max_length=4000)
    customer_time_zone = TimeZoneField(_("customer's time zone"))
    customer_language = models.CharField(max_length=8, default="en")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token = EncryptedTextField(editable=False)
    created_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("waiting customer")
        verbose_name_plural = _("waiting list")
        ordering = ["created_at"]
        indexes = [models.Index("service", "state", "created_at", name="waiting_by_service")]

    def __str__(self) -> str:
        return f"{self.customer_name} {self.first_date}-{self.last_date}"

    @property
    def url(self) -> str:
        """Where the customer sees the place in the list, and leaves it."""
        return f"{settings.SITE_URL}/waiting/{self.token}"


class TimeOffer(TenantModel):
    """One time offered to one customer by a one-time link: from the waiting list, or beside a cancellation.

    Those of one `group` are one offer of several times: using one uses all. Only an offer from the waiting list holds
    its time, by claims it owns.
    """

    group = models.UUIDField(default=uuid.uuid4, db_index=True, editable=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="offers")
    staff_member = models.ForeignKey(StaffMember, null=True, on_delete=models.CASCADE, related_name="+")
    starts_at = models.DateTimeField(_("starts"))
    #: Why it is offered: a booking that was cancelled or declined, or a place in the waiting list.
    origin = models.ForeignKey(Booking, null=True, on_delete=models.CASCADE, related_name="offers")
    entry = models.ForeignKey(WaitingEntry, null=True, on_delete=models.CASCADE, related_name="offers")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    token = EncryptedTextField(editable=False)
    expires_at = models.DateTimeField(_("open until"))
    used_at = models.DateTimeField(_("used"), null=True)
    #: The booking that came of it.
    booking = models.ForeignKey(Booking, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("offered time")
        verbose_name_plural = _("offered times")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(origin=None, entry__isnull=False) | models.Q(origin__isnull=False, entry=None),
                name="time_offer_has_cause",
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def url(self) -> str:
        """Where the customer takes it. It acts for whoever holds it: only for the customer's eyes."""
        return f"{settings.SITE_URL}/offer/{self.token}"
