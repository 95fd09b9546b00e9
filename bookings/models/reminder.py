"""Mails that come by themselves before or after a booking, and the words an organisation gives its mails."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.service import Service
from tenants.models import TenantModel


class Reminder(TenantModel):
    """One mail of a service at a distance from each booking: before its start, or after its end."""

    class When(models.TextChoices):
        """On which side of the meeting."""

        BEFORE = "before", _("Before the start")
        AFTER = "after", _("After the end")

    class Reader(models.TextChoices):
        """To whom."""

        CUSTOMER = "customer", _("Customer")
        STAFF = "staff", _("Staff")
        BOTH = "both", _("Customer and staff")

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="reminders")
    when = models.CharField(_("when"), max_length=6, choices=When, default=When.BEFORE)
    distance = models.DurationField(_("how long"), default=timedelta(hours=24))
    reader = models.CharField(_("to"), max_length=8, choices=Reader, default=Reader.CUSTOMER)
    text = models.TextField(_("text"), blank=True, max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("reminder or follow-up")
        verbose_name_plural = _("reminders and follow-ups")
        ordering = ["when", "-distance"]

    def __str__(self) -> str:
        return f"{self.get_when_display()} {self.distance}"

    def clean(self) -> None:
        """Raises ValidationError for a distance that makes no sense."""
        if self.distance is None or not timedelta(minutes=5) <= self.distance <= timedelta(days=60):
            raise ValidationError({"distance": _("Between five minutes and 60 days.")})


class MailTemplate(TenantModel):
    """An organisation's own words for one mail, to one kind of reader, in one language.

    Facts, links and calendar files stay ours; subject and opening text are theirs, with placeholders such as
    `{customer}`.
    """

    template = models.CharField(_("mail"), max_length=30)
    reader = models.CharField(_("to"), max_length=10)
    language = models.CharField(_("language"), max_length=8, choices=[("en", "English"), ("de", "Deutsch")])
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True, max_length=4000)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("mail template")
        verbose_name_plural = _("mail templates")
        ordering = ["template", "reader", "language"]
        constraints = [models.UniqueConstraint("tenant", "template", "reader", "language", name="one_mail_template")]

    def __str__(self) -> str:
        return f"{self.template} ({self.reader}, {self.language})"
