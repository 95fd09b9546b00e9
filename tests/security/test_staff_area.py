"""What members type that no calendar holds, and what administrators must not find out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bookings.models import BookingPage, DateOverride, PrivateLink, Service, TimeOff
from tenants.models import Membership, Role, Tenant
from tests import factories


@pytest.fixture
def own(sign_in: Callable[..., Membership], client: Client) -> str:
    """The address of a signed-in member's own page."""
    sign_in()
    client.post("/staff/page/activate/")
    return f"/staff/pages/{BookingPage.objects.get().pk}/"


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [("0001-01-01T00:00", "2030-01-01T00:00"), ("2030-01-01T00:00", "9999-12-31T23:59")],
)
def test_time_off_stays_within_reach(own: str, client: Client, starts_at: str, ends_at: str) -> None:
    answer = client.post(f"{own}time-off/", {"starts_at": starts_at, "ends_at": ends_at})
    assert "This is too far from today." in answer.content.decode()
    assert not TimeOff.objects.exists()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_dates_and_links_stay_within_reach(own: str, client: Client, day: str) -> None:
    service = Service.objects.first()
    assert service is not None
    for path, typed in (
        (f"{own}dates/", {"on_date": day, "intervals": ""}),
        (f"{own}types/{service.pk}/links/", {"expires_on": day}),
    ):
        assert client.post(path, typed).status_code == 200
    assert client.get(f"{own}explain/?service={service.pk}&at={day}T12:00").status_code == 200
    assert not DateOverride.objects.exists() and not PrivateLink.objects.exists()


@pytest.mark.parametrize("number", ["1e308", "nan", "inf", "-inf", "99999999999999"])
@pytest.mark.parametrize("field", ["duration", "minimum_lead", "maximum_advance"])
def test_a_length_is_a_number_that_somebody_means(own: str, client: Client, field: str, number: str) -> None:
    typed = {
        "title": "Talk", "duration": "30", "slot_interval": "30", "buffer_before": "0", "buffer_after": "0",
        "minimum_lead": "1", "maximum_advance": "30",
    }  # fmt: skip
    assert client.post(f"{own}types/new/", typed | {field: number}).status_code == 200
    assert not Service.objects.filter(title="Talk").exists()


@pytest.fixture
def owner(contoso: Tenant, client: Client) -> Membership:
    """Contoso's owner, signed in."""
    membership = factories.member(contoso, Role.OWNER)
    client.force_login(membership.user)
    return membership


@pytest.mark.parametrize("filtered", ["user/?password__startswith=", "user/?password__regex=", "user/?password="])
def test_no_filter_spells_out_a_password(owner: Membership, client: Client, filtered: str) -> None:
    assert client.get(f"/admin/tenants/{filtered}argon2").status_code == 400


@pytest.mark.parametrize("intervals", ['"shut"', '[["09:00"]]', '[["25:00", "26:00"]]', '{"a": 1}'])
def test_hours_that_nobody_could_keep_do_not_close_a_page(
    owner: Membership, contoso: Tenant, client: Client, intervals: str
) -> None:
    page, _service, _members = factories.clinic(contoso)
    typed: dict[str, Any] = {"page": str(page.pk), "on_date": "2026-11-24", "intervals": intervals, "note": ""}
    answer = client.post("/admin/bookings/dateoverride/add/", typed)
    assert answer.status_code == 200
    assert not DateOverride.objects.exists()
    assert client.post("/admin/bookings/dateoverride/add/", typed | {"intervals": "[]"}).status_code == 302


def test_an_administrators_time_off_stays_within_reach(owner: Membership, contoso: Tenant, client: Client) -> None:
    page, _service, _members = factories.clinic(contoso)
    typed = {
        "page": str(page.pk), "starts_at_0": "0001-01-01", "starts_at_1": "00:00", "ends_at_0": "9999-12-31",
        "ends_at_1": "23:59",
    }  # fmt: skip
    assert "This is too far from today." in client.post("/admin/bookings/timeoff/add/", typed).content.decode()
    assert not TimeOff.objects.exists()


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/2fa/", "/accounts/password/change/", "/staff/", "/"])
def test_nothing_that_members_read_is_kept(sign_in: Callable[..., Membership], client: Client, path: str) -> None:
    sign_in()
    answer = client.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
