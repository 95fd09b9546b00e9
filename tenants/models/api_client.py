"""Programs that call our API, and the answers they were already given."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.models.base import TenantModel


class ApiClient(TenantModel):
    """A program with a key. The key is shown once and kept as a SHA-256."""

    name = models.CharField(_("name"), max_length=120)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    #: The first characters, so that people recognise which key it is.
    key_hint = models.CharField(_("key begins with"), max_length=12, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        constraints = [models.UniqueConstraint("tenant", "name", name="api_client_name_once")]

    def __str__(self) -> str:
        return self.name


class IdempotentAnswer(TenantModel):
    """The answer to a POST that came with an Idempotency-Key: the same key gets the same answer."""

    #: Who used the key: an API client's id, or the address of an anonymous page.
    caller = models.CharField(max_length=320)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("idempotent answer")
        verbose_name_plural = _("idempotent answers")
        constraints = [models.UniqueConstraint("tenant", "caller", "key", name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"{self.status}"
