"""The audit trail: written in the transaction of the change, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from tenants.models.base import TenantModel


class AppendOnly(TypeError):
    """Somebody tried to change or remove an audit event. Always a bug, never shown to a visitor."""


def _refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise AppendOnly("An audit event is written once; it is neither changed nor removed.")


class AuditEvents(models.QuerySet[Any]):
    """Events to be read. Whatever would change or remove one is refused; there are two ways past that:

    | way                                | who goes it                                                               |
    |------------------------------------|---------------------------------------------------------------------------|
    | `store_pseudonyms`                 | `audit.pseudonymise` alone: a person's data is erased, the events stay    |
    | the row of the organisation itself | deleting a Tenant takes everything that belongs to it, its trail included |
    """

    update = delete = bulk_update = update_or_create = _refuse

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        """Many events at once; never over what is there."""
        if kwargs.get("update_conflicts"):
            _refuse()
        return super().bulk_create(objs, *args, **kwargs)

    def store_pseudonyms(self, events: Iterable[AuditEvent]) -> int:
        """Writes back who acted and what it was about, for events from which a person was erased; how many."""
        return sum(
            models.QuerySet.update(
                self.filter(pk=event.pk),
                actor=event.actor, target=event.target, before=event.before, after=event.after, reason=event.reason,
                ip=event.ip,
            )
            for event in events
        )  # fmt: skip


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

    objects = ScopedManager(  # type: ignore[misc]  # refuses changes
        tenant="tenant", _manager_class=models.Manager.from_queryset(AuditEvents)
    )

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
            _refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Refused, as every change."""
        _refuse()
