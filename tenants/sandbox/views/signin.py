"""Discovery and tokens of the sign-in service (Entra: v2-oauth2-client-creds-grant-flow)."""

from __future__ import annotations

import base64
import binascii
import uuid

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from .. import authorization, gateway, tokens
from ..errors import SignInError
from ..models import AppRegistration, Organisation
from ..models.directory import secret_state

HOST = "https://login.microsoftonline.com"


def organisation_named(tenant: str) -> Organisation:
    """The organisation of this directory id or domain; AADSTS90002 when there is none."""
    try:
        wanted = Q(directory_id=uuid.UUID(tenant))
    except ValueError:
        wanted = Q(domain__iexact=tenant)
    organisation = Organisation.objects.filter(wanted).first()
    if organisation is None:
        raise SignInError(
            400,
            "invalid_tenant",
            f"AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.",
        )
    return organisation


def discovery(_request: HttpRequest, tenant: str) -> JsonResponse:
    """The discovery document, which names Microsoft's own addresses whoever serves it."""
    base = f"{HOST}/{organisation_named(tenant).directory_id}"
    return JsonResponse(
        {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": "graph.microsoft.com",
            "tenant_region_scope": "EU",
        }
    )


def token(request: HttpRequest, tenant: str) -> JsonResponse:
    """A token for an application's id and secret, sent in the form or as HTTP Basic."""
    organisation = organisation_named(tenant)
    if request.method == "POST" and request.POST.get("grant_type") == "authorization_code":
        return authorization.redeem(request, _authenticated(request, organisation))
    if request.method != "POST" or request.POST.get("grant_type") != "client_credentials":
        raise SignInError(400, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
    if not request.POST.get("scope", "").endswith("/.default"):
        raise SignInError(400, "invalid_scope", "AADSTS1002012: The provided value for scope is not valid.")
    application = _authenticated(request, organisation)
    issued = tokens.issue(application, timezone.now())
    seconds = tokens.LIFETIME_SECONDS
    return JsonResponse(
        {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": issued}
    )


def _authenticated(request: HttpRequest, organisation: Organisation) -> AppRegistration:
    """The application that shows its secret."""
    client_id, secret = _credentials(request)
    application = application_named(organisation, client_id)
    state = secret_state(application, secret, timezone.now())
    if state == "wrong":
        raise SignInError(
            401, "invalid_client", f"AADSTS7000215: Invalid client secret provided for app '{client_id}'."
        )
    if state == "expired":
        raise SignInError(
            401, "invalid_client", f"AADSTS7000222: The provided client secret keys for app '{client_id}' are expired."
        )
    return application


def _credentials(request: HttpRequest) -> tuple[str, str]:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeError):
        raise SignInError(401, "invalid_client", "AADSTS7000216: The credentials cannot be read.") from None
    return client_id, secret


def application_named(organisation: Organisation, client_id: str) -> AppRegistration:
    """The application of this id, as the organisation consented to it."""
    try:
        found = AppRegistration.objects.filter(client_id=uuid.UUID(client_id), organisation=organisation)
    except ValueError:
        found = AppRegistration.objects.none()
    application = found.select_related("organisation").first()
    if application is None:
        message = f"AADSTS700016: Application with identifier '{client_id}' was not found in the directory."
        raise SignInError(400, "unauthorized_client", message)
    if not application.enabled:
        raise SignInError(400, "unauthorized_client", f"AADSTS7000112: Application '{client_id}' is disabled.")
    return application


discovery_view = gateway.sign_in_endpoint(discovery)
token_view = gateway.sign_in_endpoint(token)
