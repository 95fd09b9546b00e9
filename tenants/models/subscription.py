"""Subscriptions to change notifications: Microsoft tells us that a calendar changed (Graph: subscription)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models.base import TenantModel
from tenants.models.mailbox import Mailbox


class Subscription(TenantModel):
    """Microsoft's promise to tell of changes in one mailbox's calendar until `expires_at`.

    A notification is a hint to read the calendar now; the regular reads make it true also without.
    """

    class State(models.TextChoices):
        """Whether notifications come."""

        WANTED = "wanted", _("Being set up")
        ACTIVE = "active", _("Active")
        FAILED = "failed", _("Failed")

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="subscription")
    #: Microsoft's id; empty until it exists.
    subscription_id = models.CharField(max_length=64, blank=True, db_index=True)
    #: Of the token in the address that Microsoft calls; the address itself is known to Microsoft only.
    token_hash = models.CharField(max_length=64, unique=True)
    client_state = EncryptedTextField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WANTED)
    expires_at = models.DateTimeField(_("ends"), null=True)
    renewed_at = models.DateTimeField(_("renewed"), null=True)
    notified_at = models.DateTimeField(_("last notification"), null=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    remedy = models.CharField(_("what to do"), max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")

    def __str__(self) -> str:
        return f"{self.mailbox_id} ({self.get_state_display()})"
