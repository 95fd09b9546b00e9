"""A person in front of two web sites: Daybook, and Microsoft's sign-in, which the sandbox plays over real HTTP."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from tenants import sign_in
from tenants.models import Membership, Role, Tenant, User
from tests import factories

LOGIN = "/accounts/oidc/{}/login/"


def begin(client: Client, tenant: Tenant, **query: str) -> str:
    """Presses the button; returns the address at Microsoft's."""
    answer = client.post(LOGIN.format(sign_in.provider_id(tenant)), query)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def choose(address: str, name: str) -> str:
    """Picks an account on Microsoft's page, in a browser of its own; returns where it leads back to."""
    page = requests.get(address, timeout=10)
    assert page.status_code == 200, page.text
    found = re.search(rf'<a href="([^"]+)"><strong>{re.escape(name)}</strong>', page.text)
    assert found, page.text
    answer = requests.get(address.partition("?")[0] + unescape(found[1]), allow_redirects=False, timeout=10)
    return str(answer.headers["Location"])


def sign_in_as(client: Client, tenant: Tenant, name: str, **query: str) -> Any:
    """The whole way: our button, Microsoft's page, and back; returns our answer."""
    return client.get(local(choose(begin(client, tenant, **query), name)))


def local(address: str) -> str:
    """The address without its host, for Django's client."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def parameters(address: str) -> dict[str, str]:
    """The address's query."""
    return dict(parse_qsl(urlsplit(address).query))


def member(tenant: Tenant, email: str, role: str = Role.TEAM_MEMBER, **user: Any) -> User:
    """A member with a confirmed address and no link to Microsoft yet."""
    person: User = factories.member(tenant, role, email=email, **user).user
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    return person


def link(tenant: Tenant, user: User, object_id: Any) -> SocialAccount:
    """What linking once left behind."""
    return SocialAccount.objects.create(user=user, provider=sign_in.provider_id(tenant), uid=str(object_id))


def who(client: Client) -> str:
    """The mail address of who is signed in; empty for nobody."""
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk).email if pk else ""


def roles(user: User) -> dict[str, str]:
    """The person's role by organisation."""
    rows = Membership._base_manager.filter(user=user).select_related("tenant")
    return {row.tenant.name: row.role for row in rows}
