import pytest

from bookings.availability.assign import NobodyToAssign, choose


def test_the_least_loaded_host_is_chosen():
    chosen, reason = choose(["a", "b", "c"], {"a": (3, 100), "b": (1, 900), "c": (2, 50)})
    assert chosen == "b"
    assert reason == "Has 1 recent booking, fewer than the others who were free, who have 2 or more."


def test_equals_take_turns_the_one_assigned_longest_ago_first():
    chosen, reason = choose(["a", "b"], {"a": (2, 900), "b": (2, 100)})
    assert chosen == "b"
    assert reason == "Has 2 recent bookings, as have others who were free, and was assigned longest ago."


@pytest.mark.parametrize("never", [(0, None), (0, 0)])
def test_whoever_was_never_assigned_comes_first_among_equals(never):
    chosen, reason = choose(["a", "b"], {"a": (0, 100), "b": never})
    assert chosen == "b"
    assert reason == "Has 0 recent bookings, as have others who were free, and has never been assigned before."


def test_where_nothing_tells_hosts_apart_the_order_of_ids_decides():
    chosen, reason = choose(["b", "a"], {})
    assert chosen == "a"
    assert reason == (
        "Has 0 recent bookings, as have others who were free; nothing else tells them apart, "
        "so the order of their ids decides."
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
