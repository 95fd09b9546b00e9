"""What is measured. A scenario takes the world and returns figures by name."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django_scopes import scope

from bookings.availability import slots
from bookings.availability.rules import Host, Rules
from bookings.services import offers
from config.bench import load
from config.bench.world import World, web_server
from tenants.scheduling.weekly_hours import WeeklyHours, expand

Figures = dict[str, Any]
PORT = 8973
ZURICH = ZoneInfo("Europe/Zurich")
DAY = 86_400


def timed(call: Callable[[], object], *, rounds: int = 200) -> Figures:
    """Milliseconds of one call: the median, the fastest and the 90th percentile of `rounds`."""
    for _ in range(5):
        call()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return {
        "medianms": round(statistics.median(taken), 3), "bestms": round(taken[0], 3),
        "p90ms": round(taken[int(rounds * 0.9)], 3), "rounds": rounds,
    }  # fmt: skip


def bench_slots(world: World) -> Figures:
    """Thirty days: the engine alone with its full answer, with the database, and over HTTP."""
    figures: Figures = {
        "engine 1 host 100 busy": timed(_engine(1, 100)),
        "engine 1 host 1000 busy": timed(_engine(1, 1_000)),
        "engine 10 hosts 1000 busy": timed(_engine(10, 1_000), rounds=50),
        "service 1 person": timed(lambda: _month(world, "one_person"), rounds=50),
        "service 20 people": timed(lambda: _month(world, "team"), rounds=20),
    }
    today = datetime.now(ZURICH).date()
    span = f"from={today}&to={today + timedelta(days=29)}&timeZone=Europe/Zurich"
    with web_server(PORT) as (address, process):
        for name, service in (("1 person", world.one_person), ("20 people", world.team)):
            path = f"/api/v1/pages/{world.page.mailbox.address}/services/{service.pk}/slots?{span}"
            figures[f"http {name}"] = _hammer(address, path, 1_500 if service == world.one_person else 300)
        figures["web memory"] = _memory(process)
    return figures


def bench_page(world: World) -> Figures:
    """The booking page over HTTP, and what it weighs."""
    with web_server(PORT) as (address, process):
        figures = {"http page": _hammer(address, f"/book/{world.page.mailbox.address}/", 1_500)}
        figures["web memory"] = _memory(process)
    return figures


def bench_book(world: World) -> Figures:
    """Distinct times booked over HTTP, eight at a time: lock, claim, audit and outbox included."""
    tomorrow = datetime.combine(datetime.now(ZURICH).date() + timedelta(days=2), clock.min, ZURICH).astimezone(UTC)
    path = f"/api/v1/pages/{world.page.mailbox.address}/bookings"
    times = (tomorrow + timedelta(minutes=5 * number) for number in range(2_000))
    free = [start for start in times if start.minute >= 20][:1_000]  # Outlook's events take the first 20 minutes
    requests = [load.request("POST", path, host="127.0.0.1", body=_booking(world, start)) for start in free]
    with web_server(PORT) as (address, process):
        load.run(address, requests[:20], connections=8)
        return {"http book": load.run(address, requests[20:], connections=8).summary(), "web memory": _memory(process)}


def bench_worker(world: World) -> Figures:
    """From the commit of a wish to its act, one at a time, by a running worker."""
    from tenants import outbox
    from tenants.models import Job

    command = ["manage.py", "qcluster"]
    worker = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, *command], cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    taken = []
    try:
        for number in range(60):
            with scope(tenant=world.tenant):
                wish = outbox.Wish(kind="bench.nothing", dedupe_key=f"bench:{number}:{time.time()}")
                started = time.perf_counter()
                [job] = outbox.write(tenant=world.tenant, wishes=[wish], now=datetime.now(UTC))
                while Job.objects.filter(pk=job.pk, attempts=0).exists() and time.perf_counter() - started < 60:
                    time.sleep(0.002)
                taken.append((time.perf_counter() - started) * 1000)
        memory = _memory(worker)
    finally:
        worker.terminate()
        worker.wait(60)
    ordered = sorted(taken[10:])
    return {
        "enqueue to act": {
            "p50ms": round(statistics.median(ordered), 1), "p95ms": round(ordered[int(len(ordered) * 0.95)], 1),
            "broker": "redis" if settings.REDIS_URL else "database",
        },
        "worker memory": memory,
    }  # fmt: skip


SCENARIOS: dict[str, Callable[[World], Figures]] = {
    "slots": bench_slots, "page": bench_page, "book": bench_book, "worker": bench_worker,
}  # fmt: skip


def _engine(hosts: int, busy: int) -> Callable[[], object]:
    """One full answer of 30 days: hours expanded, slots found, written as text by day."""
    first = datetime(2026, 12, 1, tzinfo=ZURICH).date()
    last = first + timedelta(days=29)
    start = int(datetime(2026, 12, 1, tzinfo=ZURICH).timestamp())
    hours = WeeklyHours.parse({day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})
    step = 30 * DAY // busy
    taken = [(start + n * step, start + n * step + min(1200, step // 2)) for n in range(busy)]
    rules = Rules(duration=1800, interval=1800, maximum_advance=90 * DAY)

    def answer() -> object:
        opened = expand(hours, {}, ZURICH, first, last)
        people = [Host(id=str(number), open=opened, busy=taken) for number in range(hosts)]
        found = slots.slots(rules, people, window_start=start, window_end=start + 30 * DAY, now=start)
        return slots.text_days(found, ZURICH, first, last)

    return answer


def _month(world: World, service: str) -> object:
    today = datetime.now(ZURICH).date()
    with scope(tenant=world.tenant):
        offer = offers.offer(
            page=world.page, service=getattr(world, service), first_date=today, last_date=today + timedelta(days=29),
            zone=ZURICH, now=datetime.now(UTC),
        )  # fmt: skip
    return slots.text_days(offer.slots, offer.zone, offer.first_date, offer.last_date)


def _hammer(address: tuple[str, int], path: str, count: int) -> Figures:
    request = load.request("GET", path, host="127.0.0.1")
    load.run(address, [request] * 50, connections=8)
    return load.run(address, [request] * count, connections=8).summary()


def _booking(world: World, start: datetime) -> bytes:
    return json.dumps(
        {
            "serviceId": str(world.many.pk), "start": start.isoformat(), "timeZone": "Europe/Zurich",
            "customer": {"name": "Ana", "email": "ana@example.net"},
        }
    ).encode()  # fmt: skip


def _memory(process: subprocess.Popen[bytes]) -> Figures:
    """Resident megabytes of the process and of each child."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {"megabytes": [_resident(pid) for pid in [str(process.pid), *children]]}


def _resident(pid: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def conditions() -> Figures:
    """What the figures were measured on."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(), "load": os.getloadavg(),
        "database": connection.vendor, "redis": bool(settings.REDIS_URL), "python": sys.version.split()[0],
    }  # fmt: skip
