"""The page behind the link of an invitation: GET shows it, POST accepts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_scopes import scope

from tenants import acting, branding, error_pages, ratelimit, sign_in
from tenants.errors import DomainError
from tenants.microsoft_accounts import refuse
from tenants.middleware import ACTIVE_TENANT
from tenants.models import User
from tenants.services import invitations

_TRIES, _PERIOD = 30, timedelta(minutes=10)


class AccountForm(forms.Form):
    """What a new account needs."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Choose a password"), strip=False,
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """The password is held against the site's rules."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("password"):
            try:
                validate_password(cleaned["password"], User(email=self.email, name=cleaned.get("name", "")))
            except forms.ValidationError as wrong:
                self.add_error("password", wrong)
        return cleaned


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: Any, token: str) -> HttpResponse:
    """Who is signed in with the invited address joins by a button; who has no account makes one, or uses Microsoft."""
    now = timezone.now()
    try:
        ratelimit.hit(what="invitation-link", who=str(acting.client_ip.get()), limit=_TRIES, period=_PERIOD)
        invitation = invitations.found(token, now=now)
        with scope(tenant=invitation.message.tenant):
            if request.method == "POST":
                return _accepted(request, invitation, token)
            return _page(request, invitation, token)
    except ratelimit.TooManyTries as limit:
        return error_pages.answer(request, limit)
    except DomainError as refused:
        return refuse(request, refused)


def _accepted(request: Any, invitation: invitations.Invitation, token: str) -> HttpResponse:
    now, tenant = timezone.now(), invitation.message.tenant
    if request.user.is_authenticated:
        invitations.accept(invitation=invitation, user=request.user, now=now)
        request.session[ACTIVE_TENANT] = str(tenant.pk)
        messages.success(request, _("Welcome. You are a member now."))
        return redirect("staff:dashboard")
    form = AccountForm(request.POST, email=invitation.message.to)
    if not form.is_valid():
        return _page(request, invitation, token, form=form, status=422)
    membership = invitations.accept_as_new(invitation=invitation, now=now, **form.cleaned_data)
    answer: HttpResponse = perform_login(request, membership.user, redirect_url=reverse("staff:dashboard"))
    return answer


def _page(
    request: Any, invitation: invitations.Invitation, token: str, *, form: AccountForm | None = None, status: int = 200
) -> HttpResponse:
    tenant, address = invitation.message.tenant, invitation.message.to
    here = reverse("accounts:invitation", args=[token])
    home = sign_in.connection_of(tenant) is not None and sign_in.is_home(tenant, address)
    context = {
        "invitation": invitation, "tenant": tenant, "address": address, "brand": branding.of(tenant),
        "has_account": invitations.has_account(invitation),
        "mine": request.user.is_authenticated and request.user.emailaddress_set.filter(email__iexact=address).exists(),
        "form": form or AccountForm(email=address),
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': here})}",
        "microsoft": sign_in.start_url(tenant) if home and invitation.role != "owner" else "",
    }  # fmt: skip
    response = render(request, "account/invitation.html", context, status=status)
    branding.allow_logo(response, tenant)
    return response
