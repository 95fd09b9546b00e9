"""Fifty people want the same time in the same moment: one gets it, the others get the nearest ones."""

from __future__ import annotations

import multiprocessing
import threading
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from django_scopes import scope

from bookings.models import Booking
from tenants.models import Claim, Claimable, Job, Tenant
from tenants.services import claims
from tenants.services.claims import Taken, Wanted
from tests.concurrency.conftest import Server
from tests.concurrency.visitor import ask
from tests.factories import NOW, TenantFactory, at, clinic

HERD = 50


def herd_of_threads(address: tuple[str, int], path: str, body: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """All at once, from one process."""
    gate, answers = threading.Barrier(HERD), []

    def visitor(number: int) -> None:
        gate.wait()
        answers.append(ask(address, path, body, number))

    threads = [threading.Thread(target=visitor, args=(number,)) for number in range(HERD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def herd_of_processes(address: tuple[str, int], path: str, body: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """All at once, from ten processes of five."""
    with multiprocessing.get_context("spawn").Pool(10) as pool:
        return pool.starmap(ask, [(address, path, body, number) for number in range(HERD)], chunksize=5)


@pytest.mark.slow
@pytest.mark.row("S0.1")
@pytest.mark.parametrize("herd", [herd_of_threads, herd_of_processes])
@pytest.mark.parametrize("size", [{"processes": 1, "threads": HERD}, {"processes": 4, "threads": 4}])
def test_one_gets_it_and_the_others_hear_of_the_nearest_free_times(serve: Server, size: Any, herd: Any) -> None:
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        page, service, _ = clinic(tenant, staff=1)
    address = serve(**size)
    start = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) + timezone.timedelta(days=2)
    path = f"/api/v1/pages/{page.mailbox.address}/bookings"
    body = {"serviceId": str(service.pk), "start": start.isoformat(), "timeZone": "Europe/Zurich"}
    answers = herd(address, path, body)
    assert Counter(status for status, _ in answers) == {201: 1, 409: HERD - 1}
    refusals = [answer for status, answer in answers if status == 409]
    assert all(refusal["code"] == "slotTaken" and len(refusal["alternatives"]) == 3 for refusal in refusals)
    with scope(tenant=tenant):
        assert (Booking.objects.count(), Claim.objects.count()) == (1, 1)
        assert Job.objects.filter(kind="mail.booking").count() == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_claims_of_two_people_in_opposite_order_never_deadlock() -> None:
    tenant = TenantFactory(name="Contoso", domain="contoso.com")
    with scope(tenant=tenant):
        keys = [Claimable.objects.create(tenant=tenant).pk for _ in range(2)]
    outcome: Counter[str] = Counter()
    gate = threading.Barrier(8)

    def rival(number: int) -> None:
        order = keys if number % 2 else keys[::-1]
        for round_ in range(15):
            gate.wait()
            outcome[claim_both(tenant, order, round_)] += 1
        connections.close_all()

    threads = [threading.Thread(target=rival, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcome == {"won": 15, "Taken": 15 * 7}
    connection.ensure_connection()


def claim_both(tenant: Tenant, keys: list[uuid.UUID], round_: int) -> str:
    """Tries to occupy both for the hour of this round; how it went."""
    start = at("2026-11-23 00:00") + timezone.timedelta(hours=round_)
    try:
        with scope(tenant=tenant), claims.ledger():
            claims.lock(tenant=tenant, keys=keys)
            wanted = [Wanted(key, start, start + timezone.timedelta(hours=1)) for key in keys]
            claims.take(tenant=tenant, owner_id=uuid.uuid4(), wanted=wanted, now=NOW)
    except Taken:
        return "Taken"
    except Exception as fault:
        return type(fault).__name__
    return "won"
