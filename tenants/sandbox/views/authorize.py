"""The page that plays Microsoft's sign-in: whose account is it? (Entra: v2-oauth2-auth-code-flow)"""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .. import authorization
from ..errors import SignInError
from ..models import AppRegistration, DirectoryUser, MailboxKind, Organisation
from .signin import application_named, organisation_named

SHOWN = 100


@require_safe
def authorize(request: HttpRequest, tenant: str) -> HttpResponse:
    """Whom to sign in as, each with a link; the choice leads back to the application with a code.

    What Entra would not send back to the application is said here, as it does.
    """
    asked = {name: str(value) for name, value in request.GET.items()}
    try:
        organisation = organisation_named(tenant)
        application = application_named(organisation, asked.get("client_id", ""))
        _check(application, asked)
    except SignInError as refused:
        return render(request, "sandbox/authorize.html", {"refused": refused.message}, status=refused.status)
    if "cancel" in asked:
        return _back(asked, error="access_denied", error_description="AADSTS65004: User declined.")
    chosen = organisation.users.named(asked["user"]) if asked.get("user") else None
    if chosen is not None and chosen.account_enabled:
        return _back(asked, code=authorization.code_for(chosen, asked))
    return _chooser(request, organisation, application, asked)


def _chooser(
    request: HttpRequest, organisation: Organisation, application: AppRegistration, asked: dict[str, str]
) -> HttpResponse:
    people = organisation.users.filter(account_enabled=True, mailbox__in=[MailboxKind.USER, MailboxKind.NONE])
    hint = asked.get("login_hint", "").lower()
    shown = sorted(people[:SHOWN], key=lambda person: (person.address.lower() != hint, person.display_name))
    context = {
        "organisation": organisation, "application": application, "cancel": f"?{urlencode(asked | {'cancel': '1'})}",
        "people": [(person, _choose(person, asked)) for person in shown], "hint": hint,
    }  # fmt: skip
    return render(request, "sandbox/authorize.html", context)


def _choose(person: DirectoryUser, asked: dict[str, str]) -> str:
    return f"?{urlencode(asked | {'user': str(person.pk)})}"


def _check(application: AppRegistration, asked: dict[str, str]) -> None:
    known = application.redirect_uris
    if not asked.get("redirect_uri") or (known and asked["redirect_uri"] not in known):
        message = "AADSTS50011: The redirect URI specified in the request does not match those configured."
        raise SignInError(400, "invalid_request", message)
    if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
        raise SignInError(400, "unsupported_response_type", "AADSTS700051: The response type is not supported.")
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        raise SignInError(400, "invalid_request", "AADSTS9002325: Proof Key for Code Exchange is required.")


def _back(asked: dict[str, str], **answer: str) -> HttpResponse:
    fields = answer | ({"state": asked["state"]} if "state" in asked else {})
    return HttpResponseRedirect(f"{asked['redirect_uri']}?{urlencode(fields)}")
