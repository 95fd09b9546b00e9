"""Words that nobody types by hand find nothing, and break nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from tenants.models import Role, Tenant
from tenants.services import api_clients
from tests.staff.conftest import sign_in
from tests.trash.world import ACT

__all__ = ["sign_in"]

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "audit/?actor=%00", "audit/?cmdlet=%00", "audit/?first=9999-12-31T23:59-05:00",
    *(f"audit/?after={at}_{uuid.UUID(int=1)}" for at in ("0001-01-01T00:00%2B14:00", "2026-11-23T00:00", "%00")),
    "health/calendars/?q=%00&only=%00", "health/parked/?cause=%00", "mailboxes/?q=%00&type=%00", "people/?q=%00",
    "members/?q=%00", "members/new/?q=%00", "policy/?q=%00&only=%00", "privacy/?address=%00", "usage/?q=%00",
    "trash/?p=%00", "people/active/?q=%00",
]  # fmt: skip


def test_no_page_and_no_list_breaks(contoso: Tenant, client: Client, sign_in: Callable[..., object]) -> None:
    sign_in(Role.ADMINISTRATOR)
    found = {address: client.get(f"/organisation/{address}").status_code for address in ADDRESSES}
    assert set(found.values()) <= {200, 302, 404}, found
    assert client.post("/organisation/health/mend/", {"cause": "\x00"}).status_code == 302
    _client, key = api_clients.create(tenant=contoso, name="Reader", scopes=["admin:read"], **ACT)
    for upn in ("%00", "ana%00@contoso.com"):
        answer = client.get(f"/api/v1/users/{upn}/access", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 404
