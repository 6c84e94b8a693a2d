"""The ratios of a pattern as a picture: one SVG that is as wide as the page, whose text keeps its size.

Places across are per cent, places down pixels, so it needs no second drawing for a phone. Colours
come from site.css. It says nothing that the table below it does not.
"""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

TOP, ROW, HEAD, GAP = 40, 32, 18, 10
"""Pixels: for the axis, a rival, a line of an operation's name, and between operations."""
CHARACTERS = 42
"""What fits a line on a phone."""
MARGIN = 6.0
"""Per cent left free at both ends, for the axis's labels."""
LABELS = 7
"""Ticks that can all be labelled on a phone; of more, the powers of ten are."""


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis from one of 1, 2, 5, 10 ... to another, with 1 in it."""

    ticks: tuple[float, ...]

    @classmethod
    def around(cls, values: Sequence[float]) -> Scale:
        """Return the shortest axis that has all values, and room on both sides of 1."""
        low, high = min(0.5, *values), max(2.0, *values)
        steps = [digit * 10.0**power for power in range(-6, 7) for digit in (1, 2, 5)]
        first = max(step for step in steps if step <= low)
        last = min(step for step in steps if step >= high)
        return cls(tuple(step for step in steps if first <= step <= last))

    def at(self, ratio: float) -> float:
        """Return where a ratio stands, in per cent."""
        first, last = self.ticks[0], self.ticks[-1]
        share = math.log(ratio / first) / math.log(last / first)
        return MARGIN + (100 - 2 * MARGIN) * min(max(share, 0), 1)


def picture(pattern: str, figures: Sequence[dict[str, Any]]) -> str:
    """Return the SVG in a figure, as one line of HTML; nothing if no figure has a rival."""
    ratios = [figure for figure in figures if figure["rival"]]
    if not ratios:
        return ""
    scale = Scale.around([value for figure in ratios for value in _ends(figure)])
    rows, height = [], TOP
    for operation, rivals in itertools.groupby(ratios, key=lambda figure: figure["operation"]):
        for line in textwrap.wrap(operation, CHARACTERS):
            height += HEAD
            rows.append(f'<text class="what" x="0" y="{height - 5}">{escape(line)}</text>')
        for figure in rivals:
            rows += _row(figure, scale, height)
            height += ROW
        height += GAP
    drawn = "".join([*_axis(scale, height), *rows])
    return (
        f'<figure class="ratios" data-search-exclude=""><svg role="img" width="100%" height="{height}" '
        f'aria-labelledby="ratios-{pattern} ratios-{pattern}-says">'
        f'<title id="ratios-{pattern}">Ours against theirs: {escape(pattern.replace("_", " "))}</title>'
        f'<desc id="ratios-{pattern}-says">A bar for each, from 1 to ours / theirs, on a logarithmic scale. '
        f"{said(ratios)} The table below has every figure.</desc>{drawn}</svg></figure>"
    )


def _ends(figure: dict[str, Any]) -> Iterator[float]:
    """Yield what has to fit on the axis."""
    yield figure["measured"] + figure["noise"]
    yield max(figure["measured"] - figure["noise"], figure["measured"] / 10)  # noise may reach below 0
    if figure["at_most"] is not None:
        yield figure["at_most"]


def _axis(scale: Scale, height: int) -> Iterator[str]:
    for tick in scale.ticks:
        x, kind = f"{scale.at(tick):.2f}%", "one" if tick == 1 else "grid"
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - GAP}"/>'
        if len(scale.ticks) <= LABELS or f"{tick:e}".startswith("1.000"):
            yield f'<text class="tick" x="{x}" y="{TOP - 14}">{tick:g}</text>'
    yield '<text x="0" y="10">← ours takes less</text>'
    yield '<text class="end" x="100%" y="10">ours takes more →</text>'


def _row(figure: dict[str, Any], scale: Scale, top: int) -> Iterator[str]:
    measured, noise, missed = figure["measured"], figure["noise"], figure["missed"]
    one, end, middle = scale.at(1), scale.at(measured), top + 22
    yield f'<text class="rival" x="0" y="{top + 10}">against {escape(figure["rival"])}</text>'
    yield (
        f'<text class="end value{" missed" * missed}" x="100%" y="{top + 10}">'
        f"{'missed: ' * missed}{measured:.2f} ×</text>"
    )
    kind = f"bar{' more' * (measured > 1)}{' missed' * missed}"
    yield (
        f'<rect class="{kind}" x="{min(one, end):.2f}%" y="{middle - 4}" '
        f'width="{abs(end - one):.2f}%" height="8"/>'
    )
    low, high = (scale.at(max(value, 1e-9)) for value in (measured - noise, measured + noise))
    yield _line("noise", low, high, middle, middle)
    for cap in (low, high):
        yield _line("noise", cap, cap, middle - 5, middle + 5)
    if figure["at_most"] is not None:
        bound = scale.at(figure["at_most"])
        yield _line("bound", bound, bound, middle - 8, middle + 8)


def _line(kind: str, x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.2f}%" x2="{x2:.2f}%" y1="{y1}" y2="{y2}"/>'


def said(ratios: Sequence[dict[str, Any]]) -> str:
    """Return the conclusion: how often ours takes less, and which bounds it misses."""
    less = sum(figure["measured"] < 1 for figure in ratios)
    missed = sum(figure["missed"] for figure in ratios)
    held = sum(figure["at_most"] is not None for figure in ratios)
    return f"In {less} of {len(ratios)} comparisons ours takes less. Bounds: {held}, missed: {missed}."
