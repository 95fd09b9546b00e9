"""Tokens: kept in memory, renewed when they must be, and never blamed on the secret when the service is away."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.microsoft365 import credentials, errors, http
from tenants.models import Connection, Mailbox
from tenants.sandbox import control
from tenants.services import busy_times
from tests.factories import NOW, TenantFactory
from tests.microsoft365.organisation import Microsoft365, run_due

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN, DISCOVERY = "/login/*/token", "/login/*/openid-configuration"


def test_one_token_serves_many_requests(microsoft365: Microsoft365) -> None:
    bea = microsoft365.mailbox("bea@contoso.com")
    for _ in range(3):
        microsoft365.pull(bea, NOW)
    assert (len(control.requests(path=DISCOVERY)), len(control.requests(path=TOKEN))) == (1, 1)


def test_another_secret_means_another_token(microsoft365: Microsoft365) -> None:
    first = credentials.token(microsoft365.connection)
    assert credentials.token(Connection.objects.get()) == first
    microsoft365.connection.client_secret = "another"
    with pytest.raises(errors.SecretWrong):
        credentials.token(microsoft365.connection)


def test_organisations_do_not_share_tokens(microsoft365: Microsoft365) -> None:
    credentials.token(microsoft365.connection)
    other = Connection(tenant=TenantFactory(), client_id="x", directory_id=microsoft365.connection.directory_id)
    other.client_secret = "x"
    with pytest.raises(errors.SignInFailed):
        credentials.token(other)


@pytest.mark.parametrize("path", [TOKEN, DISCOVERY])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_sign_in_service_that_is_away_is_tried_again_and_breaks_nothing(
    microsoft365: Microsoft365, path: str, status: int
) -> None:
    bea = microsoft365.mailbox("bea@contoso.com")
    control.fail(status=status, path=path, retry_after=7)
    with pytest.raises(errors.Throttled) as told:
        microsoft365.pull(bea, NOW)
    assert told.value.retry_after is not None and told.value.retry_after.total_seconds() == 7
    assert Connection.objects.get().state == Connection.State.CONNECTED
    microsoft365.pull(bea, NOW)


@pytest.mark.parametrize("path", [TOKEN, DISCOVERY])
def test_a_sign_in_service_that_breaks_off_is_tried_again(microsoft365: Microsoft365, path: str) -> None:
    bea = microsoft365.mailbox("bea@contoso.com")
    control.drop(path=path)
    busy_times.request_pull(bea, now=NOW)
    assert run_due()[0].state == "pending"
    assert Connection.objects.get().state == Connection.State.CONNECTED
    microsoft365.pull(Mailbox.objects.get(), NOW)


@pytest.mark.parametrize("path", ["/healthz?", "/accounts/login/?"])
def test_something_else_at_the_sign_in_address_is_not_a_wrong_directory(
    microsoft365: Microsoft365, settings: Any, path: str
) -> None:
    settings.MICROSOFT_LOGIN_URL = settings.MICROSOFT_LOGIN_URL.replace("/sandbox/login", path)
    with pytest.raises(errors.Unavailable, match="something else"):
        http.client_for(microsoft365.tenant).get("/users")
