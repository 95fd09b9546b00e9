"""Private links: exactly the allowed number of bookings, alone and in the same moment (S4.13, S4.14, S4.31).

| the link is | before its last instant | at it   | after it | undated |
|-------------|-------------------------|---------|----------|---------|
| single use  | 1                       | 1       | 0        | 1       |
| for n       | n                       | n       | 0        | n       |
| unlimited   | all                     | all     | 0        | all     |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_scopes import scope

from bookings.models import Booking, PrivateLink
from bookings.services import private_links
from tenants import acting
from tenants.models import Claim, Tenant
from tests.concurrency.together import all_at_once
from tests.factories import EVERY_DAY, TenantFactory, book, clinic

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MADE = datetime(2026, 8, 24, 9, 30, 17, tzinfo=UTC)
#: The very second that ninety days later is.
LAST = datetime(2026, 11, 22, 9, 30, 17, tzinfo=UTC)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
TRIES, N = 20, 7
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def tenant(transactional_db: None) -> Iterator[Tenant]:
    """An organisation, and its scope around the test."""
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        yield tenant


def linked(tenant: Tenant, *, dated: bool, uses: int | None) -> tuple[Any, Any, PrivateLink]:
    """A private type with more free times than there are tries, and its link, made ninety days before LAST."""
    page, service, _members = clinic(tenant, staff=2, is_public=False)
    page.weekly_hours = {day: [["08:00", "20:00"]] for day in EVERY_DAY}
    page.save()
    link = private_links.create(service=service, now=MADE, actor=acting.SYSTEM, max_uses=uses, forever=not dated)
    return page, service, link


def outcome(page: Any, service: Any, link: PrivateLink, *, now: datetime, together: bool) -> dict[str, int]:
    """What became of TRIES tries, each for a time of its own, so that only the link can refuse."""

    def act(number: int) -> Booking:
        at = MONDAY + number * service.duration
        return book(page, service, at, now=now, link=PrivateLink.objects.get(pk=link.pk))

    if together:
        return all_at_once(page.tenant, TRIES, act)
    found: dict[str, int] = {}
    for number in range(TRIES):
        try:
            act(number)
            name = "done"
        except private_links.LinkUnusable as refused:
            name = type(refused).__name__
        found[name] = found.get(name, 0) + 1
    return found


@pytest.mark.row("S4.13", "S4.14", "S4.31")
@pytest.mark.parametrize("together", [False, True], ids=["one-by-one", "at-once"])
@pytest.mark.parametrize("uses", [1, N, None], ids=["single", "n", "unlimited"])
@pytest.mark.parametrize(
    ("dated", "now"),
    [(True, LAST - SECOND), (True, LAST), (True, LAST + MICROSECOND), (True, LAST + SECOND), (False, LAST + SECOND)],
    ids=["before", "at-the-second", "a-moment-after", "after", "undated"],
)
def test_a_link_allows_exactly_what_it_says(
    tenant: Tenant, dated: bool, now: datetime, uses: int | None, together: bool
) -> None:
    page, service, link = linked(tenant, dated=dated, uses=uses)
    allowed = 0 if dated and now > LAST else min(uses or TRIES, TRIES)
    why = "LinkExpired" if dated and now > LAST else "LinkUsed"
    expected = {name: count for name, count in (("done", allowed), (why, TRIES - allowed)) if count}
    assert outcome(page, service, link, now=now, together=together) == expected
    link.refresh_from_db()
    assert link.uses == allowed == Booking.objects.filter(link=link).count() == Claim.objects.count()


@pytest.mark.row("S4.13")
def test_ninety_days_are_the_default_to_the_second(tenant: Tenant) -> None:
    _page, _service, link = linked(tenant, dated=True, uses=None)
    assert link.expires_at == LAST


@pytest.mark.row("S4.14")
def test_a_use_belongs_to_the_booking_and_goes_with_it(tenant: Tenant) -> None:
    """A booking that fails for another reason, in the same transaction, uses nothing up."""
    page, service, link = linked(tenant, dated=True, uses=1)
    for _ in range(3):
        with pytest.raises(Exception, match=r"(?i)time|offered"):
            book(page, service, MONDAY + timedelta(minutes=7), now=LAST, link=link)
    link.refresh_from_db()
    assert (link.uses, Booking.objects.count()) == (0, 0)
    book(page, service, MONDAY, now=LAST, link=link)


@pytest.mark.row("S4.14", "S4.31")
def test_twenty_at_once_for_one_time_over_one_link(tenant: Tenant) -> None:
    page, service, link = linked(tenant, dated=True, uses=1)
    found = all_at_once(tenant, TRIES, lambda number: book(page, service, MONDAY, now=LAST, link=link))
    assert found["done"] == 1 and Booking.objects.count() == 1
