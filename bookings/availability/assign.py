"""Who gets a booking when several people could take it.

| Order | The person who                              | so that                                  |
|-------|---------------------------------------------|------------------------------------------|
| 1     | has the fewest recent bookings              | work is shared evenly                    |
| 2     | was assigned longest ago; never comes first | equals take turns                        |
| 3     | has the smallest id                         | the choice can be repeated and explained |

What "recent" means is the caller's choice. The reason is kept with the booking and shown to the page's owner.
"""

from collections.abc import Mapping, Sequence

Load = tuple[int, int | None]
NO_LOAD: Load = (0, None)


class NobodyToAssign(ValueError):
    """There was no one to choose from."""


def choose(host_ids: Sequence[str], load: Mapping[str, Load]) -> tuple[str, str]:
    """Return the id of the host who takes the booking, and a sentence that says why.

    `load` gives, by host id, the number of recent bookings and the instant (epoch seconds) of the last assignment, None
    or 0 for never; a host without an entry has no load. Raise NobodyToAssign when `host_ids` is empty.
    """
    if not host_ids:
        raise NobodyToAssign("Nobody is free at this time.")
    ranked = sorted(set(host_ids), key=lambda host_id: _rank(load.get(host_id, NO_LOAD), host_id))
    chosen, others = ranked[0], ranked[1:]
    return chosen, _reason(load.get(chosen, NO_LOAD), [load.get(host_id, NO_LOAD) for host_id in others])


def _rank(load: Load, host_id: str) -> tuple[int, int, str]:
    """Return what hosts are sorted by."""
    count, last_assigned = load
    return count, last_assigned or 0, host_id


def _reason(chosen: Load, others: list[Load]) -> str:
    """Say what told the chosen host from the next in line."""
    count, last_assigned = chosen
    bookings = f"{count} recent booking{'' if count == 1 else 's'}"
    if not others:
        return "Nobody else was free at this time."
    next_count, next_assigned = others[0]
    if next_count > count:
        return f"Has {bookings}, fewer than the others who were free, who have {next_count} or more."
    equals = f"Has {bookings}, as have others who were free"
    if (last_assigned or 0) == (next_assigned or 0):
        return f"{equals}; nothing else tells them apart, so the order of their ids decides."
    if not last_assigned:
        return f"{equals}, and has never been assigned before."
    return f"{equals}, and was assigned longest ago."
