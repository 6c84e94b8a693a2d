"""Compare ways of doing one thing, on a machine that is busy with other things.

All ways take turns, round after round (A B C, C A B, B A C ...), so that what
disturbs one disturbs all. A figure is the median, over the rounds, of the ratio
within a round: times differ from machine to machine and from minute to minute,
ratios hold.

    await board.compare("get", ours, Rival("raw driver", raw, at_most=1.1), Rival("other", other))

`board` is a fixture of the benchmarks; it prints the table at the end, and
`make bench ARGS=--write` writes it for the site.
"""

from __future__ import annotations

import gc
import json
import math
import os
import platform
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any, TypeAlias

Way: TypeAlias = Callable[[], Awaitable[object]]
"""Does the operation once. What takes under 10 µs is better done a hundred times in here."""

TURN = 0.002
"""Seconds that a turn lasts at least: a way is called as often as that takes."""

ROUNDS = 500
LEAST_ROUNDS = 7


@dataclass(frozen=True)
class Rival:
    """What ours is compared with: the ratio ours / theirs is `at_most` that, or only shown."""

    name: str
    way: Way
    at_most: float | None = None


@dataclass(frozen=True)
class Figure:
    """A row of the table. `measured` is a ratio where there is a rival, else like `ours` in `unit`: s or B.

    `noise` is half of what McGill, Tukey and Larsen (1978) draw as the notch of a
    median, about its 95 % confidence interval: 1.57 × interquartile range / √n.
    """

    operation: str
    ours: float
    rival: str | None
    theirs: float | None
    measured: float
    noise: float
    at_most: float | None
    unit: str = "s"

    @property
    def missed(self) -> bool:
        """Whether it is above its bound by more than the noise."""
        return self.at_most is not None and self.measured - self.noise > self.at_most

    def __str__(self) -> str:
        against = f" of {self.rival}" if self.rival else ""
        return f"{self.operation}: {self.shown(self.measured)}{against}, wanted at most {self.wanted}"

    @property
    def wanted(self) -> str:
        return "" if self.at_most is None else self.shown(self.at_most)

    def shown(self, measured: float) -> str:
        return f"{measured:.2f} ×" if self.rival else _quantity(measured, self.unit)


@dataclass
class Board:
    """The figures of one pattern. `packages` are those whose versions belong to them."""

    pattern: str
    packages: Sequence[str] = ()
    timer: Callable[[], float] = time.perf_counter
    figures: list[Figure] = field(default_factory=list)

    async def compare(
        self, operation: str, ours: Way, *rivals: Rival, before: Way | None = None, seconds: float = 6.0
    ) -> None:
        """Let all take turns for about that long; raise AssertionError for a bound that is missed.

        With `before`, that runs ahead of each turn, untimed, and a turn is one call.
        """
        ways = [ours, *(rival.way for rival in rivals)]
        with _no_collection():
            turns = [(way, 1 if before else await self._calls_a_turn(way)) for way in ways]
            rounds = [await self._round(turns, 0, before)]  # the first one warms up
            until = self.timer() + seconds
            while len(rounds) <= LEAST_ROUNDS or (len(rounds) <= ROUNDS and self.timer() < until):
                gc.collect()
                rounds.append(await self._round(turns, len(rounds), before))
        own, *others = zip(*rounds[1:], strict=True)
        self._keep(
            Figure(
                operation,
                median(own),
                rival.name,
                median(theirs),
                *_middle([one / other for one, other in zip(own, theirs, strict=True)]),
                rival.at_most,
            )
            for rival, theirs in zip(rivals, others, strict=True)
        )

    def measure(
        self, operation: str, samples: Sequence[float], *, at_most: float | None = None, unit: str = "s"
    ) -> None:
        """Keep what was measured elsewhere, such as in another process; raise AssertionError as above.

        `unit` is `s`, or `B` for bytes of memory.
        """
        middle, noise = _middle(samples)
        self._keep([Figure(operation, middle, None, None, middle, noise, at_most, unit)])

    def _keep(self, figures: Iterator[Figure] | list[Figure]) -> None:
        __tracebackhide__ = True
        kept = list(figures)
        self.figures += kept
        missed = [str(figure) for figure in kept if figure.missed]
        assert not missed, "; ".join(missed)

    async def _calls_a_turn(self, way: Way) -> int:
        calls = 1
        while await self._turn(way, calls) * calls < TURN / 2:
            calls *= 2
        return calls

    async def _round(self, turns: Sequence[tuple[Way, int]], number: int, before: Way | None) -> list[float]:
        took = [0.0] * len(turns)
        # Who goes first, and after whom, changes: it finds the caches as others left them.
        for at in Random(number).sample(range(len(turns)), len(turns)):
            if before:
                await before()
            took[at] = await self._turn(*turns[at])
        return took

    async def _turn(self, way: Way, calls: int) -> float:
        if calls > 1:
            await way()
        started = self.timer()
        for _ in range(calls):
            await way()
        return (self.timer() - started) / calls

    def table(self) -> str:
        """Give the figures as text, a row each; `!` marks a bound that was missed."""
        head = ("operation", "ours", "rival", "theirs", "measured", "noise", "at most", "")
        rows = [
            (
                one.operation,
                _quantity(one.ours, one.unit),
                one.rival or "",
                "" if one.theirs is None else _quantity(one.theirs, one.unit),
                one.shown(one.measured),
                f"± {one.shown(one.noise)}",
                one.wanted,
                "!" if one.missed else "",
            )
            for one in self.figures
        ]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (head, *rows)
        )

    def write(self, folder: Path) -> None:
        """Write `PATTERN.json` there: the figures, and the machine they were measured on."""
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "pattern": self.pattern,
            "machine": machine() | {"versions": {name: version(name) for name in self.packages}},
            "figures": [asdict(one) | {"missed": one.missed} for one in self.figures],
        }
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (folder / f"{self.pattern}.json").write_text(text + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Describe what the figures hang on; nothing that tells whose machine it is.

    `load` is what ran or wanted to, over the last minute. Above the number of cores, times in
    seconds tell more of the others than of us, and ratios waver.
    """
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "system": platform.system(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def _middle(samples: Sequence[float]) -> tuple[float, float]:
    """Return the median and its noise."""
    if len(samples) < 2:
        return median(samples), 0.0
    low, _, high = quantiles(samples, n=4)
    return median(samples), 1.57 * (high - low) / math.sqrt(len(samples))


UNITS = {
    "s": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)),
    "B": (("MB", 1e6), ("kB", 1e3), ("B", 1.0)),
}


def _quantity(value: float, unit: str) -> str:
    name, size = next((one for one in UNITS[unit] if value >= one[1]), UNITS[unit][-1])
    return f"{value / size:.3g} {name}"


@contextmanager
def _no_collection() -> Iterator[None]:
    was, others = gc.isenabled(), gc.get_freeze_count()
    gc.collect()
    gc.freeze()  # so that a collection between rounds looks at little
    gc.disable()
    try:
        yield
    finally:
        if not others:
            gc.unfreeze()
        if was:
            gc.enable()
