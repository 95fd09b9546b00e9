"""Who gets a booking when several people could take it.

| Order | The person who                                               | so that                                  |
|-------|--------------------------------------------------------------|------------------------------------------|
| 1     | is below their share, this booking included                  | nobody gets more than the share          |
| 2     | has the fewest recent bookings, this one included, by weight | work is shared out as the weights say    |
| 3     | was assigned longest ago; never comes first                  | equals take turns                        |
| 4     | has the smallest id                                          | the choice can be repeated and explained |

The share of a person is weight / all weights of everybody's recent bookings. With equal weights rule 1 never decides,
and rule 2 is: the fewest bookings.

What is promised where all of them are free each time, after any number n of bookings: everybody has their share rounded
up or down, `|count - n * weight / weights| < 1` (the quota method of Balinski and Young, 1975); so with equal weights
no two people are more than one booking apart. Who is away for a while falls behind and is next until it is made up for.

What "recent" means is the caller's choice. The reason is kept with the booking and shown to the page's owner.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

Load = tuple[int, int | None]
NO_LOAD: Load = (0, None)
#: What hosts are sorted by: above the share, bookings by weight, last assignment, id.
Rank = tuple[bool, Fraction, int, str]


class NobodyToAssign(ValueError):
    """There was no one to choose from."""


def choose(
    host_ids: Sequence[str], load: Mapping[str, Load], weights: Mapping[str, int] | None = None
) -> tuple[str, str]:
    """Return the id of the host who takes the booking, and a sentence that says why.

    `load` gives, by host id, the number of recent bookings and the instant (epoch seconds) of the last assignment, None
    or 0 for never; a host without an entry has no load. `weights` are whole numbers from 1; 1 where there is no entry.
    Raise NobodyToAssign when `host_ids` is empty.
    """
    ranked = rank(host_ids, load, weights)
    if not ranked:
        raise NobodyToAssign("Nobody is free at this time.")
    if len(ranked) == 1:
        return ranked[0], "Nobody else was free at this time."
    weighted = {host_id: (weights or {}).get(host_id, 1) for host_id in ranked}
    if len(set(weighted.values())) == 1:
        return ranked[0], _reason(load.get(ranked[0], NO_LOAD), load.get(ranked[1], NO_LOAD))
    return ranked[0], _weighted_reason(ranked, load, weighted)


def rank(host_ids: Sequence[str], load: Mapping[str, Load], weights: Mapping[str, int] | None = None) -> list[str]:
    """Return everybody once, who is to get the next booking first."""
    ids, weights = set(host_ids), weights or {}
    bookings = 1 + sum(load.get(host_id, NO_LOAD)[0] for host_id in ids)
    total = sum(weights.get(host_id, 1) for host_id in ids)

    def key(host_id: str) -> Rank:
        count, last_assigned = load.get(host_id, NO_LOAD)
        weight = weights.get(host_id, 1)
        return count * total >= weight * bookings, Fraction(count + 1, weight), last_assigned or 0, host_id

    return sorted(ids, key=key)


def what_if(
    host_ids: Sequence[str], load: Mapping[str, Load], weights: Mapping[str, int] | None = None, *, bookings: int
) -> list[str]:
    """Return who would get the next `bookings` bookings, one after the other, were everybody free each time."""
    so_far = {host_id: load.get(host_id, NO_LOAD) for host_id in host_ids}
    instant = max((last or 0 for _, last in so_far.values()), default=0)
    order = []
    for number in range(bookings if host_ids else 0):
        chosen = rank(host_ids, so_far, weights)[0]
        so_far[chosen] = (so_far[chosen][0] + 1, instant + number + 1)
        order.append(chosen)
    return order


def _reason(chosen: Load, following: Load) -> str:
    """Say what told the chosen host from the next in line, who has the same weight."""
    (count, last_assigned), (next_count, next_assigned) = chosen, following
    bookings = _bookings(count)
    if next_count > count:
        return f"Has {bookings}, fewer than the others who were free, who have {next_count} or more."
    return f"Has {bookings}, as have others who were free{_turn(last_assigned, next_assigned)}"


def _weighted_reason(ranked: Sequence[str], load: Mapping[str, Load], weights: Mapping[str, int]) -> str:
    """The same where weights differ."""
    (count, last_assigned), (next_count, next_assigned) = (load.get(host_id, NO_LOAD) for host_id in ranked[:2])
    weight, next_weight, total = weights[ranked[0]], weights[ranked[1]], sum(weights.values())
    everything = sum(load.get(host_id, NO_LOAD)[0] for host_id in ranked)
    has = f"Has {count} of {_bookings(everything)} with a weight of {weight} in {total}"
    if (count + 1) * next_weight == (next_count + 1) * weight:
        return f"{has}, as far from that share as the next in line{_turn(last_assigned, next_assigned)}"
    return f"{has}; the next in line has {next_count} with a weight of {next_weight}."


def _turn(last_assigned: int | None, next_assigned: int | None) -> str:
    """The rest of the sentence about equals."""
    if (last_assigned or 0) == (next_assigned or 0):
        return "; nothing else tells them apart, so the order of their ids decides."
    return ", and has never been assigned before." if not last_assigned else ", and was assigned longest ago."


def _bookings(count: int) -> str:
    return f"{count} recent booking{'' if count == 1 else 's'}"
