"""A sequence diagram of recorded events: parties side by side, time downwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from infra_ref.workbench.teaching.recorded import Recorded
from infra_ref.workbench.teaching.svg import CHAR, TINT, box, head, line, moment, picture, short, text

ROW, TOP, EDGE, GAP = 26, 30, 12, 16
LONGEST = 8
"""Rows in a run that is looked for again."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the diagram; `times` many alike that follow each other are drawn as one."""

    kind: Literal["call", "answer", "remark"]
    source: str
    target: str
    says: str
    outcome: str
    at: float
    depth: int
    times: int = 1

    @property
    def label(self) -> str:
        """What stands on the arrow."""
        many = f"  ×{self.times}" if self.times > 1 else ""
        return short(self.says) + many


@dataclass(frozen=True, slots=True)
class Sequence:
    """The diagram: HTML with an inline picture, and lines of text."""

    events: tuple[Recorded, ...]
    title: str
    start: str
    missed: int = 0

    def steps(self) -> list[Step]:
        """Return the rows from top to bottom."""
        return _joined([step for _, step in sorted(self._steps(), key=lambda pair: pair[0])])

    def parties(self) -> list[str]:
        """Return who takes part, in the order of their first appearance."""
        names = (name for step in self.steps() for name in (step.source, step.target))
        return list(dict.fromkeys(names))

    def _steps(self) -> Iterator[tuple[int, Step]]:
        depths = self._depths()
        for event in self.events:
            depth = depths.get(event.caller, 0)
            if event.kind == "call":
                yield (
                    event.opened,
                    Step("call", event.caller, event.callee, event.says, event.outcome, event.began, depth),
                )
                if event.closed is not None and event.ended is not None:
                    answer = Step(
                        "answer", event.callee, event.caller, event.told, event.outcome, event.ended, depth
                    )
                    yield event.closed, answer
            else:
                says = f"is {event.says}" if event.kind == "state" else event.says
                yield (
                    event.opened,
                    Step("remark", event.caller, event.caller, says, event.outcome, event.began, depth),
                )

    def _depths(self) -> dict[str, int]:
        """Return how far each party stands from the first caller: what the text form indents by."""
        depths: dict[str, int] = {}
        for event in self.events:
            depths.setdefault(
                event.callee, depths.setdefault(event.caller, 0) + (event.callee != event.caller)
            )
        return depths

    def __repr__(self) -> str:
        steps = self.steps()
        if not steps:
            return f"{self.title}: nothing yet"
        timed = any(step.at for step in steps)
        clock = [moment(step.at) if timed else "" for step in steps]
        wide = max(map(len, clock))
        rows = [
            f"{at:>{wide}}  {'  ' * step.depth}{_told(step)}".rstrip()
            for at, step in zip(clock, steps, strict=True)
        ]
        return "\n".join([self.title, *rows, *self._missed()])

    def _missed(self) -> list[str]:
        return [f"... and {self.missed} more that were not kept"] if self.missed else []

    def _repr_html_(self) -> str:
        steps, parties = self.steps(), self.parties()
        if not steps:
            return f"<p>{self.title}: nothing yet</p>"
        timed = any(step.at for step in steps)
        places = _places(parties, steps, 70 if timed else EDGE)
        width = (
            max(
                [*(places[name] + _half(name) for name in parties), *(_right(step, places) for step in steps)]
            )
            + GAP
        )
        height = TOP + ROW * (len(steps) + (2 if self.missed else 1))
        shapes = [shape for name in parties for shape in _party(name, places[name], height)]
        before = None
        for at, step in enumerate(steps):
            y = TOP + ROW * (at + 1)
            if timed and step.at != before:
                shapes.append(text(EDGE, y + 4, moment(step.at), more="opacity='.65'"))
            before = step.at
            shapes += _drawn(step, places, y)
        shapes += [text(EDGE, height - 4, says) for says in self._missed()]
        return picture(width, height, self.title, "; ".join(map(_told, steps)), shapes)


def _joined(steps: list[Step]) -> list[Step]:
    """Draw a run of rows that comes again and again at once (ask, load, ask, load ...) one time."""
    done: list[Step] = []
    at = 0
    while at < len(steps):
        size, times = max(((size, _times(steps, at, size)) for size in range(1, LONGEST + 1)), key=_covered)
        done += [replace(step, times=times) for step in steps[at : at + size]]
        at += size * times
    return done


def _times(steps: list[Step], at: int, size: int) -> int:
    block = steps[at : at + size]
    times = 1
    while len(block) == size and steps[at + times * size : at + (times + 1) * size] == block:
        times += 1
    return times


def _covered(found: tuple[int, int]) -> tuple[int, int]:
    """Prefer what saves the most rows, and of equals the shortest."""
    size, times = found
    return size * (times - 1), -size


def _told(step: Step) -> str:
    many = f"  ×{step.times}" if step.times > 1 else ""
    match step.kind:
        case "call":
            silent = "   (no answer)" if step.outcome == "open" else ""
            return f"{step.source} -> {step.target}: {step.says}{many}{silent}"
        case "answer":
            failed = "! " if step.outcome == "raised" else ""
            return f"{step.target} <- {step.source}: {failed}{step.says}{many}"
        case "remark":
            return f"{step.source}: {step.says}{many}"


def _places(parties: list[str], steps: list[Step], left: float) -> dict[str, float]:
    """Return where each party stands: apart enough for its name and for what its neighbours say."""
    places: dict[str, float] = {}
    for at, name in enumerate(parties):
        x = left + _half(name)
        if at:
            x = max(x, places[parties[at - 1]] + max(_half(parties[at - 1]) + _half(name) + 14, 110))
        for step in steps:
            others = {step.source, step.target} - {name}
            if name in (step.source, step.target) and len(others) == 1 and (other := others.pop()) in places:
                x = max(x, places[other] + len(step.label) * CHAR + 36)
        for step in steps:  # a remark stands to the right of its party
            if step.source == step.target and at and step.source == parties[at - 1]:
                x = max(x, places[step.source] + len(step.label) * CHAR + 30)
        places[name] = x
    return places


def _right(step: Step, places: dict[str, float]) -> float:
    if step.source == step.target:
        return places[step.source] + len(step.label) * CHAR + 10
    return places[step.target] + 75 if step.kind == "call" and step.outcome == "open" else 0.0


def _half(name: str) -> float:
    return max(len(name) * CHAR / 2 + 10, 30)


def _party(name: str, x: float, height: float) -> Iterator[str]:
    half = _half(name)
    yield box(
        x - half,
        8,
        2 * half,
        24,
        more="stroke='currentColor' stroke-opacity='.5' fill='currentColor' fill-opacity='.06'",
    )
    yield text(x, 24, name, anchor="middle", more="font-weight='600'")
    yield line(x, 32, x, height - 8, more="stroke-opacity='.3' stroke-dasharray='3 4'")


def _drawn(step: Step, places: dict[str, float], y: float) -> Iterator[str]:
    start, end = places[step.source], places[step.target]
    if step.source == step.target:
        yield f"<circle cx='{start:.1f}' cy='{y:.1f}' r='3.5' fill='currentColor'/>"
        yield text(start + 10, y + 4, step.label, more="font-style='italic'")
        return
    direction = 1 if end > start else -1
    failed = step.kind == "answer" and step.outcome != "returned"
    colour = TINT[step.outcome] if failed else "currentColor"
    dashes = "stroke-dasharray='5 4'" if step.kind == "answer" else ""
    yield line(start, y, end - 6 * direction, y, stroke=colour, more=f"stroke-width='1.4' {dashes}")
    yield head(end, y, direction, fill=colour)
    label = f"✗ {step.label}" if failed else step.label
    yield text(
        (start + end) / 2,
        y - 5,
        label,
        anchor="middle",
        more="opacity='.85'" if step.kind == "answer" else "",
    )
    if step.kind == "call" and step.outcome == "open":
        yield text(end + 8, y + 4, "no answer", more=f"style='fill:{TINT['open']}'")
