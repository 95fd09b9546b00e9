"""The Microsoft 365 connection: set up step by step, tested, renewed, used, removed (S3.1-S3.9)."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from bookings.views.organisation import connection_rows
from bookings.views.organisation.connection_forms import ConnectionForm, SecretForm, UsesForm
from bookings.views.organisation.desk import organisation_action, organisation_page, show
from bookings.views.staff.desk import tried
from tenants import links, sign_in
from tenants.access import MemberRequest, actor_of
from tenants.errors import NotFound
from tenants.microsoft365 import credentials, permission_profiles
from tenants.models import Connection, Tenant
from tenants.services import admin_consent, connection_uses, connections

#: The session's key of a consent that was begun, and for how long it may be ended.
CONSENT, CONSENT_LASTS = "adminConsent", timedelta(hours=1)


@organisation_page
def index(request: MemberRequest) -> HttpResponse:
    """The connection as it is; where there is none, how to make one."""
    active, draft = connections.active(request.tenant), connections.draft(request.tenant)
    now, shown = timezone.now(), active or draft
    if shown is None:
        return _setup(request)
    context = _about(request, shown) | {
        "connection": shown, "active": active, "draft": draft, "now": now,
        "draft_findings": draft and connection_rows.findings(draft, now),
        "active_findings": active and connection_rows.findings(active, now),
        "secrets": connection_rows.secrets(shown, now.date()),
        "uses": active and UsesForm(initial={"mail_from": request.tenant.mail_from}),
        "consent_address": _consent_address(request, draft or shown),
        "consent_to_pass_on": admin_consent.address(draft or shown, redirect_uri=""),
    }  # fmt: skip
    return show(request, "organisation/connection.html", context, tab="connection")


@organisation_page
def setup(request: MemberRequest) -> HttpResponse:
    """What to do in Microsoft Entra, and the form for the values that come of it."""
    return _setup(request)


def _setup(request: MemberRequest) -> HttpResponse:
    active = connections.active(request.tenant)
    known = connections.draft(request.tenant) or active
    form = ConnectionForm(request.POST or None, known=known)
    if request.method == "POST" and form.is_valid():
        act: dict[str, Any] = {"tenant": request.tenant, "now": timezone.now(), "actor": actor_of(request)}
        if tried(form, lambda: connections.save(**act, **form.values())):
            return redirect("organisation:connection")
    context = _about(request, known) | {
        "form": form, "known": known, "active": active, "asked": permission_profiles.ASKED,
    }  # fmt: skip
    return show(request, "organisation/connection_setup.html", context, tab="connection")


def _about(request: MemberRequest, connection: Connection | None) -> dict[str, Any]:
    """The callback addresses to copy, and where Entra is."""
    cloud = credentials.cloud_of(connection or Connection(tenant=request.tenant))
    portal = reverse("sandbox:apps") if apps.is_installed("tenants.sandbox") else cloud.portal
    return {"callbacks": [_consent_callback(), sign_in.callback_url(request.tenant)], "portal": portal}


def _consent_callback() -> str:
    return f"{settings.SITE_URL}{reverse('organisation:connection_consent')}"


@organisation_page
def progress(request: MemberRequest) -> HttpResponse:
    """How far the tests are, a part of the page that asks for itself again; the whole page when they have ended."""
    of_draft = request.GET.get("of") == "draft"
    found = connections.draft(request.tenant) if of_draft else connections.active(request.tenant)
    now = timezone.now()
    if found is None or not connections.is_running(found, now):
        return HttpResponseClientRefresh() if request.headers.get("HX-Request") else redirect("organisation:connection")
    findings = connection_rows.findings(found, now)
    return render(request, "organisation/parts/connection_tests.html", {"findings": findings})


@organisation_action
def test(request: MemberRequest) -> HttpResponse:
    """Has everything tested again."""
    wanted = connections.draft if request.POST.get("of") == "draft" else connections.active
    connections.ask_test(_there(wanted(request.tenant)), now=timezone.now(), actor=actor_of(request))
    return redirect("organisation:connection")


@organisation_action
def discard(request: MemberRequest) -> HttpResponse:
    """Forgets values that were not accepted."""
    connections.discard(
        connection=_there(connections.draft(request.tenant)), now=timezone.now(), actor=actor_of(request)
    )
    messages.success(request, _("The new values are discarded."))
    return redirect("organisation:connection")


@organisation_page
def add_secret(request: MemberRequest) -> HttpResponse:
    """A second secret, which works before the first one ends (S3.4)."""
    connection = _there(connections.active(request.tenant))
    form = SecretForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        entered = {"client_secret": data["clientSecret"], "secret_expires_on": data["secretExpiresOn"]}
        act: dict[str, Any] = {"connection": connection, "now": timezone.now(), "actor": actor_of(request)}
        if tried(form, lambda: connections.add_secret(**act, **entered)):
            return redirect("organisation:connection")
    secrets = connection_rows.secrets(connection, timezone.now().date())
    context = _about(request, connection) | {"form": form, "connection": connection, "secrets": secrets}
    return show(request, "organisation/connection_secret.html", context, tab="connection")


@organisation_page
def remove_secret(request: MemberRequest) -> HttpResponse:
    """GET says which secret goes and asks, POST forgets it."""
    connection = _there(connections.active(request.tenant))
    secrets = connection_rows.secrets(connection, timezone.now().date())
    wanted = request.POST.get("slot") or request.GET.get("slot")
    secret = next((one for one in secrets if str(one.slot) == wanted), None)
    if secret is None or len(secrets) < 2:
        raise NotFound
    if request.method == "POST":
        slot = Connection.SLOTS[secret.slot - 1][0]
        connections.remove_secret(connection=connection, slot=slot, now=timezone.now(), actor=actor_of(request))
        messages.success(request, _("The secret is removed. Delete it in Microsoft Entra, too."))
        return redirect("organisation:connection")
    stays = next(one for one in secrets if one is not secret)
    return show(
        request, "organisation/connection_secret_remove.html", {"secret": secret, "stays": stays}, tab="connection"
    )


@organisation_action
def uses(request: MemberRequest) -> HttpResponse:
    """What else the connection is used for."""
    connection = Connection.objects.select_related("tenant").filter(is_active=True).first()
    form = UsesForm(request.POST)
    act: dict[str, Any] = {"connection": _there(connection), "now": timezone.now(), "actor": actor_of(request)}
    if form.is_valid() and tried(form, lambda: connection_uses.choose(**act, **form.cleaned_data)):
        messages.success(request, _("Saved."))
    else:
        messages.error(request, next(str(text) for texts in form.errors.values() for text in texts))
    return redirect("organisation:connection")


@organisation_page
def remove(request: MemberRequest) -> HttpResponse:
    """GET lists what stops, POST removes the connection."""
    _there(connections.active(request.tenant) or connections.draft(request.tenant))
    if request.method == "POST":
        tenant = Tenant.objects.get(pk=request.tenant.pk)
        connection_uses.remove(tenant=tenant, now=timezone.now(), actor=actor_of(request))
        messages.success(request, _("Microsoft 365 is not connected any more."))
        return redirect("organisation:connection")
    losses = connection_uses.losses(request.tenant)
    return show(request, "organisation/connection_remove.html", {"losses": losses}, tab="connection")


def _there(connection: Connection | None) -> Connection:
    if connection is None:
        raise NotFound
    return connection


def _consent_address(request: MemberRequest, connection: Connection) -> str:
    """Where consent is given. Its state lives in this session, for this organisation and connection, and once."""
    now, begun = timezone.now(), _begun(request)
    mine = {"organisation": str(request.tenant.pk), "connection": str(connection.pk)}
    if begun is None or {name: begun[name] for name in mine} != mine:
        begun = mine | {"state": links.new_token(), "until": (now + CONSENT_LASTS).isoformat()}
        request.session[CONSENT] = begun
    return admin_consent.address(connection, redirect_uri=_consent_callback(), state=begun["state"])


def _begun(request: MemberRequest) -> dict[str, str] | None:
    begun: dict[str, str] | None = request.session.get(CONSENT)
    if begun is None or datetime.fromisoformat(begun["until"]) < timezone.now():
        return None
    return begun


@organisation_page
def consent(request: MemberRequest) -> HttpResponse:
    """Where Microsoft sends an administrator back. Without the state of this session nothing happens."""
    begun = _begun(request)
    given = request.GET.get("state", "").encode()
    if begun is None or not hmac.compare_digest(begun["state"].encode(), given):
        return _told(request, admin_consent.ConsentNotFinished())
    del request.session[CONSENT]
    rows = Connection.objects.select_related("tenant").filter(pk=begun["connection"], tenant=request.tenant)
    connection = rows.first()
    if connection is None or begun["organisation"] != str(request.tenant.pk):
        return _told(request, admin_consent.ConsentNotFinished())
    if "error" in request.GET:
        error = admin_consent.refusal(request.GET["error"], request.GET.get("error_description", ""))
        return _told(request, error)
    try:
        admin_consent.returned(
            connection=connection, directory_id=request.GET.get("tenant", ""), now=timezone.now(),
            actor=actor_of(request),
        )  # fmt: skip
    except admin_consent.ConsentElsewhere as error:
        return _told(request, error)
    return redirect("organisation:connection")


def _told(request: MemberRequest, error: Exception) -> HttpResponse:
    messages.error(request, str(error))
    return redirect("organisation:connection")
