"""The benchmarks, from what `make bench ARGS=--write` wrote; the page stands without it too."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tree import ROOT

FIGURES = ROOT / "site-src" / "benchmarks"
INTRODUCTION = """\
# Benchmarks

What the patterns cost beside the raw client, and beside libraries that do the same. All ways take turns,
round after round on one machine; a figure is the median of the ratios within a round. Times differ from
machine to machine, ratios hold.
"""
NONE = "No figures were recorded yet: `make bench` measures them."


def page(folder: Path = FIGURES) -> str:
    """Return the page's Markdown."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    sections = [line for one in read for line in _section(one)]
    return "\n".join([INTRODUCTION, *(sections or [NONE])]) + "\n"


def _section(read: dict[str, Any]) -> Iterator[str]:
    yield f"## {read['pattern'].replace('_', ' ').capitalize()}\n"
    yield "| operation | ours | beside | theirs | ours / theirs | held to |\n|---|--:|---|--:|--:|--:|"
    for operation, figures in itertools.groupby(read["figures"], key=lambda figure: figure["operation"]):
        for number, figure in enumerate(figures):
            yield _row("" if number else operation, figure)
    yield f"\n{_machine(read['machine'])}\n"


def _row(operation: str, figure: dict[str, Any]) -> str:
    rival = figure["rival"] or ""
    theirs = "" if figure["theirs"] is None else seconds(figure["theirs"])
    measured = f"{figure['measured']:.2f} ± {figure['noise']:.2f}" if rival else ""
    bound = "" if figure["at_most"] is None else f"{'≤'} {_bound(figure)}"
    missed = " **missed**" if figure["missed"] else ""
    ours, theirs, measured, bound = map(_whole, (seconds(figure["ours"]), theirs, measured, bound))
    return f"| {operation} | {ours} | {rival} | {theirs} | {measured} | {bound}{missed} |"


def _whole(figure: str) -> str:
    """Keep a figure and its unit on one line."""
    return figure.replace(" ", "&nbsp;")


def _bound(figure: dict[str, Any]) -> str:
    return f"{figure['at_most']:.2f}" if figure["rival"] else seconds(figure["at_most"])


def _machine(machine: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    computer = f"{machine['cores']} cores ({machine['processor']}), {machine['system']}"
    return f"Measured {machine['date']}, {machine['python']}, {computer}" + (
        f"; {versions}." if versions else "."
    )


def seconds(time: float) -> str:
    """Return a time in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if time >= size:
            return f"{time / size:.3g} {unit}"
    return f"{time / 1e-9:.3g} ns"
