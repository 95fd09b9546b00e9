"""Microsoft sign-in of an organisation: where it begins and ends, and which connection it uses.

Each organisation has a provider of its own, `ms-<organisation's id>`, made from its active connection whenever it is
needed: allauth's table of applications, which would hold the secret in clear text, stays empty. An account that is
linked carries the person's object id in the directory, which Microsoft gives and nobody chooses.
"""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django_scopes import scopes_disabled

from tenants.microsoft365 import clouds
from tenants.models import Connection, Domain, Tenant

PREFIX = "ms-"


def provider_id(tenant: Tenant) -> str:
    """The name of the organisation's provider, in addresses and on linked accounts."""
    return f"{PREFIX}{tenant.pk}"


def callback_url(tenant: Tenant) -> str:
    """The redirect address to register in Microsoft Entra, on the platform Web."""
    return f"{settings.SITE_URL}{reverse('openid_connect_callback', args=[provider_id(tenant)])}"


def start_url(tenant: Tenant) -> str:
    """Where the organisation's people may begin, to put into an intranet."""
    return f"{settings.SITE_URL}{reverse('openid_connect_login', args=[provider_id(tenant)])}"


def tenant_named(provider: str) -> Tenant | None:
    """The organisation of a provider's name."""
    if not provider.startswith(PREFIX):
        return None
    try:
        return Tenant.objects.filter(pk=uuid.UUID(provider.removeprefix(PREFIX))).first()
    except ValueError:
        return None


def connection_of(tenant: Tenant) -> Connection | None:
    """The connection that the organisation's people sign in through; None while that is switched off."""
    with scopes_disabled():
        return _switched_on().filter(tenant=tenant).first()


def is_offered() -> bool:
    """Whether anybody on this site signs in with Microsoft."""
    with scopes_disabled():
        return _switched_on().exists()


def tenant_for(address: str) -> Tenant | None:
    """The organisation whose people sign in with Microsoft and whose verified domain the address is under."""
    with scopes_disabled():
        domains = Domain.objects.filter(name__iexact=address.rpartition("@")[2], verified_at__isnull=False)
        domain = domains.select_related("tenant").first()
    return domain.tenant if domain and connection_of(domain.tenant) else None


def is_home(tenant: Tenant, address: str) -> bool:
    """Whether the organisation stands for the address: it is under a domain that was shown to be its own.

    Only then may its directory say who has it. Whoever runs a domain's mail could have a password sent there, too.
    """
    with scopes_disabled():
        mine = Domain.objects.filter(tenant=tenant, verified_at__isnull=False)
        return mine.filter(name__iexact=address.rpartition("@")[2]).exists()


def cloud_of(connection: Connection) -> clouds.Cloud:
    """The cloud of a connection as this site reaches it."""
    addresses = {"login_url": settings.MICROSOFT_LOGIN_URL, "graph_url": settings.MICROSOFT_GRAPH_URL}
    return clouds.reached(connection.cloud, **addresses)


def origins() -> list[str]:
    """The sites that a sign-in may lead to, for a page's content security policy."""
    logins = {urlsplit(cloud_of(Connection(cloud=name)).login) for name in Connection.Cloud.values}
    return sorted(f"{address.scheme}://{address.netloc}" for address in logins)


def _switched_on() -> QuerySet[Connection]:
    return Connection.objects.filter(is_active=True, signs_in=True).select_related("tenant")
