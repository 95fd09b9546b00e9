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

What "recent" means is the caller's choice. The reason is shown to the page's owner, in the active language.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tenants.scheduling.words import gettext, ngettext

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
        return ranked[0], gettext("Nobody else was free at this time.")
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
    if next_count > count:
        text = ngettext(
            "Has %(n)d recent booking; the others who were free have %(next)d or more.",
            "Has %(n)d recent bookings; the others who were free have %(next)d or more.",
            count,
        )
        return text % {"n": count, "next": next_count}
    text = ngettext(
        "Has %(n)d recent booking, as have others who were free.",
        "Has %(n)d recent bookings, as have others who were free.",
        count,
    )
    return f"{text % {'n': count}} {_turn(last_assigned, next_assigned)}"


def _weighted_reason(ranked: Sequence[str], load: Mapping[str, Load], weights: Mapping[str, int]) -> str:
    """The same where weights differ."""
    (count, last_assigned), (next_count, next_assigned) = (load.get(host_id, NO_LOAD) for host_id in ranked[:2])
    weight, next_weight, total = weights[ranked[0]], weights[ranked[1]], sum(weights.values())
    everything = sum(load.get(host_id, NO_LOAD)[0] for host_id in ranked)
    has = gettext("Has %(count)d of %(all)d recent bookings, with a weight of %(weight)d in %(total)d.") % {
        "count": count, "all": everything, "weight": weight, "total": total,
    }  # fmt: skip
    if (count + 1) * next_weight == (next_count + 1) * weight:
        return f"{has} {gettext('The next in line is as far from the share.')} {_turn(last_assigned, next_assigned)}"
    following = gettext("The next in line has %(count)d, with a weight of %(weight)d.")
    return f"{has} {following % {'count': next_count, 'weight': next_weight}}"


def _turn(last_assigned: int | None, next_assigned: int | None) -> str:
    """What decides between equals."""
    if (last_assigned or 0) == (next_assigned or 0):
        return gettext("Nothing else tells them apart, so the order of their ids decides.")
    if not last_assigned:
        return gettext("Never got one before.")
    return gettext("Got the last one longest ago.")
