"""The audit trail: written in the transaction of the change, never changed afterwards."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TenantModel


class AuditEvent(TenantModel):
    """Who did what to which thing, with the values before and after."""

    class ActorKind(models.TextChoices):
        """Whose hand it was."""

        PERSON = "person", _("Person")
        VISITOR = "visitor", _("Visitor")
        API_CLIENT = "apiClient", _("API client")
        SYSTEM = "system", _("System")

    at = models.DateTimeField(_("at"), db_index=True)
    actor_kind = models.CharField(_("kind of actor"), max_length=10, choices=ActorKind)
    actor = models.CharField(_("actor"), max_length=254)
    #: Who the directory says it was, where that differs ("Microsoft Substrate Management", S0.19).
    initiator = models.CharField(_("initiator"), max_length=120, blank=True)
    action = models.CharField(_("action"), max_length=60)
    #: Exchange's name of the same act, such as New-SchedulingMailbox (S0.16).
    cmdlet = models.CharField(_("cmdlet"), max_length=60, blank=True)
    target_kind = models.CharField(max_length=40)
    target_id = models.UUIDField(null=True)
    target = models.CharField(_("target"), max_length=254)
    source = models.CharField(_("source"), max_length=20)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-at"]
        indexes = [
            models.Index("tenant", "at", name="audit_by_tenant"),
            models.Index("tenant", "cmdlet", "at", name="audit_by_cmdlet"),
            models.Index("target_id", name="audit_by_target"),
            models.Index("tenant", "actor", "at", name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An audit event is written once.")
        super().save(*args, **kwargs)
