"""The same wish, sent twice, is one wish: answers are stored in the transaction of their effect.

| the key in this caller's hands                  | answer                                                        |
|-------------------------------------------------|---------------------------------------------------------------|
| is new                                          | `act()` runs; its answer is stored together with its effect   |
| was used with the same request                  | the stored answer; nothing happens again                      |
| is being used by a request that still runs      | waits for that one, then answers as above                     |
| was used with another request                   | `KeyReused`, 422                                              |
| was used, and `act()` raised                    | nothing is stored: the request may be tried again             |

The wait is the database's: PostgreSQL holds an insert back while a transaction with the same unique key runs, SQLite
runs one writing transaction at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError, InvalidInput
from tenants.models import IdempotentAnswer, Tenant

#: A status and a body of plain JSON values.
Answer = tuple[int, Any]
LONGEST_KEY = 200


class KeyReused(DomainError):
    """The key belongs to a request with another content."""

    code = "idempotencyKeyReused"
    status = 422
    detail = _("This idempotency key was already used for a different request. Use a new key for a new request.")


def fingerprint(*parts: object) -> str:
    """What tells one request from another: its method, address and content, as 64 hexadecimal digits."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def once(*, tenant: Tenant, caller: str, key: str, fingerprint: str, act: Callable[[], Answer]) -> Answer:
    """Runs `act` in a transaction and returns its answer, or returns the answer it gave the first time.

    `caller` says whose key it is (an API client's id, an anonymous page's address): keys of two callers never meet.
    Runs in the tenant's scope. Raises KeyReused, InvalidInput for a key that cannot be stored, and what `act` raises.
    """
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise InvalidInput({"idempotencyKey": [str(_("Use 1 to 200 printable characters."))]})
    with transaction.atomic():
        mine = IdempotentAnswer(tenant=tenant, caller=caller, key=key, fingerprint=fingerprint)
        IdempotentAnswer.objects.bulk_create([mine], ignore_conflicts=True)
        stored = IdempotentAnswer.objects.get(caller=caller, key=key)
        if stored.pk != mine.pk:
            return _again(stored, fingerprint)
        stored.status, body = act()
        stored.body = json.dumps(body)
        stored.save(update_fields=["status", "body"])
        return stored.status, json.loads(stored.body)


def _again(stored: IdempotentAnswer, fingerprint: str) -> Answer:
    if stored.fingerprint != fingerprint:
        raise KeyReused
    return stored.status or 200, json.loads(stored.body)
