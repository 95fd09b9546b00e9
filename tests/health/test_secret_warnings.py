"""A client secret that ends is told in time, once at each stage, and never where another one covers it (pain 11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_scopes import scope

from tenants import mail
from tenants.models import AuditEvent, Connection, Message, Role, Tenant
from tenants.services import secret_warnings
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.row("S3.4")]
TODAY = NOW.date()
DAY = timedelta(days=1)


def connected(tenant: Tenant, days: int, **more: object) -> Connection:
    values = {"client_secret": "s3cret-value", "state": Connection.State.CONNECTED, "app_name": "Bookings"} | more
    return Connection.objects.create(tenant=tenant, secret_expires_on=TODAY + days * DAY, **values)


@pytest.fixture
def owner(contoso: Tenant) -> None:
    factories.member(contoso, Role.OWNER, email="olivia@contoso.com", name="Olivia Keller")
    factories.member(contoso, email="tim@contoso.com")


def test_each_stage_is_told_once_to_administrators(contoso: Tenant, owner: None, run: Callable[..., None]) -> None:
    connected(contoso, 70)
    told = [days for days in range(70, -3, -1) if secret_warnings.warn(NOW + (70 - days) * DAY)]
    assert told == [60, 30, 14, 7, 1]
    assert secret_warnings.warn(NOW + 69 * DAY) == 0
    run(kind=mail.KIND, now=NOW + 80 * DAY)
    letters = list(Message.objects.order_by("created_at", "subject"))
    assert {letter.to for letter in letters} == {"olivia@contoso.com"} and len(letters) == 5
    assert {letter.state for letter in letters} == {"sent"}
    seven = next(letter for letter in letters if "7 days" in letter.subject)
    assert seven.subject == "The Microsoft 365 secret ends in 7 days"
    assert "1 February 2027" in seven.text and "/organisation/connection/" in seven.text and "Bookings" in seven.text
    assert not any("s3cret-value" in letter.text + letter.html for letter in letters)
    assert AuditEvent.objects.filter(action=secret_warnings.WARNED).count() == 5


@pytest.mark.parametrize(("days", "warned"), [(61, 0), (60, 1), (45, 1), (2, 1), (0, 1), (-1, 0)])
def test_what_was_missed_is_not_made_up_for(contoso: Tenant, owner: None, days: int, warned: int) -> None:
    connected(contoso, days)
    assert secret_warnings.warn(NOW) == warned == Message.objects.count()


def test_a_later_second_secret_covers_the_first_and_is_warned_of_itself(contoso: Tenant, owner: None) -> None:
    connection = connected(contoso, 5, second_secret="other", second_secret_expires_on=TODAY + 300 * DAY)
    assert secret_warnings.warn(NOW) == 0
    assert secret_warnings.warn(NOW + 240 * DAY) == 1
    assert AuditEvent.objects.get().after == {"slot": 2, "endsOn": str(TODAY + 300 * DAY), "stage": 60}
    first, second = secret_warnings.of(connection, today=TODAY)
    assert (first.is_covered, first.days_left, second.is_covered) == (True, 5, False)


def test_a_new_secret_is_warned_of_anew(contoso: Tenant, owner: None) -> None:
    connection = connected(contoso, 7)
    assert (secret_warnings.warn(NOW), secret_warnings.warn(NOW)) == (1, 0)
    connection.secret_expires_on = TODAY + 400 * DAY
    connection.save()
    assert (secret_warnings.warn(NOW), secret_warnings.warn(NOW + 393 * DAY)) == (0, 1)


def test_a_draft_covers_nothing_and_is_not_warned_of(contoso: Tenant, owner: None) -> None:
    connected(contoso, 7)
    connected(contoso, 300, is_active=False)
    assert secret_warnings.warn(NOW) == 1


def test_strangers_hear_nothing(contoso: Tenant, owner: None) -> None:
    fabrikam = factories.stranger()
    with scope(tenant=fabrikam):
        factories.member(fabrikam, Role.OWNER, email="fay@fabrikam.com")
        connected(fabrikam, 300)
    connected(contoso, 7)
    assert secret_warnings.warn(NOW) == 1
    with scope(tenant=fabrikam):
        assert not Message.objects.exists()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.TEAM_MEMBER])
def test_the_line_above_every_page_is_for_administrators(
    contoso: Tenant, sign_in: Callable[..., object], client: Client, role: str
) -> None:
    today = timezone.now().date()
    sign_in(role)
    connection = connected(contoso, (today - TODAY).days + 61)
    shown = lambda: "Microsoft 365 secret ends in" in client.get("/staff/bookings/").content.decode()  # noqa: E731
    assert not shown()
    Connection.objects.update(secret_expires_on=today + 14 * DAY)
    assert shown() == (role == Role.ADMINISTRATOR)
    connection.second_secret, connection.second_secret_expires_on = "other", today + 200 * DAY
    connection.save()
    assert not shown()
    Connection.objects.update(state="broken", last_error="AADSTS7000222", remedy="Make a new client secret")
    assert ("is broken" in client.get("/staff/bookings/").content.decode()) == (role == Role.ADMINISTRATOR)
