"""The process ends at every single step between the click and the Outlook event: before each query, after each answer.

What a kill leaves behind is what the database had committed and what Microsoft had stored; nothing else survives. So
the switch raises what no code catches, the transaction rolls back, and a new process starts from the rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled

from bookings.models import Booking
from tenants import outbox
from tenants.models import Job, Message
from tests.calendar.clinic import NINE, Clinic
from tests.factories import NOW
from tests.microsoft365.organisation import Microsoft365

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Killed(BaseException):
    """Not an Exception: nothing may catch it, as nothing catches SIGKILL."""


class Switch:
    """Ends the process at step number `at`: a step is a query (before it runs) or Microsoft's answer (lost)."""

    def __init__(self, at: int) -> None:
        self.at, self.steps, self.went_off = at, 0, False

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            self.went_off = True
            raise Killed

    def query(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.step()
        return execute(sql, params, many, context)


@contextmanager
def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switch]:
    """Runs the block until that step; a kill ends it quietly."""
    switch, send = Switch(step), requests.Session.send

    def answer_lost(session: Any, request: Any, **options: Any) -> Any:
        answer = send(session, request, **options)
        switch.step()
        return answer

    monkeypatch.setattr(requests.Session, "send", answer_lost)
    try:
        with connection.execute_wrapper(switch.query):
            yield switch
    except Killed:
        connection.close()
    finally:
        monkeypatch.setattr(requests.Session, "send", send)


def work_until_nothing_is_due(clock: Any) -> None:
    """What the sweep and the worker do in the minutes after: everything due runs, leases end."""
    for _ in range(6):
        clock.shift(timedelta(minutes=2))
        with scopes_disabled():
            open_jobs = Job.objects.exclude(state__in=[Job.State.DONE, Job.State.PARKED]).order_by("due_at")
            ids = [str(pk) for pk in open_jobs.values_list("pk", flat=True)]
        if not ids:
            return
        outbox.run(ids)


def click(clinic: Clinic, start: Any, press: int) -> int:
    """The visitor presses “Book”; the browser sends the same key however often."""
    body = {
        "serviceId": str(clinic.service.pk), "start": start.isoformat(), "timeZone": "Europe/Zurich",
        "customer": {"name": "Ana", "email": f"ana{press}@example.net"},
    }  # fmt: skip
    path = f"/api/v1/pages/{clinic.page.mailbox.address}/bookings"
    headers = {"Idempotency-Key": f"press-{press}"}
    return Client().post(path, json.dumps(body), content_type="application/json", headers=headers).status_code


@pytest.fixture
def clock(microsoft365: Microsoft365, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A clock that stands until it is shifted, and a queue that loses everything: only the rows remain."""
    monkeypatch.setattr(outbox, "async_task", lambda *arguments: None)
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def assert_once(clinic: Clinic, starts: list[Any]) -> None:
    """Each time was booked once, stands once in Outlook, and was told once to each side."""
    assert [b.starts_at for b in Booking.objects.order_by("starts_at")] == starts
    assert [start for _, start, _ in sorted(clinic.events(), key=lambda event: event[1])] == starts
    assert not Job.objects.exclude(state=Job.State.DONE).exists()
    told = Counter(Message.objects.filter(state=Message.State.SENT).values_list("about_id", "template", "to"))
    assert set(told.values()) == {1}
    confirmed = [key for key in told if "confirmed" in key[1]]
    assert len(confirmed) == 2 * len(starts)
    assert not Message.objects.exclude(state=Message.State.SENT).exists()


@pytest.mark.row("S0.1", "S4.3")
def test_killed_at_any_step_of_the_click_the_second_press_books_once(
    microsoft365: Microsoft365, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = Clinic(microsoft365)
    step, starts, went_off = 0, [], True
    while went_off:
        step += 1
        starts.append(NINE + timedelta(days=step))
        with killed_at(step, monkeypatch) as switch:
            click(clinic, starts[-1], step)
        went_off = switch.went_off
        assert click(clinic, starts[-1], step) == 201
    assert step > 15
    work_until_nothing_is_due(clock)
    assert_once(clinic, starts)


@pytest.mark.row("S0.1", "S4.3", "S4.7")
@pytest.mark.parametrize("online", [False, True])
def test_killed_at_any_step_of_the_work_there_is_one_event_and_one_mail_for_each(
    microsoft365: Microsoft365, clock: Any, monkeypatch: pytest.MonkeyPatch, online: bool
) -> None:
    clinic = Clinic(microsoft365, is_online=online)
    step, starts, went_off = 0, [], True
    while went_off:
        step += 1
        starts.append(NINE + timedelta(days=step))
        clinic.book(starts[-1])
        ids = [str(pk) for pk in Job.objects.filter(state=Job.State.PENDING).values_list("pk", flat=True)]
        with killed_at(step, monkeypatch) as switch:
            outbox.run(ids)
        went_off = switch.went_off
        work_until_nothing_is_due(clock)
        clock.move_to(NOW + timedelta(seconds=step))
    assert step > 30
    assert timezone.now() < starts[0]
    assert_once(clinic, starts)
    if online:
        assert not Booking.objects.filter(join_url="").exists()
