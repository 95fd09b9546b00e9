"""App registrations as an administrator sees them in Microsoft Entra: ids, secrets, permissions, admin consent."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from .. import consent, gateway
from ..models import AppRegistration, AppSecret, Organisation
from .signin import organisation_named

#: The directory names that stand for "whoever signs in" (Entra: v2-protocols).
ANYBODY = ("common", "organizations")
YEAR = timedelta(days=365)


def index(request: HttpRequest) -> HttpResponse:
    """Every app registration with its ids, secrets and permissions."""
    rows = AppRegistration.objects.select_related("organisation").prefetch_related("secrets").order_by("organisation")
    shown = [
        {
            "row": row, "roles": [(role, role in row.roles) for role in sorted({*consent.asked(row), *row.roles})],
            "secrets": row.secrets.all(), "now": timezone.now(),
        }
        for row in rows
    ]  # fmt: skip
    return render(request, "sandbox/apps.html", {"apps": shown, "here": "apps"})


@require_POST
def add_secret(request: HttpRequest, application: int) -> HttpResponse:
    """A new client secret, good for a year."""
    row = get_object_or_404(AppRegistration, pk=application)
    row.secrets.create(value=f"demo~{secrets.token_urlsafe(24)}", expires_at=timezone.now() + YEAR)
    return redirect("sandbox:apps")


@require_POST
def expire_secret(request: HttpRequest, secret: int) -> HttpResponse:
    """Ends a client secret now. Tokens that were issued stay good."""
    AppSecret.objects.filter(pk=secret).update(expires_at=timezone.now() - timedelta(minutes=1))
    return redirect("sandbox:apps")


@require_POST
def switch_role(request: HttpRequest, application: int) -> HttpResponse:
    """Grants or revokes one permission; it shows in new tokens only."""
    row = get_object_or_404(AppRegistration, pk=application)
    role = request.POST.get("role", "")
    row.roles = [one for one in row.roles if one != role] if role in row.roles else [*row.roles, role][:20]
    row.save(update_fields=["roles"])
    return redirect("sandbox:apps")


def admin_consent(request: HttpRequest, tenant: str) -> HttpResponse:
    """GET asks the administrator (Entra: v2-admin-consent), POST grants or declines and leads back."""
    asked = {name: request.GET.get(name, "") for name in ("client_id", "redirect_uri", "state")}
    application = consent.registration(asked["client_id"], asked["redirect_uri"])
    organisations = [] if tenant in ANYBODY else [organisation_named(tenant)]
    choice = organisations or list(Organisation.objects.all())
    if request.method != "POST":
        context = {"app": application, "roles": consent.asked(application), "choice": choice, "here": "apps"}
        return render(request, "sandbox/consent.html", context)
    if request.POST.get("answer") != "accept":
        declined = {"error": "access_denied", "error_description": "AADSTS65004: User declined to consent to access."}
        return redirect(consent.way_back(asked["redirect_uri"], **declined, state=asked["state"]))
    organisation = next((one for one in choice if str(one.pk) == request.POST.get("organisation")), choice[0])
    consent.grant(application, organisation)
    back = {"admin_consent": "True", "tenant": str(organisation.directory_id), "state": asked["state"]}
    return redirect(consent.way_back(asked["redirect_uri"], **back))


consent_view = gateway.sign_in_endpoint(admin_consent)
