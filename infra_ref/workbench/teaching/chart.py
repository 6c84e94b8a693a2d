"""`Chart`: shares from 0 to 1 over time, with limits and what happened, as a picture and as lines of text.

Chart("Calls", {"failed": [(0, 0.0), (15, 0.6)]}, limits={"fires": 0.5}, marks=[(15, "firing")])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra_ref.clock import Clock
from infra_ref.workbench.teaching.svg import CHAR, line, moment, picture, text

WIDE, HIGH, EDGE, TOP, LINE = 480.0, 120.0, 12.0, 22.0, 14.0
SHADES = " ▁▂▃▄▅▆▇█"
COLOURS = ("#d64545", "#2e9e5b", "#3b7dd8", "#c98a1b")

Points = Sequence[tuple[float, float | None]]
"""Seconds, and the share then; None where there is none."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Some shares over the same time. `limits` are lines across, by name; `marks` are moments.

    Raises ValueError for a share that is not from 0 to 1.
    """

    title: str
    series: Mapping[str, Points]
    limits: Mapping[str, float] = field(default_factory=dict[str, float])
    marks: Sequence[tuple[float, str]] = ()

    def __post_init__(self) -> None:
        for name, points in self.series.items():
            for _, share in points:
                if share is not None and not 0 <= share <= 1:
                    raise ValueError(f"a chart shows shares from 0 to 1, and {name!r} has {share!r}")

    @property
    def _until(self) -> float:
        times = [at for points in self.series.values() for at, _ in points]
        return max([*times, *(at for at, _ in self.marks)], default=0.0) or 1.0

    def __repr__(self) -> str:
        wide = max((len(name) for name in self.series), default=0)
        rows = [f"  {name:<{wide}}  {''.join(map(_shade, points))}" for name, points in self.series.items()]
        return "\n".join([self.title, *rows, *(f"  {moment(at)}: {says}" for at, says in self.marks)])

    def _repr_html_(self) -> str:
        left = EDGE + max((len(name) for name in (*self.limits, "100 %")), default=0) * CHAR + 8
        scale, bottom = WIDE / self._until, TOP + HIGH
        shapes = [line(left, y, left + WIDE, y, more="stroke-opacity='.3'") for y in (TOP, bottom)]
        shapes += [text(left - 8, y + 4, says, anchor="end") for y, says in ((TOP, "100 %"), (bottom, "0"))]
        named = bottom
        for name, share in sorted(self.limits.items(), key=lambda one: one[1]):
            y = bottom - share * HIGH
            shapes.append(line(left, y, left + WIDE, y, more="stroke-dasharray='4 4' stroke-opacity='.5'"))
            if named - y >= LINE:  # else it would cover the one below
                shapes.append(text(left - 8, y + 4, name, anchor="end"))
                named = y
        x = left
        for colour, (name, points) in zip(COLOURS * len(self.series), self.series.items(), strict=False):
            drawn = [(left + at * scale, bottom - share * HIGH) for at, share in points if share is not None]
            path = " ".join(f"{one:.1f},{two:.1f}" for one, two in drawn)
            shapes.append(f"<polyline points='{path}' stroke='{colour}' stroke-width='2'/>")
            shapes.append(line(x, bottom + 34, x + 14, bottom + 34, stroke=colour, more="stroke-width='3'"))
            shapes.append(text(x + 20, bottom + 38, name))
            x += 20 + len(name) * CHAR + 24
        free = 0.0
        for at, says in self.marks:
            x, half = left + at * scale, len(says) * CHAR / 2
            shapes.append(line(x, TOP - 6, x, bottom, stroke="#c98a1b"))
            if x - half >= free:  # else it would cover the one before
                shapes.append(text(x, TOP - 10, says, anchor="middle"))
                free = x + half + CHAR
        shapes.append(text(left, bottom + 16, "0"))
        shapes.append(text(left + WIDE, bottom + 16, moment(self._until), anchor="end"))
        return picture(left + WIDE + 40, bottom + 46, self.title, repr(self), shapes)


class Dashboard:
    """Looks at some shares again and again, and draws what it saw.

    board = Dashboard(clock, failed=failed, hits=hits)   # each a function of nothing
    board.look()
    board
    """

    def __init__(
        self,
        clock: Clock,
        /,
        *,
        limits: Mapping[str, float] | None = None,
        **shares: Callable[[], float | None],
    ) -> None:
        self._clock, self._shares, self._limits = clock, shares, limits or {}
        self._seen: dict[str, list[tuple[float, float | None]]] = {name: [] for name in shares}
        self.marks: list[tuple[float, str]] = []

    def look(self) -> None:
        """Keep what the shares are now."""
        for name, share in self._shares.items():
            self._seen[name].append((self._clock.monotonic(), share()))

    async def mark(self, alert: Any) -> None:
        """Keep that an alert was told: a notifier."""
        self.marks.append((self._clock.monotonic(), str(alert.state)))

    @property
    def chart(self) -> Chart:
        """The picture so far."""
        return Chart("Shares of the last minute's calls", self._seen, limits=self._limits, marks=self.marks)

    def __repr__(self) -> str:
        return repr(self.chart)

    def _repr_html_(self) -> str:
        return self.chart._repr_html_()


def _shade(point: tuple[float, float | None]) -> str:
    share = point[1]
    return "·" if share is None else SHADES[round(share * (len(SHADES) - 1))]
