"""Signing in with Microsoft: which organisation, the way there, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from tenants import acting, error_pages, ratelimit, sign_in
from tenants.microsoft_accounts import MicrosoftOAuth2Adapter, MicrosoftProvider

#: Addresses that one place on the network may ask about, and in which time.
_TRIES, _PERIOD = 30, timedelta(minutes=10)


class AddressForm(forms.Form):
    """The address that says which organisation somebody works in."""

    email = forms.EmailField(
        label=_("Work address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class PasswordView(LoginView):
    """The sign-in page: by password, and where somebody uses it, the way to Microsoft."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"microsoft_offered": sign_in.is_offered()}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def microsoft(request: Any) -> HttpResponse:
    """Asks for the work address; POST leads to the sign-in of its organisation, and on to `next`."""
    if request.user.is_authenticated:
        return redirect(get_next_redirect_url(request) or settings.LOGIN_REDIRECT_URL)
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ratelimit.hit(what="microsoft", who=str(acting.client_ip.get()), limit=_TRIES, period=_PERIOD)
        except ratelimit.TooManyTries as limit:
            return error_pages.answer(request, limit)
        tenant = sign_in.tenant_for(form.cleaned_data["email"])
        if tenant is not None:
            return _begin(request, sign_in.provider_id(tenant), login_hint=form.cleaned_data["email"])
        form.add_error(
            "email",
            _("Nobody signs in with Microsoft under this domain here. Use your password, or ask an administrator."),
        )
    context = {"form": form, "next": get_next_redirect_url(request) or ""}
    return _leaving(render(request, "account/microsoft.html", context, status=422 if form.errors else 200))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """GET says where a button leads, POST goes there; `process=connect` links instead of signing in."""
    site = urlsplit(settings.SITE_URL)
    if request.get_host() != site.netloc:  # Microsoft leads back to the site's own host, which must know the session
        return redirect(f"{settings.SITE_URL}{request.get_full_path()}")
    if request.method == "POST":
        return _begin(request, provider_id)
    provider = _provider(request, provider_id)
    tenant = sign_in.tenant_named(provider_id)
    context = {
        "tenant": tenant, "next": get_next_redirect_url(request) or "",
        "connects": request.GET.get("process") == AuthProcess.CONNECT, "provider": provider,
    }  # fmt: skip
    return _leaving(render(request, "socialaccount/login.html", context))


@never_cache
@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where Microsoft leads back to."""
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(MicrosoftOAuth2Adapter(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return answer


def _begin(request: HttpRequest, provider_id: str, *, login_hint: str = "") -> HttpResponse:
    provider = _provider(request, provider_id)
    wanted = provider.get_redirect_from_request_kwargs(request)
    extra = {"login_hint": login_hint} if login_hint else {"prompt": "select_account"}
    answer: HttpResponse = provider.redirect(request, auth_params=extra, **wanted)
    return answer


def _provider(request: HttpRequest, provider_id: str) -> MicrosoftProvider:
    try:
        provider: MicrosoftProvider = MicrosoftOAuth2Adapter(request, provider_id).get_provider()
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return provider


def _leaving(response: HttpResponse) -> HttpResponse:
    """Lets the page's form lead on to Microsoft: browsers hold the redirect behind a form to the page's own policy."""
    response._csp_update = {"form-action": sign_in.origins()}  # type: ignore[attr-defined]
    return response
