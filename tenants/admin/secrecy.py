"""What the admin neither shows nor filters by."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist

from tenants.fields import EncryptedTextField
from tenants.services import changes

#: Secret without being encrypted or hashed: passwords, and what jobs take along.
CLOSED = (*changes.SECRETS, "payload")


def is_secret(model: Any, lookup: str) -> bool:
    """Whether a lookup from `model` names, anywhere on its way, what must not be spelled out."""
    for part in lookup.split("__"):
        try:
            field = model._meta.get_field(part)
        except FieldDoesNotExist:
            return False
        if isinstance(field, EncryptedTextField) or part.endswith("_hash") or part in CLOSED:
            return True
        model = field.related_model or model
    return False
