"""A timeline of recorded events: a lane for each party, time to the right; attempts, waits and states."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from infra_ref.workbench.teaching.svg import CHAR, TINT, box, line, moment, picture, short, text

if TYPE_CHECKING:
    from infra_ref.workbench.teaching.recorder import Recorded

WIDE, ROW, TOP, EDGE = 560.0, 24, 14, 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of time in a lane; `times` many alike are drawn as one."""

    lane: str
    kind: str
    says: str
    told: str
    outcome: str
    began: float
    ended: float
    times: int = 1

    @property
    def label(self) -> str:
        """What stands at the bar."""
        failed = (
            f" ✗ {short(self.told, 30)}"
            if self.outcome in ("raised", "cancelled") and self.kind == "call"
            else ""
        )
        return short(self.says, 40) + failed + (f"  ×{self.times}" if self.times > 1 else "")


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture up to `now`, in seconds, and the same as a table of text."""

    events: tuple[Recorded, ...]
    title: str
    now: float
    missed: int = 0

    def bars(self) -> list[Bar]:
        """Return all stretches of time, lane by lane in the order of their first appearance, then by time."""
        bars: dict[Bar, int] = {}
        for event in self.events:
            end = self._end(event)
            bar = Bar(event.callee, event.kind, event.says, event.told, event.outcome, event.began, end)
            bars[bar] = bars.get(bar, 0) + 1
        lanes = list(dict.fromkeys(event.callee for event in self.events))
        made = [replace(bar, times=times) for bar, times in bars.items()]
        return sorted(made, key=lambda bar: (lanes.index(bar.lane), bar.began))

    def _end(self, event: Recorded) -> float:
        if event.kind == "state":
            states = (one for one in self.events if one.kind == "state" and one.callee == event.callee)
            return next((one.began for one in states if one.opened > event.opened), self.until)
        return self.until if event.ended is None else event.ended

    @property
    def until(self) -> float:
        """Where the axis ends: with the last thing that happened, or now while something is under way."""
        if any(event.outcome == "open" for event in self.events):
            return self.now
        return max(event.ended or 0.0 for event in self.events)

    def __repr__(self) -> str:
        bars = self.bars()
        if not bars:
            return f"{self.title}: nothing yet"
        table = [(bar.lane, moment(bar.began), moment(bar.ended), _told(bar)) for bar in bars]
        wide = [max(len(row[at]) for row in [*table, ("", "from", "to", "")]) for at in range(3)]
        rows = [("", "from", "to", ""), *table]
        shown = [
            f"{lane:<{wide[0]}}  {began:>{wide[1]}}  {ended:>{wide[2]}}  {says}".rstrip()
            for lane, began, ended, says in rows
        ]
        return "\n".join([self.title, *shown, *([f"... and {self.missed} more"] if self.missed else [])])

    def _repr_html_(self) -> str:
        bars = self.bars()
        if not bars:
            return f"<p>{self.title}: nothing yet</p>"
        last = self.until or 1.0
        left = EDGE + max(len(bar.lane) for bar in bars) * CHAR + 14
        scale = WIDE / last
        shapes, y, right = [], float(TOP), left + WIDE
        for lane in dict.fromkeys(bar.lane for bar in bars):
            rows = _packed([bar for bar in bars if bar.lane == lane], scale)
            shapes.append(text(EDGE, y + 16, lane, more="font-weight='600'"))
            for row in rows:
                for bar in row:
                    shapes += _drawn(bar, left + bar.began * scale, (bar.ended - bar.began) * scale, y)
                    right = max(right, left + _extent(bar, scale)[1])
                y += ROW
            y += 6
            shapes.append(line(EDGE, y - 3, left + WIDE, y - 3, more="stroke-opacity='.15'"))
        shapes += _axis(left, y, scale, last)
        return picture(
            right + EDGE, y + 30, self.title, "; ".join(f"{bar.lane}: {_told(bar)}" for bar in bars), shapes
        )


def _told(bar: Bar) -> str:
    many = f" ×{bar.times}" if bar.times > 1 else ""
    match bar.kind, bar.outcome:
        case "state", _:
            return f"[{bar.says}]"
        case "call", "returned":
            return f"{bar.says} -> {bar.told}{many}"
        case "call", "open":
            return f"{bar.says} no answer{many}"
        case "call", _:
            return f"{bar.says} ! {bar.told}{many}"
        case _:
            return bar.says + many


def _extent(bar: Bar, scale: float) -> tuple[float, float]:
    """Return from where to where a bar and its label reach: the label stands in it, or behind it."""
    start, width, label = bar.began * scale, (bar.ended - bar.began) * scale, len(bar.label) * CHAR + 8
    if bar.kind == "wait":
        return start, start + max(width, label)
    return start, start + (width if label <= width else width + label)


def _packed(bars: list[Bar], scale: float) -> list[list[Bar]]:
    """Return the bars in as few rows as they fit without touching."""
    rows: list[list[Bar]] = []
    for bar in bars:
        start, _ = _extent(bar, scale)
        gap = 0 if bar.kind == "state" else 6
        free = (
            row
            for row in rows
            if row[-1].kind == bar.kind and _extent(row[-1], scale)[1] + gap <= start + 0.01
        )
        row = next(free, None)
        if row is None:
            rows.append([bar])
        else:
            row.append(bar)
    return rows


def _drawn(bar: Bar, x: float, width: float, y: float) -> Iterator[str]:
    width = max(width, 2.0)
    label = x + 5 if len(bar.label) * CHAR + 8 <= width else x + width + 4
    match bar.kind:
        case "wait":
            yield line(
                x,
                y + 12,
                x + width,
                y + 12,
                more="stroke-opacity='.55' stroke-dasharray='2 3' stroke-width='2'",
            )
            yield text(x + 4, y + 9, bar.label, more="opacity='.8' font-size='11'")
        case "note":
            yield line(x, y + 2, x, y + 20, more="stroke-width='2'")
            yield text(x + 6, y + 15, bar.label, more="font-style='italic'")
        case "state":
            yield box(
                x,
                y + 3,
                width,
                17,
                more="stroke='currentColor' stroke-opacity='.6' fill='currentColor' fill-opacity='.05'",
            )
            yield text(label, y + 15, bar.label)
        case _:
            colour = TINT[bar.outcome]
            yield box(x, y + 3, width, 17, more=f"stroke='{colour}' fill='{colour}' fill-opacity='.28'")
            yield text(label, y + 15, bar.label)


def _axis(left: float, y: float, scale: float, last: float) -> Iterator[str]:
    step = 10 ** math.floor(math.log10(last))
    step = next(one for one in (step / 5, step / 2, step, step * 2, step * 5) if last / one <= 6)
    ticks = [index * step for index in range(int(last / step + 1e-9) + 1)]
    yield line(left, y, left + WIDE, y, more="stroke-opacity='.5'")
    for at in ticks:
        yield line(left + at * scale, y, left + at * scale, y + 5, more="stroke-opacity='.5'")
        yield text(
            left + at * scale,
            y + 18,
            moment(at),
            anchor="middle" if at else "start",
            more="opacity='.65' font-size='11'",
        )
