"""The fixture that connects an organisation to the sandbox of a live server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django_scopes import scope

from tenants.microsoft365 import credentials, http
from tenants.models import Connection
from tenants.sandbox import seed
from tests.factories import NOW, TenantFactory
from tests.microsoft365.organisation import CLIENT_ID, DIRECTORY_ID, SECRET, Microsoft365, next_year


@pytest.fixture
def microsoft365(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Microsoft365]:
    """Contoso, connected, with its scope around the test. Tokens and connections end with it."""
    settings.MICROSOFT_LOGIN_URL = f"{live_server.url}/sandbox/login"
    settings.MICROSOFT_GRAPH_URL = f"{live_server.url}/sandbox/v1.0"
    settings.WEBHOOK_URL = live_server.url
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    organisation = seed.create_organisation(domain="contoso.com", display_name="Contoso", directory_id=DIRECTORY_ID)
    credentials.forget()
    # Times of the scenarios are fixed: the clock of both sides starts at NOW and runs on.
    with time_machine.travel(NOW, tick=True), scope(tenant=tenant):
        seed.create_application(organisation=organisation, client_id=CLIENT_ID, secret=SECRET)
        connection = Connection.objects.create(
            tenant=tenant, client_id=CLIENT_ID, directory_id=DIRECTORY_ID, client_secret=SECRET,
            secret_expires_on=next_year(), state=Connection.State.CONNECTED,
        )  # fmt: skip
        yield Microsoft365(tenant, connection, organisation)
    credentials.forget()
    http.close()
