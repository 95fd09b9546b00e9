"""Changes a row's fields: validated, saved and audited together. For use cases that are nothing more than that."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from tenants.acting import Actor
from tenants.errors import InvalidInput
from tenants.fields import EncryptedTextField
from tenants.services import audit

Row = TypeVar("Row", bound=models.Model)
#: What the audit trail shows in the place of a secret.
MASK = "•••"
#: Fields that are secret without being encrypted.
SECRETS = ("password", "key_hash", "token_hash", "manage_token_hash")


def apply(
    *, row: Row, fields: dict[str, Any], action: str, now: datetime, actor: Actor, label: str = "", cmdlet: str = ""
) -> Row:
    """Sets `fields` of `row`, whose organisation is its `tenant`. Nothing differs: nothing is written.

    Raises InvalidInput by field.
    """
    before = plain(row)
    for name, value in fields.items():
        setattr(row, name, value)
    validate(row)
    old, new = difference(before, plain(row))
    if new or any(isinstance(row._meta.get_field(name), EncryptedTextField) for name in fields):
        tenant: Any = getattr(row, "tenant", row)
        with transaction.atomic():
            row.save()
            audit.record(
                tenant=tenant, actor=actor, action=action, target=row, now=now, label=label, before=old, after=new,
                cmdlet=cmdlet,
            )  # fmt: skip
    return row


def validate(row: models.Model) -> None:
    """Raises InvalidInput by field for what the model refuses."""
    try:
        row.full_clean(exclude=["tenant"])
    except ValidationError as wrong:
        raise InvalidInput(wrong.message_dict) from wrong


def plain(row: models.Model) -> dict[str, str]:
    """The row's own values as text for the audit trail, without secrets."""
    values = {}
    for field in row._meta.concrete_fields:
        if field.primary_key or field.name == "tenant" or getattr(field, "auto_now", False):
            continue
        value = field.value_from_object(row)
        secret = isinstance(field, EncryptedTextField) or field.name in SECRETS
        values[field.name] = (MASK if value else "") if secret else "" if value is None else str(value)
    return values


def difference(before: dict[str, str], after: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The values that differ, as they were and as they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name, "") for name in names}, {name: after[name] for name in names}
