from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.availability import caps, slots
from bookings.availability.caps import Caps
from bookings.availability.explain import LabelledHost, explain
from bookings.availability.rules import Host, InvalidRules, Rules
from bookings.availability.wording import LabelledBusy
from tests.availability import oracle
from tests.availability.oracle import DAY, HOUR, MINUTE

ZURICH = ZoneInfo("Europe/Zurich")
LIMITS = st.none() | st.integers(1, 3)


@pytest.mark.row("S1.36", "S0.1")
@settings(max_examples=80, deadline=None)
@given(oracle.teams())
def test_shared_times_and_their_seats_are_what_trying_every_minute_finds(team):
    hosts, rules, begin, end = team
    now = begin + 3 * HOUR
    found = slots.slots(rules, hosts, window_start=begin, window_end=end, now=now)
    tried = {}
    for start in range(begin, end, 5 * MINUTE):
        ids = tuple(host.id for host in hosts if oracle.offers(rules, host, start, now))
        if ids:
            tried[start] = (ids, oracle.seats(rules, hosts, start, now) if rules.seats > 1 else 1)
    assert {slot.start: (slot.host_ids, slot.seats_left) for slot in found} == tried
    assert [slot.start for slot in found] == sorted(tried)


@settings(max_examples=50, deadline=None)
@given(oracle.teams())
def test_where_everybody_is_needed_a_time_is_offered_when_each_of_them_offers_it(team):
    hosts, rules, begin, end = team
    rules = replace(rules, seats=1, collective=True)
    hosts = [replace(host, sessions=()) for host in hosts]
    found = slots.slots(rules, hosts, window_start=begin, window_end=end, now=begin)
    tried = [
        start
        for start in range(begin, end, 5 * MINUTE)
        if all(oracle.offers(rules, host, start, begin) for host in hosts)
    ]
    assert [slot.start for slot in found] == tried
    assert all(slot.host_ids == tuple(host.id for host in hosts) and slot.seats_left == 1 for slot in found)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(oracle.NIGHTS),
    st.builds(Caps, day=LIMITS, week=LIMITS, month=LIMITS).filter(bool),
    st.lists(st.integers(0, 24 * 35), max_size=9),
    st.integers(1, 12),
)
def test_full_is_where_the_calendar_on_the_wall_counts_enough_bookings(night, limits, hours, length):
    zone, begin = ZoneInfo(night[0]), int(datetime(night[1].year, night[1].month, night[1].day, tzinfo=UTC).timestamp())
    starts = sorted(begin - 14 * DAY + hour * HOUR for hour in hours)
    window = (begin - DAY, begin - DAY + length * DAY)
    first, last = caps.reach(limits, zone, *window)
    known = [start for start in starts if first <= start < last]
    full = caps.merged(caps.full(limits, zone, *window, known))
    for instant in range(*window, 30 * MINUTE):
        assert oracle.holds(full, instant) == oracle.reached(limits, starts, instant, zone)


def test_a_day_of_twenty_five_hours_is_one_day():
    night = date(2026, 10, 25)
    first = int(datetime(night.year, night.month, night.day, tzinfo=ZURICH).timestamp())
    last_hour = first + 24 * HOUR + 30 * MINUTE
    (full,) = caps.full(Caps(day=2), ZURICH, first, first + 25 * HOUR, [first, last_hour])
    assert (full.end - full.start, full.span, full.most) == (25 * HOUR, "day", 2)


@settings(max_examples=50, deadline=None)
@given(oracle.teams(), st.booleans(), st.lists(st.booleans(), min_size=3, max_size=3))
def test_explanation_and_offer_agree_with_every_rule_there_is(team, collective, stale):
    hosts, rules, begin, end = team
    rules = replace(rules, collective=collective and rules.seats == 1)
    now, labelled = begin + 4 * HOUR, []
    for host, is_stale in zip(hosts, stale, strict=False):
        periods = [LabelledBusy(*period, "x", "session") for period in host.busy]
        labelled.append(
            LabelledHost(
                host_id=host.id, name=host.id, zone=ZURICH, opened=host.open, periods=periods, repeated=host.repeated,
                sessions=host.sessions, is_stale=is_stale,
            )
        )  # fmt: skip
    bare = [Host(id=host.host_id, open=()) if host.is_stale else host.bare for host in labelled]
    offered = {slot.start for slot in slots.slots(rules, bare, window_start=begin, window_end=end, now=now)}
    codes: Counter[str] = Counter()
    for start in range(begin, end, 25 * MINUTE):
        explanation = explain(rules, labelled, start, now, ZURICH)
        found = {reason.code for reason in explanation.reasons}
        assert explanation.offered == (start in offered) == ("offered" in found)
        assert found
        codes.update(found)
    assert codes["calendarStale"] == (len(range(begin, end, 25 * MINUTE)) if any(stale[: len(hosts)]) else 0)


def _person(name: str, *periods: LabelledBusy, **more: object) -> LabelledHost:
    opened = [(8 * HOUR, 17 * HOUR)]
    return LabelledHost(host_id=name, name=name, zone=ZoneInfo("UTC"), opened=opened, periods=periods, **more)


def _why(rules: Rules, hosts: list[LabelledHost], start: int, **more: object) -> list[tuple[str, str]]:
    explanation = explain(rules, hosts, start, 0, ZoneInfo("UTC"), **more)
    return [(reason.code, reason.text) for reason in explanation.reasons]


PLAIN = Rules(duration=HOUR, interval=HOUR)


def test_a_full_day_is_told_with_its_number():
    limits = [caps.Full(0, DAY, "day", 3), caps.Full(0, 7 * DAY, "week", 1)]
    assert _why(replace(PLAIN, full=caps.merged(limits)), [_person("Ada")], 9 * HOUR, limits=limits) == [
        ("limitReached", "09:00 is not offered: this day has 3 bookings, the most it may have."),
        ("limitReached", "09:00 is not offered: this week has 1 booking, the most it may have."),
    ]


def test_an_old_calendar_is_told_with_its_age():
    (read, never) = (_person("Ada", is_stale=True, read_at=-3 * HOUR), _person("Bo", is_stale=True))
    assert _why(PLAIN, [read], 9 * HOUR) == [
        ("calendarStale", "09:00 is not offered: the times from Outlook, read 3 h ago, are too old to rely on.")
    ]
    assert "was never read" in _why(PLAIN, [never], 9 * HOUR)[0][1]


def test_a_public_holiday_is_told_with_its_name():
    host = _person("Ada", holidays={date(1970, 1, 2): "Berchtold"})
    assert _why(PLAIN, [host], DAY + 9 * HOUR) == [
        ("holiday", "09:00 is not offered: it is a public holiday, “Berchtold”.")
    ]


def test_a_full_session_and_a_running_one_are_told_apart():
    shared = replace(PLAIN, seats=5)
    full = LabelledBusy(9 * HOUR, 10 * HOUR, "Yoga, 5 of 5 seats taken", "fullSession")
    assert _why(shared, [_person("Ada", full)], 9 * HOUR) == [
        ("sessionFull", "09:00 is not offered: all seats are taken.")
    ]
    running = _person("Ada", full._replace(source="session"), sessions=((9 * HOUR, 2),))
    assert _why(shared, [running], 9 * HOUR) == [("offered", "09:00 is offered.")]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("hold", "it overlaps a kept time (09:00-10:00), kept for somebody who is booking it now"),
        ("timeOffer", "it overlaps a kept time (09:00-10:00), offered to somebody on the waiting list"),
        ("pending", "it overlaps another request (09:00-10:00), a request here that waits for approval"),
        ("session", "it overlaps a shared time (09:00-10:00), a shared time here"),
    ],
)
def test_what_keeps_a_time_for_others_is_named(source, sentence):
    host = _person("Ada", LabelledBusy(9 * HOUR, 10 * HOUR, "", source))
    assert _why(PLAIN, [host], 9 * HOUR) == [("busyBooking", f"09:00 is not offered: {sentence}.")]


def test_a_busy_colleague_is_named_where_everybody_is_needed():
    together = replace(PLAIN, collective=True)
    busy = _person("Bo", LabelledBusy(9 * HOUR, 10 * HOUR, "Standup", "outlook"))
    reasons = dict(_why(together, [_person("Ada"), busy], 9 * HOUR))
    assert reasons["colleagueBusy"] == "09:00 is not offered with Ada: everybody is needed, and Bo cannot."
    assert _why(together, [_person("Ada"), _person("Bo")], 9 * HOUR) == [
        ("offered", "09:00 is offered with Ada and Bo.")
    ]


@pytest.mark.parametrize("wrong", [{"seats": 0}, {"seats": 2, "collective": True}])
def test_seats_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InvalidRules):
        Rules(duration=HOUR, interval=HOUR, **wrong)


def test_a_session_out_of_the_window_is_not_offered():
    host = Host(id="a", open=[], sessions=((DAY, 2), (3 * DAY, 2)))
    rules = Rules(duration=HOUR, interval=HOUR, seats=4)
    window = {"window_start": 0, "window_end": 2 * DAY}
    assert [slot.start for slot in slots.slots(rules, [host], now=0, **window)] == [DAY]
    assert slots.slots(rules, [host], now=DAY + 1, **window) == []
    assert timedelta(seconds=slots.slots(rules, [host], now=0, **window)[0].end) == timedelta(days=1, hours=1)
