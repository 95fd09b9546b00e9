from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.availability.assign import NobodyToAssign, choose, what_if


def test_the_least_loaded_host_is_chosen():
    chosen, reason = choose(["a", "b", "c"], {"a": (3, 100), "b": (1, 900), "c": (2, 50)})
    assert chosen == "b"
    assert reason == "Has 1 recent booking; the others who were free have 2 or more."


def test_equals_take_turns_the_one_assigned_longest_ago_first():
    chosen, reason = choose(["a", "b"], {"a": (2, 900), "b": (2, 100)})
    assert chosen == "b"
    assert reason == "Has 2 recent bookings, as have others who were free. Got the last one longest ago."


@pytest.mark.parametrize("never", [(0, None), (0, 0)])
def test_whoever_was_never_assigned_comes_first_among_equals(never):
    chosen, reason = choose(["a", "b"], {"a": (0, 100), "b": never})
    assert chosen == "b"
    assert reason == "Has 0 recent bookings, as have others who were free. Never got one before."


def test_where_nothing_tells_hosts_apart_the_order_of_ids_decides():
    chosen, reason = choose(["b", "a"], {})
    assert chosen == "a"
    assert reason == (
        "Has 0 recent bookings, as have others who were free. "
        "Nothing else tells them apart, so the order of their ids decides."
    )


def test_a_single_host_is_chosen_whatever_the_load():
    assert choose(["a"], {"a": (99, 5)}) == ("a", "Nobody else was free at this time.")


def test_load_of_hosts_who_are_not_free_does_not_matter():
    assert choose(["b"], {"a": (0, None), "b": (7, 1)})[0] == "b"


def test_without_hosts_there_is_nobody_to_assign():
    with pytest.raises(NobodyToAssign):
        choose([], {})


def test_assigning_over_and_over_shares_the_work_evenly():
    load: dict[str, tuple[int, int | None]] = {}
    for instant in range(1, 31):
        chosen, _ = choose(["a", "b", "c"], load)
        load[chosen] = (load.get(chosen, (0, None))[0] + 1, instant)
    assert {count for count, _ in load.values()} == {10}


weights = st.lists(st.integers(1, 100), min_size=1, max_size=10)


@given(weights=weights, bookings=st.integers(1, 200))
def test_everybody_has_their_share_rounded_up_or_down_at_every_moment(weights: list[int], bookings: int):
    by_id = {f"{number:02}": weight for number, weight in enumerate(weights)}
    got = Counter(dict.fromkeys(by_id, 0))
    for number, chosen in enumerate(what_if(list(by_id), {}, by_id, bookings=bookings), start=1):
        got[chosen] += 1
        for host_id, weight in by_id.items():
            assert abs(got[host_id] * sum(weights) - weight * number) < sum(weights)


@given(people=st.integers(1, 10), bookings=st.integers(1, 200))
def test_equals_are_never_more_than_one_booking_apart(people: int, bookings: int):
    ids = [str(number) for number in range(people)]
    got = Counter(dict.fromkeys(ids, 0))
    for chosen in what_if(ids, {}, bookings=bookings):
        got[chosen] += 1
        assert max(got.values()) - min(got.values()) <= 1


def test_a_heavier_weight_takes_more_and_the_reason_says_so():
    weights = {"a": 3, "b": 1}
    assert what_if(["a", "b"], {}, weights, bookings=8) == ["a", "a", "b", "a", "a", "a", "b", "a"]
    _, reason = choose(["a", "b"], {"a": (1, 5), "b": (1, 9)}, weights)
    assert reason == (
        "Has 1 of 2 recent bookings, with a weight of 3 in 4. The next in line has 1, with a weight of 1."
    )
    _, reason = choose(["a", "b"], {"a": (2, 5), "b": (0, None)}, weights)
    assert reason == (
        "Has 0 of 2 recent bookings, with a weight of 1 in 4. The next in line is as far from the share. "
        "Never got one before."
    )


def test_who_was_away_is_next_until_the_share_is_made_up_for():
    assert what_if(["a", "b"], {"a": (5, 100), "b": (2, 50)}, bookings=5) == ["b", "b", "b", "a", "b"]


def test_without_anybody_nothing_would_happen():
    assert what_if([], {}, bookings=3) == []
