"""Mails that went out, or are about to: the delivery log, and the demonstration's outbox."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models.base import TenantModel


class Message(TenantModel):
    """One mail to one person, kept as it was sent. Its content is encrypted: it carries links that act."""

    class State(models.TextChoices):
        """Where the mail is."""

        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    #: Our own Message-ID: a mail that is sent again after a crash carries the same one.
    message_id = models.CharField(max_length=200, unique=True)
    dedupe_key = models.CharField(max_length=200)
    #: What it is about, such as a booking.
    about_id = models.UUIDField(null=True, db_index=True)
    template = models.CharField(max_length=60)
    to = models.EmailField(_("to"))
    to_name = models.CharField(max_length=120, blank=True)
    #: What stands before the site's own address in `From`, such as the booking page's name.
    from_name = models.CharField(max_length=120, blank=True)
    subject = models.CharField(_("subject"), max_length=255)
    text = EncryptedTextField()
    html = EncryptedTextField(blank=True)
    calendar = EncryptedTextField(blank=True)
    calendar_method = models.CharField(max_length=10, blank=True)
    reply_to = models.CharField(max_length=254, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("queued"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), null=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint("tenant", "dedupe_key", name="message_once")]
        indexes = [models.Index("tenant", "created_at", name="message_by_tenant")]

    def __str__(self) -> str:
        return f"{self.template} ({self.get_state_display()})"
