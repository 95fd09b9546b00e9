"""The Microsoft 365 connection of an organisation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models.base import TenantModel


class Connection(TenantModel):
    """The app registration through which Daybook acts in an organisation's Microsoft 365 (S3.8)."""

    class State(models.TextChoices):
        """Whether the connection works."""

        UNTESTED = "untested", _("Not tested yet")
        CONNECTED = "connected", _("Connected")
        BROKEN = "broken", _("Broken")

    client_id = models.CharField(_("client (application) ID"), max_length=64)
    directory_id = models.CharField(_("directory (tenant) ID"), max_length=64)
    client_secret = EncryptedTextField(_("client secret"))
    secret_expires_on = models.DateField(_("secret expires"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UNTESTED, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, editable=False)
    remedy = models.CharField(_("what to do"), max_length=500, blank=True, editable=False)
    tested_at = models.DateTimeField(_("tested"), null=True, editable=False)

    class Meta:
        verbose_name = _("Microsoft 365 connection")
        verbose_name_plural = _("Microsoft 365 connections")
        constraints = [models.UniqueConstraint("tenant", name="one_connection")]

    def __str__(self) -> str:
        return f"{self.directory_id} ({self.get_state_display()})"
