"""Codes that a person's sign-in ends with, and what an application gets for one (Entra: v2-oauth2-auth-code-flow).

A code is a signed text, so that it needs no table; it works once, for ten minutes, for whom it was made.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from . import tokens
from .errors import SignInError
from .models import AppRegistration, DirectoryUser

SALT = "sandbox.authorization"
LIFETIME_SECONDS = 600


def code_for(user: DirectoryUser, asked: dict[str, str]) -> str:
    """A code for one person and the parameters of one request."""
    kept = {name: asked.get(name, "") for name in ("client_id", "redirect_uri", "nonce", "code_challenge", "scope")}
    return signing.dumps(kept | {"user": str(user.pk)}, salt=SALT, compress=True)


def redeem(request: HttpRequest, application: AppRegistration) -> JsonResponse:
    """Tokens for a code: whoever shows it has to show the verifier too."""
    sent = request.POST.dict()
    kept = _kept(sent.get("code", ""))
    if kept["client_id"].lower() != str(application.client_id) or kept["redirect_uri"] != sent.get("redirect_uri"):
        raise _invalid("AADSTS50148: The code was issued for another client or reply address.")
    digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not hmac.compare_digest(challenge, kept["code_challenge"]):
        raise _invalid("AADSTS501481: The Code_Verifier does not match the code_challenge supplied.")
    user = application.organisation.users.filter(pk=kept["user"], account_enabled=True).first()
    if user is None:
        raise _invalid("AADSTS50057: The user account is disabled.")
    now = timezone.now()
    return JsonResponse(
        {
            "token_type": "Bearer", "scope": kept["scope"], "expires_in": tokens.LIFETIME_SECONDS,
            "access_token": signing.dumps(str(user.pk), salt="sandbox.delegated"),
            "id_token": tokens.issue_identity(application, user, kept["nonce"], now),
        }
    )  # fmt: skip


def _kept(code: str) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = signing.loads(code, salt=SALT, max_age=LIFETIME_SECONDS)
    except signing.BadSignature:
        raise _invalid("AADSTS70008: The provided authorization code is expired or wrong.") from None
    if not cache.add(f"sandbox:code:{hashlib.sha256(code.encode()).hexdigest()}", 1, LIFETIME_SECONDS):
        raise _invalid("AADSTS54005: The code was already redeemed.")
    return kept


def _invalid(description: str) -> SignInError:
    return SignInError(400, "invalid_grant", description)
