"""What decides whether a time is offered: the rules of a meeting type, and the people who could host it.

All durations are whole seconds, all instants UTC epoch seconds, all periods half-open.
"""

from dataclasses import dataclass
from typing import NamedTuple

from tenants.scheduling.intervals import Intervals


class InvalidRules(ValueError):
    """Rules under which no time could be worked out; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one meeting type, in seconds. Raise InvalidRules for lengths that make no sense.

    `collective`: every host is needed, not any of them. `seats`: how many customers may share a time; 1: nobody does.
    `full`: stretches in which nothing starts any more, since as many bookings start there as may; sorted, disjoint.
    """

    duration: int
    interval: int
    buffer_before: int = 0
    buffer_after: int = 0
    minimum_lead: int = 0
    maximum_advance: int = 365 * 86_400
    collective: bool = False
    seats: int = 1
    full: Intervals = ()

    def __post_init__(self) -> None:
        if self.duration <= 0 or self.interval <= 0:
            raise InvalidRules("The duration and the interval between starts must be longer than nothing.")
        if min(self.buffer_before, self.buffer_after, self.minimum_lead, self.maximum_advance) < 0:
            raise InvalidRules("Buffers, lead time and booking horizon cannot be negative.")
        if self.seats < 1 or (self.collective and self.seats > 1):
            raise InvalidRules("A time has at least one seat, and only one where everybody is needed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One person who could hold the meeting.

    `id` is the text of a UUID. `open` is the working time, sorted and disjoint; pieces that touch stay apart, because
    each is the origin of its own grid of starts. `busy` is everything the person is taken by, merged: claims of other
    bookings with their own buffers, and Outlook's busy times. `repeated` is time the person's clock shows for the
    second time; nothing starts there. `sessions` are the starts of the meeting type's own shared times that already
    run with this person and have seats left, each with how many, sorted: they are open to more customers although
    they make the person busy.
    """

    id: str
    open: Intervals
    busy: Intervals = ()
    repeated: Intervals = ()
    sessions: tuple[tuple[int, int], ...] = ()


class Slot(NamedTuple):
    """A time on offer, with the ids of everyone who could host it, in the order the hosts were given.

    `seats_left` counts the customers who may still come at that time, with all those hosts together; 1 where times
    are not shared.
    """

    start: int
    end: int
    host_ids: tuple[str, ...]
    seats_left: int = 1
