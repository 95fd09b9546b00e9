"""Admin consent as the sign-in service has it: an administrator of a directory grants what an app asks for."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode, urlsplit

from .errors import SignInError
from .models import AppRegistration, AppSecret, Organisation
from .seed import ASKED_ROLES


def registration(client_id: str, redirect_uri: str) -> AppRegistration:
    """The app of this id, in whatever directory it is known. Refuses a way back that is not registered."""
    try:
        known = AppRegistration.objects.filter(client_id=uuid.UUID(client_id)).order_by("pk")
    except ValueError:
        known = AppRegistration.objects.none()
    application = known.select_related("organisation").first()
    if application is None:
        message = f"AADSTS700016: Application with identifier '{client_id}' was not found in the directory."
        raise SignInError(400, "unauthorized_client", message)
    registered = application.redirect_uris
    if not _is_web(redirect_uri) or (registered and redirect_uri not in registered):
        message = f"AADSTS50011: The redirect URI '{redirect_uri}' does not match the redirect URIs configured."
        raise SignInError(400, "invalid_request", message)
    return application


def _is_web(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def grant(application: AppRegistration, organisation: Organisation) -> None:
    """Grants what the app asks for in one directory, in which it is there from then on."""
    row, _created = AppRegistration.objects.get_or_create(
        organisation=organisation, client_id=application.client_id,
        defaults={
            "display_name": application.display_name, "requested_roles": application.requested_roles,
            "redirect_uris": application.redirect_uris,
        },
    )  # fmt: skip
    row.roles = sorted({*row.roles, *asked(row)})
    row.save(update_fields=["roles"])
    for secret in application.secrets.all():  # an app has its secrets wherever it is
        AppSecret.objects.get_or_create(application=row, value=secret.value, defaults={"expires_at": secret.expires_at})


def asked(application: AppRegistration) -> list[str]:
    """The application permissions that the app asks for."""
    return list(application.requested_roles or ASKED_ROLES)


def way_back(redirect_uri: str, **values: str) -> str:
    """The address that the administrator is sent back to."""
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(values)}"
