"""The benchmarks, from what `make bench ARGS=--write` wrote; the page stands without it too."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmark_picture import picture, said
from tree import ROOT

FIGURES = ROOT / "site-src" / "benchmarks"
INTRODUCTION = """\
# Benchmarks

What the patterns cost compared with the raw client, and with libraries that do the same. All ways take turns,
round after round on one machine; a figure is the median of the ratios within a round. Times differ from
machine to machine, ratios hold. Where there is nothing to compare with, the time or the memory itself is
shown, with its noise.

In the pictures a bar begins at 1, where ours takes as long as theirs, and ends at the measured ratio. Its
whisker is the noise, the upright stroke the bound that it is held to. The colour says whether ours takes
less or more; a bound that was missed has a dashed outline, and says so.
"""
MULTIPLES = {
    "s": (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)),
    "B": (("MB", 1e6), ("kB", 1e3), ("B", 1.0)),
}
NONE = "No figures were recorded yet: `make bench` measures them."


def page(folder: Path = FIGURES) -> str:
    """Return the page's Markdown."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    sections = [line for one in read for line in _section(one)]
    return "\n".join([INTRODUCTION, *(sections or [NONE])]) + "\n"


def _section(read: dict[str, Any]) -> Iterator[str]:
    yield f"## {read['pattern'].replace('_', ' ').capitalize()}\n"
    ratios = [figure for figure in read["figures"] if figure["rival"]]
    if ratios:
        yield f"**{said(ratios)}**\n"
    yield f"{picture(read['pattern'], read['figures'])}\n"
    yield "| operation | ours | compared with | theirs | ours / theirs | held to |\n|---|--:|---|--:|--:|--:|"
    for operation, figures in itertools.groupby(read["figures"], key=lambda figure: figure["operation"]):
        for number, figure in enumerate(figures):
            yield _row("" if number else operation, figure)
    yield f"\n{machine_line(read['machine'])}\n"


def _row(operation: str, figure: dict[str, Any]) -> str:
    rival, unit = figure["rival"] or "", figure.get("unit", "s")
    ours, noise = _whole(quantity(figure["ours"], unit)), figure["noise"]
    if not rival and noise:
        ours += " " + _whole(f"± {quantity(noise, unit)}")
    theirs = "" if figure["theirs"] is None else quantity(figure["theirs"], unit)
    measured = f"{figure['measured']:.2f} ± {noise:.2f}" if rival else ""
    bound = "" if figure["at_most"] is None else f"≤ {_bound(figure, unit)}"
    missed = " **missed**" if figure["missed"] else ""
    theirs, measured, bound = map(_whole, (theirs, measured, bound))
    return f"| {operation} | {ours} | {rival} | {theirs} | {measured} | {bound}{missed} |"


def _whole(figure: str) -> str:
    """Keep a figure and its unit on one line."""
    return figure.replace(" ", "&nbsp;")


def _bound(figure: dict[str, Any], unit: str) -> str:
    return f"{figure['at_most']:.2f}" if figure["rival"] else quantity(figure["at_most"], unit)


def machine_line(machine: dict[str, Any]) -> str:
    """Return when and on what the figures were measured."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    computer = f"{machine['cores']} cores ({machine['processor']}), {machine['system']}"
    return f"Measured {machine['date']}, {machine['python']}, {computer}" + (
        f"; {versions}." if versions else "."
    )


def quantity(value: float, unit: str = "s") -> str:
    """Return seconds or bytes in the multiple that suits them."""
    name, size = next((one for one in MULTIPLES[unit] if value >= one[1]), MULTIPLES[unit][-1])
    return f"{value / size:.3g} {name}"
