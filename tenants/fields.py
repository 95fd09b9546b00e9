"""Model fields of our own: secrets that are unreadable at rest, and time zones."""

from __future__ import annotations

import base64
import hashlib
import zoneinfo
from datetime import date
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

#: What a secret reads as when no configured key opens it, so that a page that lists it still renders.
UNREADABLE = "\N{BLACK SQUARE}unreadable: FIELD_ENCRYPTION_KEYS has changed\N{BLACK SQUARE}"


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...], fallback: str) -> MultiFernet:
    """The first key encrypts, every key decrypts. Without keys (development) one is derived from SECRET_KEY."""
    secrets = keys or (fallback,)
    derived = [base64.urlsafe_b64encode(hashlib.sha256(f"field:{key}".encode()).digest()) for key in secrets]
    return MultiFernet([Fernet(key) for key in derived])


def cipher() -> MultiFernet:
    """The cipher for the keys configured now."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS), settings.SECRET_KEY)


class EncryptedTextField(models.TextField):
    """Text that is encrypted in the database (Fernet: AES-128-CBC with HMAC-SHA256).

    Rotation: put the new key first in FIELD_ENCRYPTION_KEYS, save the rows again, drop the old key. A value no
    key opens reads as `UNREADABLE`. Searching by such a field is refused.
    """

    def get_prep_value(self, value: Any) -> Any:
        if value in (None, ""):
            return value
        return cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value in (None, ""):
            return value
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken:
            return UNREADABLE

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(f"{self.name} is encrypted and cannot be searched.")


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every IANA zone this machine knows."""
    return frozenset(zoneinfo.available_timezones())


def validate_time_zone(value: str) -> None:
    """Raises ValidationError unless `value` is an IANA zone name."""
    if value not in zone_names():
        raise ValidationError(_("“%(value)s” is not a time zone."), code="time_zone", params={"value": value})


def validate_near(value: date) -> None:
    """Raises ValidationError for a date or instant so far away that arithmetic in time zones overflows."""
    if not 2000 <= value.year <= 2200:
        raise ValidationError(_("This is too far from today."), code="far")


class TimeZoneField(models.CharField):
    """An IANA time-zone name such as Europe/Zurich."""

    default_validators = [validate_time_zone]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("default", "UTC")
        super().__init__(*args, **kwargs)
