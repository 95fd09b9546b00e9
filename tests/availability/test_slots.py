from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from bookings.availability import slots
from bookings.availability.rules import Host, InvalidRules, Rules, Slot
from tenants.scheduling.intervals import merge
from tenants.scheduling.local_days import repeated_time
from tenants.scheduling.weekly_hours import WeeklyHours, expand
from tests.availability import oracle
from tests.availability.oracle import DAY, HOUR, MINUTE, local, wall

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 6, 1)


def offered_times(
    rules: Rules, *, hours: dict[str, list[list[str]]], busy: tuple[tuple[str, str], ...] = ()
) -> list[str]:
    opened = expand(WeeklyHours.parse(hours), {}, BERLIN, MONDAY, date(2026, 6, 3))
    taken = [(local(f"2026-06-01 {start}", BERLIN), local(f"2026-06-01 {end}", BERLIN)) for start, end in busy]
    start = local("2026-06-01 00:00", BERLIN)
    host = Host(id="a", open=opened, busy=taken)
    found = slots.slots(rules, [host], window_start=start, window_end=start + 2 * DAY, now=start - DAY)
    return [wall(slot.start, BERLIN).strftime("%H:%M") for slot in found]


def minutes(duration: int, interval: int, **other: int) -> Rules:
    lengths = {name: value * MINUTE for name, value in other.items()}
    return Rules(duration=duration * MINUTE, interval=interval * MINUTE, **lengths)


@pytest.mark.row("S0.1", "S1.36")
@settings(max_examples=150, deadline=None)
@given(oracle.scenes(), oracle.rules)
def test_slots_are_exactly_the_minutes_that_trying_every_minute_finds(scene, rules):
    host, _, begin, end = scene
    now = begin + 3 * HOUR
    found = slots.slots(rules, [host], window_start=begin, window_end=end, now=now)
    tried = [start for start in range(begin, end, 5 * MINUTE) if oracle.offers(rules, host, start, now)]
    assert [slot.start for slot in found] == tried
    assert all(slot == Slot(slot.start, slot.start + rules.duration, ("host",)) for slot in found)


@settings(max_examples=60, deadline=None)
@given(oracle.scenes(), oracle.rules)
def test_a_single_instant_is_offered_exactly_when_it_is_among_the_slots(scene, rules):
    host, _, begin, end = scene
    starts = {slot.start for slot in slots.slots(rules, [host], window_start=begin, window_end=end, now=begin)}
    for start in range(begin, end, 5 * MINUTE):
        assert slots.offered(rules, host, start, begin) == (start in starts)


@settings(max_examples=60, deadline=None)
@given(oracle.scenes(), oracle.scenes(), oracle.rules)
def test_several_hosts_together_offer_what_each_offers_alone(one, other, rules):
    begin = one[2]
    moved = [(start + begin - other[2], end + begin - other[2]) for start, end in other[0].open]
    hosts = [one[0], Host(id="other", open=moved, busy=one[0].busy), Host(id="closed", open=())]
    together = slots.slots(rules, hosts, window_start=begin, window_end=begin + 3 * DAY, now=begin)
    expected: dict[int, tuple[str, ...]] = {}
    for host in hosts:
        for slot in slots.slots(rules, [host], window_start=begin, window_end=begin + 3 * DAY, now=begin):
            expected[slot.start] = (*expected.get(slot.start, ()), host.id)
    assert {slot.start: slot.host_ids for slot in together} == expected
    assert [slot.start for slot in together] == sorted(expected)


@settings(max_examples=150, deadline=None)
@given(oracle.scenes(), oracle.rules)
def test_days_and_texts_are_what_the_visitors_clock_shows(scene, rules):
    host, visitor, begin, end = scene
    found = slots.slots(rules, [host], window_start=begin, window_end=end, now=begin)
    first, last = date.fromordinal(wall(begin, visitor).toordinal() - 1), wall(end, visitor).date()
    grouped = slots.days(found, visitor, first, last)
    assert sorted(slot for _, own in grouped for slot in own) == found
    assert all(wall(slot.start, visitor).date() == day for day, own in grouped for slot in own)
    assert slots.text_days(found, visitor, first, last) == [
        (day, [(wall(s.start, visitor).isoformat(), wall(s.end, visitor).isoformat(), s.host_ids, 1) for s in own])
        for day, own in grouped
    ]


@pytest.mark.parametrize(
    ("hours", "interval", "busy", "times"),
    [
        ({"mon": [["09:00", "12:00"]]}, 60, (), "09:00 10:00 11:00"),
        ({"mon": [["09:00", "12:00"]]}, 60, (("09:10", "09:20"),), "10:00 11:00"),
        ({"mon": [["09:00", "12:00"]]}, 30, (("10:30", "11:00"),), "09:00 09:30 11:00"),
        ({"mon": [["09:00", "10:30"], ["10:30", "12:00"]]}, 60, (), "09:00 10:00 10:30"),
        ({"mon": [["22:15", "24:00"]], "tue": [["00:00", "02:00"]]}, 60, (), "22:15 23:15 00:00 01:00"),
    ],
)
def test_the_table_of_grids_in_the_module_holds(hours, interval, busy, times):
    assert offered_times(minutes(60, interval), hours=hours, busy=busy) == times.split()


def test_a_busy_period_that_reaches_into_the_next_open_piece_takes_its_starts_too():
    hours = {"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}
    assert offered_times(minutes(60, 60), hours=hours, busy=(("11:00", "14:30"),)) == [
        "09:00",
        "10:00",
        "15:00",
        "16:00",
    ]


def test_buffers_reach_to_both_sides_and_may_lie_outside_working_hours():
    rules = minutes(30, 30, buffer_before=10, buffer_after=20)
    times = offered_times(rules, hours={"mon": [["09:00", "12:00"]]}, busy=(("10:00", "10:30"),))
    assert times == ["09:00", "11:00", "11:30"]


def test_what_ends_when_the_buffer_begins_is_free():
    rules = minutes(30, 30, buffer_before=30, buffer_after=30)
    times = offered_times(rules, hours={"mon": [["09:00", "12:00"]]}, busy=(("10:00", "10:30"),))
    assert times == ["09:00", "11:00", "11:30"]


def test_the_edges_of_lead_time_and_horizon_are_offered():
    now = local("2026-06-01 09:00", BERLIN)
    host = Host(id="a", open=[(now, now + 8 * HOUR)])
    rules = minutes(60, 60, minimum_lead=120, maximum_advance=240)
    found = slots.slots(rules, [host], window_start=now, window_end=now + DAY, now=now)
    assert [(slot.start - now) // HOUR for slot in found] == [2, 3, 4]


def test_the_hour_that_comes_twice_is_offered_once():
    day = date(2026, 10, 25)
    opened = expand(WeeklyHours.parse({"sun": [["01:00", "04:00"]]}), {}, BERLIN, day, day)
    host = Host(id="a", open=opened, repeated=repeated_time(BERLIN, day, day))
    start = local("2026-10-25 00:00", BERLIN)
    found = slots.slots(minutes(30, 30), [host], window_start=start, window_end=start + DAY, now=start)
    assert [wall(slot.start, BERLIN).strftime("%H:%M") for slot in found] == [
        "01:00", "01:30", "02:00", "02:30", "03:00", "03:30",
    ]  # fmt: skip
    assert slots.iso(found[3].start, BERLIN) == "2026-10-25T02:30:00+02:00"


@settings(max_examples=30, deadline=None)
@given(oracle.scenes(), oracle.rules)
def test_what_is_busy_far_outside_the_window_changes_nothing(scene, rules):
    host, _, begin, end = scene
    far = [(begin + shift * DAY, begin + shift * DAY + HOUR) for shift in (*range(-400, -30), *range(30, 400))]
    crowded = Host(id=host.id, open=host.open, busy=merge([*host.busy, *far]), repeated=host.repeated)
    window = {"window_start": begin, "window_end": end, "now": begin}
    assert slots.slots(rules, [crowded], **window) == slots.slots(rules, [host], **window)


def test_every_date_is_listed_even_when_nothing_is_offered():
    assert slots.days([], BERLIN, MONDAY, date(2026, 6, 3)) == [(date(2026, 6, day), []) for day in (1, 2, 3)]


def test_without_hosts_nothing_is_offered():
    assert slots.slots(minutes(30, 30), [], window_start=0, window_end=DAY, now=0) == []


@pytest.mark.parametrize("wrong", [{"duration": 0}, {"interval": 0}, {"buffer_after": -1}, {"minimum_lead": -60}])
def test_rules_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InvalidRules):
        Rules(**{"duration": HOUR, "interval": HOUR, **wrong})
