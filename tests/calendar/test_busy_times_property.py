"""Whatever people do in Outlook, the copy ends up as a calendar view of the same window."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.microsoft365 import http, mapping
from tenants.models import BusyPeriod, BusyRead, Mailbox
from tenants.sandbox import control, store
from tenants.sandbox.models import Event
from tests.factories import NOW, at
from tests.microsoft365.organisation import Microsoft365

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MONDAY = at("2026-11-23 00:00")
HALF_HOURS = st.integers(0, 14 * 48)
SHOWN = st.sampled_from(["free", "tentative", "busy", "oof", "workingElsewhere"])
PRIVACY = st.sampled_from(["normal", "private"])
PATTERNS = st.sampled_from(
    [
        {"type": "daily", "interval": 1},
        {"type": "daily", "interval": 3},
        {"type": "weekly", "interval": 1, "daysOfWeek": ["monday", "thursday"]},
    ]
)
#: Which of the events or occurrences there are by then; taken modulo their number.
WHICH = st.integers(0, 50)
CREATION = st.one_of(
    st.tuples(st.just("create"), HALF_HOURS, SHOWN, PRIVACY),
    st.tuples(st.just("all_day"), st.integers(0, 13), SHOWN, PRIVACY),
    st.tuples(st.just("series"), HALF_HOURS, SHOWN, PATTERNS, st.integers(1, 6)),
)
CHANGE = st.one_of(
    st.tuples(st.just("move"), WHICH, HALF_HOURS),
    st.tuples(st.just("show"), WHICH, SHOWN),
    st.tuples(st.just("delete"), WHICH),
    st.tuples(st.just("move_occurrence"), WHICH, WHICH, st.integers(1, 8)),
    st.tuples(st.just("delete_occurrence"), WHICH, WHICH),
)
LOSS = st.just(("lose_state",))
#: Rounds of what happens between two reads; the first one fills the calendar.
ROUNDS = st.tuples(
    st.lists(CREATION, min_size=2, max_size=5),
    st.lists(st.one_of(CHANGE, CHANGE, CREATION), min_size=1, max_size=4),
    st.lists(st.one_of(CHANGE, CHANGE, CREATION, LOSS), min_size=1, max_size=4),
)


class Outlook:
    """People at work in one calendar of the sandbox."""

    def __init__(self, microsoft365: Microsoft365, mailbox: Mailbox) -> None:
        self.microsoft365, self.mailbox, self.count = microsoft365, mailbox, 0

    def act(self, name: str, *arguments: Any) -> None:
        getattr(self, name)(*arguments)

    def _put(self, start: Any, minutes: int = 30, **more: Any) -> None:
        self.count += 1
        self.microsoft365.put(self.mailbox, f"Event {self.count}", start, minutes, **more)

    def create(self, slot: int, show_as: str, sensitivity: str) -> None:
        self._put(MONDAY + timedelta(minutes=30 * slot), show_as=show_as, sensitivity=sensitivity)

    def all_day(self, day: int, show_as: str, sensitivity: str) -> None:
        start = MONDAY + timedelta(days=day)
        self._put(start, 24 * 60, is_all_day=True, show_as=show_as, sensitivity=sensitivity)

    def series(self, slot: int, show_as: str, pattern: dict[str, Any], times: int) -> None:
        start = MONDAY + timedelta(minutes=30 * slot)
        until = {"type": "numbered", "startDate": f"{start:%Y-%m-%d}", "numberOfOccurrences": times}
        self._put(start, show_as=show_as, recurrence={"pattern": pattern, "range": until})

    def _whole(self, which: int, **filters: Any) -> Event | None:
        rows = Event.objects.filter(master=None, **filters).select_related("mailbox").order_by("pk")
        return rows[which % len(rows)] if rows else None

    def move(self, which: int, slot: int) -> None:
        event = self._whole(which, recurrence=None, is_all_day=False)
        if event is not None:
            start = MONDAY + timedelta(minutes=30 * slot)
            self.microsoft365.change(event, mapping.times(start, start + timedelta(minutes=45)))

    def show(self, which: int, show_as: str) -> None:
        event = self._whole(which)
        if event is not None:
            self.microsoft365.change(event, {"showAs": show_as})

    def delete(self, which: int) -> None:
        event = self._whole(which)
        if event is not None:
            self.microsoft365.remove(event)

    def _occurrence(self, which: int, number: int) -> Event | None:
        master = self._whole(which, recurrence__isnull=False)
        if master is None:
            return None
        days = [MONDAY.date() + timedelta(days=day) for day in range(60)]
        found = [one for day in days if (one := store.occurrence_of(master, day)) is not None]
        return found[number % len(found)] if found else None

    def move_occurrence(self, which: int, number: int, minutes: int) -> None:
        one = self._occurrence(which, number)
        if one is not None:
            later = timedelta(minutes=minutes)
            if (one.start_at + later).date() == one.start_at.date():
                self.microsoft365.change(one, mapping.times(one.start_at + later, one.end_at + later))

    def delete_occurrence(self, which: int, number: int) -> None:
        one = self._occurrence(which, number)
        if one is not None:
            self.microsoft365.remove(one)

    def lose_state(self) -> None:
        control.lose_sync_state(self.mailbox.address)

    def view(self) -> set[tuple[Any, ...]]:
        """What a calendar view of the window shows of what can block."""
        read = BusyRead.objects.get(mailbox=self.mailbox)
        window = {"startDateTime": read.window_starts_at.isoformat(), "endDateTime": read.window_ends_at.isoformat()}
        client = http.client_for(self.microsoft365.tenant)
        items = client.pages(f"/users/{self.mailbox.graph_id}/calendarView", params={**window, "$top": "500"})
        events = [mapping.read(item, ZoneInfo(self.mailbox.time_zone)) for item in items]
        return {(e.id, e.title, e.starts_at, e.ends_at, e.show_as, e.is_private) for e in events if e.can_block}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rounds=ROUNDS)
def test_the_copy_equals_a_calendar_view(microsoft365: Microsoft365, rounds: tuple[list[tuple[Any, ...]], ...]) -> None:
    control.reset()
    Mailbox.objects.all().delete()
    mailbox = microsoft365.mailbox("bea@contoso.com", "Bea Berger")
    outlook = Outlook(microsoft365, mailbox)
    for operations in rounds:
        for name, *arguments in operations:
            outlook.act(name, *arguments)
        microsoft365.pull(mailbox, NOW)
        rows = BusyPeriod.objects.filter(mailbox=mailbox)
        copy = set(rows.values_list("event_id", "title", "starts_at", "ends_at", "show_as", "is_private"))
        assert copy == outlook.view()
