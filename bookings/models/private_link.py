"""Links to private meeting types."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bookings.models.service import Service
from tenants.fields import EncryptedTextField
from tenants.models import TenantModel


class PrivateLink(TenantModel):
    """One way to reach one private meeting type, and only that (S4.9, S4.11)."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="links")
    label = models.CharField(_("label"), max_length=120, blank=True)
    #: Where it was, or is to be, sent; empty: its owner passes it on.
    email = models.EmailField(_("mail address"), blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    #: The token itself, encrypted, so that its owner can copy the link again.
    token = EncryptedTextField(editable=False)
    #: The last instant at which it still works.
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    max_uses = models.PositiveIntegerField(_("bookings allowed"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("bookings made"), default=0, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    #: When a person's browser, not a mail scanner, first and last showed it.
    first_opened_at = models.DateTimeField(_("first opened"), null=True, editable=False)
    last_opened_at = models.DateTimeField(_("last opened"), null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("private link")
        verbose_name_plural = _("private links")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.label or str(self.pk)

    @property
    def url(self) -> str:
        """The absolute address. It opens the type for whoever holds it: only for its owner's eyes."""
        return f"{settings.SITE_URL}/bookwithme/link/{self.token}"

    def is_usable(self, now: datetime) -> bool:
        """Whether it still opens its meeting type at `now`."""
        return (
            self.revoked_at is None
            and (self.expires_at is None or now <= self.expires_at)
            and (self.max_uses is None or self.uses < self.max_uses)
        )
