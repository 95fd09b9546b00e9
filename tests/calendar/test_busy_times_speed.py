"""How long it takes to apply what a round told. The limits are those of the plan; usual times are far below."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from tenants.microsoft365.types import DeltaResult, RemoteEvent
from tenants.models import BusyPeriod, Mailbox, Tenant
from tenants.services import busy_copy
from tests.factories import NOW, MailboxFactory

pytestmark = pytest.mark.slow


@pytest.fixture
def bea(contoso: Tenant) -> Any:
    return MailboxFactory(tenant=contoso)


def result(count: int, *, later: int = 0, removed: int = 0) -> DeltaResult:
    events = []
    for number in range(count):
        start = NOW + timedelta(hours=number, minutes=later)
        end = start + timedelta(minutes=30)
        events.append(
            RemoteEvent(f"AAkALgAA{number:0>120}", "singleInstance", start, end, f"key{later}", title="Event")
        )
    gone = {f"AAkALgAA{number:0>120}" for number in range(count, count + removed)}
    return DeltaResult(events, gone, "link", complete=False)


def seconds(mailbox: Mailbox, told: DeltaResult) -> float:
    started = time.perf_counter()
    busy_copy.apply(mailbox, told)
    return time.perf_counter() - started


def test_a_thousand_changed_events_are_applied_within_five_seconds(bea: Mailbox) -> None:
    busy_copy.apply(bea, result(2000))
    taken = seconds(bea, result(1000, later=5, removed=1000))
    assert BusyPeriod.objects.filter(change_key="key5").count() == BusyPeriod.objects.count() == 1000
    assert taken < 5


def test_a_page_of_fifty_unchanged_events_costs_next_to_nothing(bea: Mailbox, django_assert_num_queries: Any) -> None:
    busy_copy.apply(bea, result(50))
    with django_assert_num_queries(1):
        busy_copy.apply(bea, result(50))
    taken = min(seconds(bea, result(50)) for _ in range(5))
    assert taken < 0.010
