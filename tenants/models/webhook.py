"""Webhooks: what other programs of an organisation are told, signed and retried."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models.base import TenantModel


class WebhookEndpoint(TenantModel):
    """An address of the organisation's that wants to hear of events."""

    url = models.URLField(_("address"), max_length=500)
    #: Signs every delivery; shown once.
    secret = EncryptedTextField(editable=False)
    #: Names of events, such as `["booking.created"]`; empty: all of them.
    events = models.JSONField(_("events"), default=list, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["url"]
        indexes = [models.Index("tenant", "is_active", name="webhook_by_tenant")]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(TenantModel):
    """One event told to one endpoint. Its content is encrypted: it names customers."""

    class State(models.TextChoices):
        """Where it is."""

        QUEUED = "queued", _("Queued")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(_("event"), max_length=60)
    #: The body exactly as it goes out: a replay sends the same bytes under the same id.
    body = EncryptedTextField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("queued"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-created_at"]
        indexes = [models.Index("endpoint", "created_at", name="delivery_by_endpoint")]

    def __str__(self) -> str:
        return f"{self.event} ({self.get_state_display()})"
