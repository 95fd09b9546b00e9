"""What people do with their Microsoft account on allauth's own pages, in the trail of the organisation."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django_scopes import scope

from tenants import sign_in
from tenants.middleware import ACTIVE_TENANT
from tenants.services import sign_ins


@receiver(social_account_added)
def linked(request: HttpRequest, sociallogin: Any, **_more: Any) -> None:
    """Somebody linked their account."""
    _record(sociallogin.account, linked=True)


@receiver(social_account_removed)
def unlinked(request: HttpRequest, socialaccount: Any, **_more: Any) -> None:
    """Somebody removed the link."""
    _record(socialaccount, linked=False)


@receiver(user_logged_in)
def entered(request: HttpRequest, sociallogin: Any = None, **_more: Any) -> None:
    """Who came in through an organisation's directory works in that organisation."""
    tenant = sign_in.tenant_named(sociallogin.account.provider) if sociallogin else None
    if tenant is not None:
        request.session[ACTIVE_TENANT] = str(tenant.pk)


def _record(account: Any, *, linked: bool) -> None:
    tenant = sign_in.tenant_named(account.provider)
    if tenant is not None:
        with scope(tenant=tenant):
            sign_ins.record_link(tenant=tenant, user=account.user, now=timezone.now(), linked=linked)
