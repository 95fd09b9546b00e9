"""Many visitors in the same moment, as threads of this process with connections of their own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from django.db import connection, connections
from django_scopes import scope

from tenants.errors import DomainError
from tenants.models import Tenant

#: Connections at a time: as many as a database gives to several test runs at once.
THREADS = 10


def all_at_once(tenant: Tenant, tries: int, act: Callable[[int], object]) -> Counter[str]:
    """Calls `act` so many times, `THREADS` at a time; how the calls went: "done", or the name of the refusal."""
    outcome: Counter[str] = Counter()
    numbers, gate, turn = iter(range(tries)), threading.Barrier(THREADS), threading.Lock()

    def visitor() -> None:
        gate.wait()
        while True:
            with turn:
                number = next(numbers, None)
            if number is None:
                break
            outcome_of = _try(tenant, act, number)
            with turn:
                outcome[outcome_of] += 1
        connections.close_all()

    threads = [threading.Thread(target=visitor) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.ensure_connection()
    return outcome


def _try(tenant: Tenant, act: Callable[[int], object], number: int) -> str:
    try:
        with scope(tenant=tenant):
            done = act(number)
    except DomainError as refused:
        return type(refused).__name__
    except Exception as fault:
        return f"fault: {fault!r}"
    return "done" if done is not None else "nothing"
