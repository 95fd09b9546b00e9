from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.availability import slots
from bookings.availability.explain import LabelledHost, explain
from bookings.availability.rules import Rules
from bookings.availability.wording import LabelledBusy
from tenants.scheduling.local_days import repeated_time
from tenants.scheduling.weekly_hours import WeeklyHours, expand
from tests.availability import oracle
from tests.availability.oracle import DAY, HOUR, MINUTE, local

BERLIN = ZoneInfo("Europe/Berlin")
NOW = local("2026-06-01 07:00", BERLIN)
RULES = Rules(
    duration=30 * MINUTE, interval=30 * MINUTE, buffer_before=10 * MINUTE, buffer_after=5 * MINUTE, minimum_lead=HOUR,
    maximum_advance=10 * DAY,
)  # fmt: skip


def at(clock: str, day: str = "2026-06-01") -> int:
    return local(f"{day} {clock}", BERLIN)


def event(start: str, end: str, label: str = "Standup", **other: object) -> LabelledBusy:
    values = {"source": "outlook", "read_at": NOW - 3 * MINUTE, **other}
    return LabelledBusy(at(start), at(end), label, **values)


def person(*periods: LabelledBusy, name: str = "Ada", overrides: dict[date, tuple] | None = None) -> LabelledHost:
    first, last = date(2026, 6, 1), date(2026, 11, 30)
    hours = WeeklyHours.parse({day: [["09:00", "12:30"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed")})
    special = overrides or {}
    return LabelledHost(
        host_id=name.lower(), name=name, zone=BERLIN, periods=periods, overrides=special,
        opened=expand(hours, special, BERLIN, first, last), repeated=repeated_time(BERLIN, first, last),
    )  # fmt: skip


def why(start: int, *periods: LabelledBusy, **other: object) -> list[tuple[str, str]]:
    explanation = explain(RULES, [person(*periods, **other)], start, NOW, BERLIN)
    return [(reason.code, reason.text) for reason in explanation.reasons]


def test_a_time_on_offer_says_so():
    assert why(at("10:00")) == [("offered", "10:00 is offered.")]


def test_the_buffer_after_an_event_of_outlook_is_named_with_its_age():
    assert why(at("11:00"), event("10:30", "11:00")) == [
        (
            "bufferConflict",
            "11:00 is not offered: it is within the 10-minute buffer after “Standup”, from Outlook, read 3 min ago.",
        )
    ]


def test_the_buffer_before_another_booking_counts_both_buffers():
    booking = LabelledBusy(at("10:25"), at("11:30"), "", "booking", core=(at("10:30"), at("11:30")))
    assert why(at("10:00"), booking) == [
        (
            "bufferConflict",
            "10:00 is not offered: it is within the 10-minute buffer before another booking, a booking here.",
        )
    ]


@pytest.mark.parametrize(
    ("period", "code", "text"),
    [
        (
            event("10:15", "11:00"),
            "busyOutlook",
            "10:00 is not offered: it overlaps “Standup” (10:15-11:00), from Outlook, read 3 min ago.",
        ),
        (
            event("10:15", "11:00", label="", read_at=NOW - 20),
            "busyOutlook",
            "10:00 is not offered: it overlaps an event (10:15-11:00), from Outlook, read just now.",
        ),
        (
            event("10:15", "11:00", source="booking", read_at=None),
            "busyBooking",
            "10:00 is not offered: it overlaps “Standup” (10:15-11:00), a booking here.",
        ),
        (
            event("09:00", "17:00", label="Holiday", source="timeOff", read_at=None),
            "timeOff",
            "10:00 is not offered: it is within time off “Holiday”, until 17:00 on 1 June 2026.",
        ),
    ],
)
def test_what_the_meeting_would_overlap_is_named_with_its_origin(period, code, text):
    assert why(at("10:00"), period) == [(code, text)]


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (None, "from Outlook."),
        (90 * MINUTE, "read 90 min ago."),
        (5 * HOUR, "read 5 h ago."),
        (3 * DAY, "read 3 days ago."),
    ],
)
def test_the_age_of_what_outlook_said_is_told_in_fitting_units(age, text):
    read_at = None if age is None else NOW - age
    assert why(at("10:00"), event("10:00", "10:30", read_at=read_at))[0][1].endswith(text)


@pytest.mark.parametrize(
    ("start", "code", "text"),
    [
        (at("06:00"), "tooSoon", "it is in the past."),
        (
            at("09:00", "2026-06-29"),
            "tooFar",
            "it is more than 10 days ahead; the last time to book is 11 June 2026, 07:00.",
        ),
        (at("18:00"), "outsideHours", "the working hours of this day are 09:00-12:30 and 13:00-17:00."),
        (at("10:00", "2026-06-04"), "closed", "there are no working hours on Thursdays."),
        (at("10:10"), "notOnGrid", "meetings start every 30 minutes from 09:00 on; nearest are 10:00 and 10:30."),
        (at("16:45"), "doesNotFit", "30 minutes do not fit before working hours end at 17:00."),
    ],
)
def test_each_rule_has_its_code_and_its_sentence(start, code, text):
    found = dict(why(start))
    assert found[code].split(": ", 1)[1] == text


def test_the_lead_time_is_told():
    rules = Rules(duration=HOUR, interval=HOUR, minimum_lead=4 * HOUR)
    (reason,) = explain(rules, [person()], at("10:00"), NOW, BERLIN).reasons
    assert reason.text == "10:00 is not offered: it is less than 4 hours ahead, the shortest notice."


def test_hours_of_a_single_date_are_told_apart_from_weekly_hours():
    day = date(2026, 6, 2)
    start = at("10:00", "2026-06-02")
    assert why(start, overrides={day: ()}) == [
        ("dateOverride", "10:00 is not offered: this date is closed, which has hours of its own.")
    ]
    assert why(start, overrides={day: ((13 * HOUR, 15 * HOUR),)}) == [
        ("dateOverride", "10:00 is not offered: only 13:00-15:00 is open on this date, which has hours of its own.")
    ]


def test_the_second_pass_of_an_hour_that_comes_twice_is_explained():
    night = date(2026, 10, 25)
    host = person(overrides={night: ((0, 5 * HOUR),)})
    second = at("02:30", "2026-10-25") + HOUR
    rules = Rules(duration=30 * MINUTE, interval=30 * MINUTE)
    (reason,) = explain(rules, [host], second, NOW, BERLIN).reasons
    assert reason.code == "repeatedHour"
    assert reason.text.endswith("the clocks are put back and this time comes twice; only the first one is offered.")


def test_without_staff_nothing_is_offered():
    explanation = explain(RULES, [], at("10:00"), NOW, BERLIN)
    assert not explanation.offered
    assert [reason.code for reason in explanation.reasons] == ["noStaff"]


def test_with_several_hosts_each_reason_names_its_host():
    hosts = [person(event("10:00", "10:30")), person(name="Bo")]
    explanation = explain(RULES, hosts, at("10:00"), NOW, BERLIN)
    assert explanation.offered
    assert [(reason.code, reason.host_id) for reason in explanation.reasons] == [
        ("offered", "bo"),
        ("busyOutlook", "ada"),
    ]
    assert explanation.reasons[0].text == "10:00 is offered with Bo."
    assert explanation.reasons[1].text.startswith("10:00 is not offered with Ada: it overlaps “Standup”")


sources = st.sampled_from(["outlook", "booking", "timeOff"])


@pytest.mark.row("S1.36")
@settings(max_examples=60, deadline=None)
@given(oracle.scenes(), oracle.rules, st.lists(sources, min_size=10, max_size=10))
def test_explanation_and_offer_always_agree_and_a_refusal_has_a_reason(scene, rules, kinds):
    host, zone, begin, end = scene
    now = begin + 5 * HOUR
    periods = [LabelledBusy(*period, "x", kind) for period, kind in zip(host.busy, kinds, strict=False)]
    labelled = LabelledHost(
        host_id=host.id, name="Ada", zone=zone, opened=host.open, periods=periods, repeated=host.repeated
    )
    for start in range(begin, end, 25 * MINUTE):
        explanation = explain(rules, [labelled], start, now, zone)
        codes = {reason.code for reason in explanation.reasons}
        assert explanation.offered == slots.offered(rules, host, start, now)
        assert explanation.offered == (codes == {"offered"})
        assert codes
