"""The Microsoft 365 connection of an organisation."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models.base import TenantModel


class Connection(TenantModel):
    """The app registration through which Daybook acts in an organisation's Microsoft 365 (S3.8).

    | row              | is                                                                                       |
    |------------------|------------------------------------------------------------------------------------------|
    | active           | what every request to Microsoft is made with; one at most                                 |
    | not active       | values that were entered and have not passed every needed test yet; one at most (S2.22)   |

    Two secrets may be kept at a time, so that a new one works before the old one ends (S3.4).
    """

    class State(models.TextChoices):
        """Whether the connection works."""

        UNTESTED = "untested", _("Not tested yet")
        CONNECTED = "connected", _("Connected")
        BROKEN = "broken", _("Broken")

    class Cloud(models.TextChoices):
        """Microsoft's clouds, each with a sign-in service and a Graph of its own (Graph: deployments)."""

        GLOBAL = "global", _("Worldwide")
        US_GOVERNMENT = "usGovernment", _("US Government (GCC High)")
        US_DEFENSE = "usDefense", _("US Department of Defense")
        CHINA = "china", _("China, operated by 21Vianet")

    #: The fields of the two secrets, each with the day it ends and when it was entered.
    SLOTS: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("client_secret", "secret_expires_on", "secret_saved_at"),
        ("second_secret", "second_secret_expires_on", "second_secret_saved_at"),
    )

    #: What the app registration is called in Entra; free, for people only (S3.1).
    app_name = models.CharField(_("name of the app registration"), max_length=120, blank=True)
    cloud = models.CharField(_("cloud"), max_length=16, choices=Cloud, default=Cloud.GLOBAL)
    client_id = models.CharField(_("client (application) ID"), max_length=64)
    directory_id = models.CharField(_("directory (tenant) ID"), max_length=64)
    client_secret = EncryptedTextField(_("client secret"))
    secret_expires_on = models.DateField(_("secret expires"))
    secret_saved_at = models.DateTimeField(_("secret entered"), null=True, editable=False)
    second_secret = EncryptedTextField(_("second client secret"), blank=True)
    second_secret_expires_on = models.DateField(_("second secret expires"), null=True, blank=True)
    second_secret_saved_at = models.DateTimeField(_("second secret entered"), null=True, editable=False)
    is_active = models.BooleanField(_("in use"), default=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UNTESTED, editable=False)
    last_error = models.CharField(_("last error"), max_length=500, blank=True, editable=False)
    remedy = models.CharField(_("what to do"), max_length=500, blank=True, editable=False)
    tested_at = models.DateTimeField(_("tested"), null=True, editable=False)
    #: When somebody asked for the tests that have not ended yet.
    test_asked_at = models.DateTimeField(null=True, editable=False)
    #: The outcome of the last tests, as `permissions.Check` has it.
    checks = models.JSONField(default=list, editable=False)
    #: The application permissions that the last token named; Exchange's own grants never stand there.
    roles = models.JSONField(default=list, editable=False)
    consented_at = models.DateTimeField(_("admin consent"), null=True, editable=False)
    consented_by = models.CharField(_("consent brought by"), max_length=254, blank=True, editable=False)
    #: Whether members may sign in with their Microsoft account.
    signs_in = models.BooleanField(_("members sign in with Microsoft"), default=False)

    class Meta:
        verbose_name = _("Microsoft 365 connection")
        verbose_name_plural = _("Microsoft 365 connections")
        constraints = [models.UniqueConstraint("tenant", "is_active", name="one_connection_in_use")]

    def __str__(self) -> str:
        return f"{self.directory_id} ({self.get_state_display()})"

    def secrets(self) -> list[tuple[str, date | None]]:
        """The secrets there are with the day each ends, the one that ends last first: it is tried first."""
        kept = [(getattr(self, value), getattr(self, expires)) for value, expires, _saved in self.SLOTS]
        return sorted((one for one in kept if one[0]), key=lambda one: one[1] or date.min, reverse=True)

    def newest_secret(self) -> str:
        """The secret that was entered last; "" where there is none."""
        kept = [(getattr(self, saved), getattr(self, value)) for value, _expires, saved in self.SLOTS]
        kept = [one for one in kept if one[1]]
        return max(kept, key=lambda one: (one[0] is not None, one[0]))[1] if kept else ""

    @property
    def ends_on(self) -> date | None:
        """The day on which no secret is left."""
        return max((day for _value, day in self.secrets() if day), default=None)
