"""Who joins a waiting list: once for each address, for days that make sense, where there is a list."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connections
from django_scopes import scope

from bookings.models import WaitingEntry
from bookings.services import senders, waiting
from bookings.services.intake import Blocked
from tenants import acting
from tenants.errors import InvalidInput
from tests.factories import NOW, TenantFactory, at, clinic
from tests.waiting.conftest import Scene


def state(entry: WaitingEntry) -> str:
    return WaitingEntry.objects.get(pk=entry.pk).state


def test_joining_again_keeps_the_place_with_the_new_wish(scene: Scene) -> None:
    ben = scene.waits("ben")
    scene.waits("cleo", now=NOW + timedelta(minutes=1))
    again = scene.waits("ben", now=NOW + timedelta(minutes=2), last_date=date(2026, 11, 27))
    assert (again.pk, waiting.place(again), again.last_date) == (ben.pk, 1, date(2026, 11, 27))
    assert WaitingEntry.objects.count() == 2
    scene.works(now=at("2026-11-24 23:00"))
    assert state(ben) == "waiting", "the earlier wish's last day is not the end"


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ((date(2026, 11, 22), date(2026, 11, 22)), "lastDate"),
        ((date(2026, 11, 25), date(2026, 11, 24)), "lastDate"),
        ((date(2027, 11, 25), date(2027, 11, 25)), "firstDate"),
        ((date(2026, 11, 24), date(2027, 3, 24)), "lastDate"),
    ],
)
def test_days_that_make_no_sense_are_refused(scene: Scene, days: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        scene.waits("ben", first_date=days[0], last_date=days[1])
    assert list(refused.value.errors) == [field]


def test_without_a_list_and_for_blocked_senders_there_is_no_place(scene: Scene) -> None:
    senders.block(tenant=scene.page.tenant, pattern="@example.net", now=NOW, actor=acting.SYSTEM)
    with pytest.raises(Blocked):
        scene.waits("ben")
    scene.service.waiting_list = False
    with pytest.raises(waiting.NoWaitingList):
        scene.waits("ben")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_address_that_joins_ten_times_at_once_has_one_place() -> None:
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        page, service, members = clinic(tenant, waiting_list=True)
    scene, gate, wrong = Scene(page, service, members[0]), threading.Barrier(10), []

    def join() -> None:
        gate.wait()
        try:
            with scope(tenant=tenant):
                scene.waits("ben")
        except Exception as fault:
            wrong.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=join) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with scope(tenant=tenant):
        assert (wrong, WaitingEntry.objects.count()) == ([], 1)
