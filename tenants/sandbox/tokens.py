"""Tokens in the shape of Entra's (JWT), signed with our own key: for an application (permissions in `roles`), and about
a person who signed in (Entra: id-token-claims-reference).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import uuid
from datetime import datetime
from typing import Any

from django.conf import settings

from .models import AppRegistration, DirectoryUser

LIFETIME_SECONDS = 3599


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _signature(text: str) -> str:
    key = f"sandbox:{settings.SECRET_KEY}".encode()
    return _part(hmac.new(key, text.encode(), hashlib.sha256).digest())


def issue(application: AppRegistration, now: datetime) -> str:
    """A token for one application in one organisation. Without a granted role there is no `roles` claim."""
    directory_id, client_id = str(application.organisation.directory_id), str(application.client_id)
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "aud": "https://graph.microsoft.com",
        "iss": f"https://sts.windows.net/{directory_id}/",
        "iat": issued,
        "nbf": issued,
        "exp": issued + LIFETIME_SECONDS,
        "app_displayname": application.display_name,
        "appid": client_id,
        "idtyp": "app",
        "tid": directory_id,
        "uti": uuid.uuid4().hex[:22],
        "ver": "1.0",
    }
    if application.roles:
        claims["roles"] = application.roles
    return _signed(claims)


def issue_identity(application: AppRegistration, user: DirectoryUser, nonce: str, now: datetime) -> str:
    """An id token about a person, for one application."""
    return _signed(identity_claims(application, user, nonce, now))


def identity_claims(application: AppRegistration, user: DirectoryUser, nonce: str, now: datetime) -> dict[str, Any]:
    """What Entra says of a member of the directory. `email` is whatever stands in the entry: nobody checked it."""
    directory_id, client_id = str(application.organisation.directory_id), str(application.client_id)
    issued = int(now.timestamp())
    return {
        "aud": client_id,
        "iss": f"https://login.microsoftonline.com/{directory_id}/v2.0",
        "iat": issued,
        "nbf": issued,
        "exp": issued + LIFETIME_SECONDS,
        "email": user.mail,
        "name": user.display_name,
        "nonce": nonce,
        "oid": str(user.pk),
        "preferred_username": user.user_principal_name,
        "sub": _part(hashlib.sha256(f"{user.pk}{client_id}".encode()).digest()),
        "tid": directory_id,
        "uti": uuid.uuid4().hex[:22],
        "ver": "2.0",
    }


def _signed(claims: dict[str, Any]) -> str:
    head = _part(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
    text = f"{head}.{_part(json.dumps(claims).encode())}"
    return f"{text}.{_signature(text)}"


def verify(token: str, now: datetime) -> dict[str, Any] | None:
    """The claims of a token that is ours and still good."""
    text, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_signature(text).encode(), signature.encode()):
        return None
    payload = text.partition(".")[2]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return None
    return claims if claims["nbf"] <= now.timestamp() < claims["exp"] else None
