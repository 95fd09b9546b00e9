"""Who may not book, and who has shown that a mail address is theirs."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel


class BlockedSender(TenantModel):
    """A mail address, or a whole domain as `@example.com`, that the organisation takes no bookings from."""

    pattern = models.CharField(_("address or @domain"), max_length=254)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("blocked sender")
        verbose_name_plural = _("blocked senders")
        ordering = ["pattern"]
        constraints = [models.UniqueConstraint("tenant", Lower("pattern"), name="blocked_once")]

    def __str__(self) -> str:
        return self.pattern


class MailCode(TenantModel):
    """A six-digit code that was mailed to an address for one form. Address and code are stored hashed."""

    #: The form's own key.
    request_key = models.CharField(max_length=200)
    email_hash = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("mail code")
        verbose_name_plural = _("mail codes")
        constraints = [models.UniqueConstraint("tenant", "request_key", "email_hash", name="mail_code_once")]

    def __str__(self) -> str:
        return str(self.pk)
