import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.scheduling import intervals

edges = st.integers(0, 60)
lists = st.lists(st.tuples(edges, edges), max_size=8)


def seconds(periods: intervals.Intervals) -> set[int]:
    return {second for start, end in periods for second in range(start, end)}


def is_normal(periods: intervals.Intervals) -> bool:
    return all(start < end for start, end in periods) and all(
        earlier[1] <= later[0] for earlier, later in itertools.pairwise(periods)
    )


@given(lists)
def test_merging_keeps_every_second_and_leaves_gaps_between_periods(periods):
    merged = intervals.merge(periods)
    assert seconds(merged) == seconds(periods)
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(merged))


@given(lists.map(intervals.merge), lists.map(intervals.merge))
def test_cutting_and_intersecting_agree_with_sets_of_seconds(first, second):
    left, common = intervals.subtract(first, second), intervals.intersect(first, second)
    assert is_normal(left) and is_normal(common)
    assert seconds(left) == seconds(first) - seconds(second)
    assert seconds(common) == seconds(first) & seconds(second)


@given(lists.map(intervals.merge), edges, edges)
def test_bisection_finds_what_a_search_through_everything_finds(periods, start, end):
    expected = [period for period in periods if period[0] < end and period[1] > start and start < end]
    assert list(intervals.overlapping(periods, start, end)) == expected
    assert intervals.first_overlap(periods, start, end) == (expected[0] if expected else None)
    assert seconds(intervals.clip(periods, start, end)) == seconds(periods) & set(range(start, end))
    assert intervals.covering(periods, start) == next((p for p in periods if p[0] <= start < p[1]), None)


@pytest.mark.parametrize(
    ("first", "second", "merged", "left", "common"),
    [
        ((0, 10), (10, 20), [(0, 20)], [(0, 10)], []),
        ((0, 10), (5, 20), [(0, 20)], [(0, 5)], [(5, 10)]),
        ((0, 30), (10, 20), [(0, 30)], [(0, 10), (20, 30)], [(10, 20)]),
        ((0, 10), (20, 30), [(0, 10), (20, 30)], [(0, 10)], []),
    ],
)
def test_the_table_in_the_module_holds(first, second, merged, left, common):
    assert intervals.merge([first, second]) == merged
    assert intervals.subtract([first], [second]) == left
    assert intervals.intersect([first], [second]) == common


def test_touching_periods_stay_apart_except_when_merged():
    morning_and_afternoon = [(9, 12), (12, 17)]
    assert intervals.clip(morning_and_afternoon, 10, 16) == [(10, 12), (12, 16)]
    assert intervals.subtract(morning_and_afternoon, [(13, 14)]) == [(9, 12), (12, 13), (14, 17)]
    assert intervals.intersect(morning_and_afternoon, [(0, 24)]) == morning_and_afternoon
    assert intervals.merge(morning_and_afternoon) == [(9, 17)]
