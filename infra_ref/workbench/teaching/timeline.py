"""A timeline of recorded events: a lane for each party, time to the right; attempts, waits and states."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from infra_ref.workbench.teaching.recorded import Recorded
from infra_ref.workbench.teaching.svg import CHAR, TINT, box, line, moment, picture, short, text

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
                    shapes += _drawn(_Place(bar, scale), left, y)
                    right = max(right, left + _Place(bar, scale).high)
                y += ROW
            y += 6
            shapes.append(line(EDGE, y - 3, left + WIDE, y - 3, more="stroke-opacity='.15'"))
        shapes += _axis(left, y, scale, last)
        tick = _ticks(last)[-1]
        right = max(right, left + tick * scale + len(moment(tick)) * CHAR / 2)
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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a bar is drawn, and its label: in the bar, behind it, or before it where the page ends."""

    bar: Bar
    scale: float

    @property
    def start(self) -> float:
        return self.bar.began * self.scale

    @property
    def width(self) -> float:
        return (self.bar.ended - self.bar.began) * self.scale

    @property
    def _size(self) -> float:
        return len(self.says) * CHAR

    @property
    def says(self) -> str:
        """The label, cut to the wider side where it does not fit into the bar."""
        whole = self.bar.label
        if self._inside(whole):
            return whole
        room = max(WIDE - self.start - self.width, self.start) - 8
        return short(whole, max(int(room / CHAR), 16))

    def _inside(self, says: str) -> bool:
        return self.bar.kind in ("wait", "note") or len(says) * CHAR + 8 <= self.width

    @property
    def label(self) -> float:
        end = self.start + self.width
        if self._inside(self.says):
            return self.start + 5
        behind = end + self._size + 4 <= WIDE or self.start < self._size + 6
        return end + 4 if behind else self.start - self._size - 5

    @property
    def low(self) -> float:
        return min(self.start, self.label)

    @property
    def high(self) -> float:
        return max(self.start + self.width, self.label + self._size)


def _packed(bars: list[Bar], scale: float) -> list[list[Bar]]:
    """Return the bars in as few rows as they fit without touching."""
    rows: list[list[Bar]] = []
    for bar in bars:
        low, gap = _Place(bar, scale).low, 0 if bar.kind == "state" else 6
        free = (
            row
            for row in rows
            if row[-1].kind == bar.kind and _Place(row[-1], scale).high + gap <= low + 0.01
        )
        row = next(free, None)
        if row is None:
            rows.append([bar])
        else:
            row.append(bar)
    return rows


def _drawn(place: _Place, left: float, y: float) -> Iterator[str]:
    bar, x, width = place.bar, left + place.start, max(place.width, 2.0)
    label = left + place.label
    match bar.kind:
        case "wait":
            dots = "stroke-opacity='.55' stroke-dasharray='2 3' stroke-width='2'"
            yield line(x, y + 12, x + width, y + 12, more=dots)
            yield text(label, y + 9, place.says, more="opacity='.8' font-size='11'")
        case "note":
            yield line(x, y + 2, x, y + 20, more="stroke-width='2'")
            yield text(label, y + 15, place.says, more="font-style='italic'")
        case "state":
            frame = "stroke='currentColor' stroke-opacity='.6' fill='currentColor' fill-opacity='.05'"
            yield box(x, y + 3, width, 17, more=frame)
            yield text(label, y + 15, place.says)
        case _:
            colour = TINT[bar.outcome]
            yield box(x, y + 3, width, 17, more=f"stroke='{colour}' fill='{colour}' fill-opacity='.28'")
            yield text(label, y + 15, place.says)


def _axis(left: float, y: float, scale: float, last: float) -> Iterator[str]:
    yield line(left, y, left + WIDE, y, more="stroke-opacity='.5'")
    for at in _ticks(last):
        yield line(left + at * scale, y, left + at * scale, y + 5, more="stroke-opacity='.5'")
        yield text(
            left + at * scale,
            y + 18,
            moment(at),
            anchor="middle" if at else "start",
            more="opacity='.65' font-size='11'",
        )


def _ticks(last: float) -> list[float]:
    """Return the moments that the axis names."""
    step = 10 ** math.floor(math.log10(last))
    step = next(one for one in (step / 5, step / 2, step, step * 2, step * 5) if last / one <= 6)
    return [index * step for index in range(int(last / step + 1e-9) + 1)]
