"""Who an id token of Microsoft's speaks of, and whether it may be believed. Pure.

| claim   | must be                                           | else                             |
|---------|---------------------------------------------------|----------------------------------|
| `iss`   | the directory of the connection, in its own cloud | somebody else's directory speaks |
| `tid`   | that directory once more                          | the same                         |
| `aud`   | our app registration, alone                       | a token that was made for others |
| `nonce` | what this browser's attempt began with            | a token of another attempt       |
| `exp`   | there, and ahead (checked by the library)         | an old token                     |
| `ver`   | 2.0                                               | another kind of token            |
| `oid`   | there: the person's object in the directory       | nobody                           |

`email` is never read: a directory writes into it what it likes (Entra: migrate-off-email-claim-authorization).
Source: Entra, id-token-claims-reference; OpenID Connect Core 3.1.3.7.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class NotBelieved(Exception):
    """The token is not one that this sign-in may end with; the text is for the log."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person of the directory. `principal_name` is empty for a guest: it is another directory's word then."""

    object_id: str
    principal_name: str
    name: str
    is_guest: bool


def read(claims: Mapping[str, Any], *, issuer: str, directory_id: str, client_id: str, nonce: str) -> Identity:
    """The person of a token whose times were checked. Raises NotBelieved."""
    expected = {"iss": issuer, "tid": directory_id, "aud": client_id, "ver": "2.0"}
    for name, value in expected.items():
        if _text(claims, name).lower() != value.lower():
            raise NotBelieved(f"{name} is {claims.get(name)!r}")
    if not nonce or not hmac.compare_digest(_text(claims, "nonce").encode(), nonce.encode()):
        raise NotBelieved("nonce is of another attempt")
    if not isinstance(claims.get("exp"), int | float):
        raise NotBelieved("exp is missing")
    provider = _text(claims, "idp") or issuer
    is_guest = provider.lower() not in (issuer.lower(), f"https://sts.windows.net/{directory_id}/".lower())
    return Identity(
        object_id=_object_id(claims),
        principal_name="" if is_guest else _text(claims, "preferred_username").strip().lower()[:254],
        name=" ".join(_text(claims, "name").split())[:120],
        is_guest=is_guest,
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _object_id(claims: Mapping[str, Any]) -> str:
    try:
        return str(uuid.UUID(_text(claims, "oid")))
    except ValueError:
        raise NotBelieved("oid is no object id") from None
