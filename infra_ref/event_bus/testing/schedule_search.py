"""The shortest schedule that breaks a design: who goes when, and who dies where.

A participant is a generator; each `yield` says what it just did, and is one step
and one place to die. It dies with all that it knew, and is started again with
what the world kept. Usually participants take their steps in the order in which the design names
them; every step out of turn and every death is a deviation, and schedules are tried in the order of
their deviations (delay bounding: Emmi, Qadeer, Rakamarić, POPL 2011).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice
from typing import Generic, TypeVar

LONGEST = 500
"""Steps that a schedule may take."""

W = TypeVar("W")
Design = Mapping[str, Callable[[W], Iterator[str]]]
"""Participants by name, such as "the relay", in their usual order."""


@dataclass(frozen=True, slots=True)
class Played(Generic[W]):
    """One schedule: what happened, where it deviated, how many choices each step had, and how it ended."""

    trace: tuple[str, ...]
    deviations: tuple[str, ...]
    options: tuple[int, ...]
    world: W


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to: the first schedule that breaks the design, None if none of `tried` does."""

    tried: int
    within: int
    breaks: str | None = None
    deviations: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.breaks is None:
            return f"holds in all {self.tried:,} schedules with up to {self.within} deviations"
        return f"{self.breaks}. As usual, except: {'; '.join(self.deviations) or 'nothing'}"

    __repr__ = __str__


def play(design: Design[W], make_world: Callable[[], W], choices: tuple[int, ...], deaths: int) -> Played[W]:
    """Play the schedule that these choices make; where they end, go on as usual. The same every time."""
    world = make_world()
    running = {name: work(world) for name, work in design.items()}
    last = dict.fromkeys(design, "")
    trace: list[str] = []
    deviations: list[str] = []
    options: list[int] = []
    name = ""
    while running:
        if len(trace) > LONGEST:
            raise RuntimeError(f"a schedule takes more than {LONGEST} steps: does {name} ever end?")
        names = list(running)
        menu = [(name, False) for name in names] + [(name, True) for name in names if deaths]
        pick = choices[len(options)] if len(options) < len(choices) else 0
        options.append(len(menu))
        name, dies = menu[pick]
        if dies:
            deaths -= 1
            running[name] = design[name](world)
            said = f"{name} dies after {last[name]}" if last[name] else f"{name} dies before it begins"
        else:
            last[name] = next(running[name], "")
            said = f"{name}: {last[name] or 'done'}"
            if not last[name]:
                del running[name]
        trace.append(said)
        if pick:
            deviations.append(said if dies else f"{name} goes before {names[0]} ({last[name] or 'done'})")
    for work in [*design.values()] * len(design):  # when all is quiet, each looks once more at what is left
        for _ in islice(work(world), LONGEST):
            pass
    return Played(tuple(trace), tuple(deviations), tuple(options), world)


def search(
    design: Design[W],
    make_world: Callable[[], W],
    breaks: Callable[[W], str | None],
    *,
    deaths: int = 2,
    within: int = 3,
) -> Found:
    """Return the first schedule, by number of deviations, that `breaks` has a sentence for."""
    waiting: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
    tried = 0
    while waiting:
        cost, length, choices = heappop(waiting)
        played = play(design, make_world, choices, deaths)
        tried += 1
        if (broken := breaks(played.world)) is not None:
            return Found(tried, within, broken, played.deviations, played.trace)
        for at in range(length, len(played.options) if cost < within else 0):
            for other in range(1, played.options[at]):
                heappush(waiting, (cost + 1, at + 1, (*choices, *(0,) * (at - length), other)))
    return Found(tried, within)
