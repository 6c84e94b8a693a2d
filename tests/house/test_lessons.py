"""What makes a notebook a lesson: one can go back, it asks, it has a knob, it says how long it takes."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra_ref.workbench.teaching.progress import asked_in

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

WORDS_A_MINUTE, LINES_A_MINUTE = 180, 15
A_PREDICTION, AN_EXERCISE = 1, 6  # minutes
NEAR = 0.15
"""What the minutes of the first cell may be off, at least five."""

CLOSING = re.compile(r"what it costs|map|take .* with you|sources", re.IGNORECASE)
"""Sections that state nothing new."""

Cell = dict[str, Any]


def complaints(cells: list[Cell]) -> Iterator[str]:
    """Yield what keeps a notebook from being a lesson."""
    yield from _names_of_two_cells(cells)
    yield from _minutes(cells)
    yield from _sections(cells)
    if not any(re.search(r"\bknob\(", _source(cell)) for cell in cells if _is_code(cell)):
        yield "has no knob: `await knob(experiment, users=range(1, 9), at=3)`"


def _names_of_two_cells(cells: list[Cell]) -> Iterator[str]:
    """An experiment whose names are its own can be run again whatever came after it."""
    bound: defaultdict[str, list[int]] = defaultdict(list)
    for number, cell in enumerate(filter(_is_code, cells), start=1):
        for name in set(_bound(_source(cell))):
            bound[name].append(number)
    for name, numbers in sorted(bound.items()):
        if len(numbers) > 1 and name != "_":
            places = ", ".join(map(str, numbers))
            yield f"code cells {places} all assign {name!r}: give each a name of its own"


def _bound(source: str) -> Iterator[str]:
    tree = compile(source, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            waiting += ast.iter_child_nodes(node)


def _minutes(cells: list[Cell]) -> Iterator[str]:
    opening = _source(cells[0])
    stated, more = re.search(r"\babout (\d+) minutes\b", opening), re.search(r"\banother (\d+)\b", opening)
    if stated is None:
        yield "does not say in its first cell that it takes `about N minutes`"
        return
    sections = list(_by_section(cells))
    optional = [one for heading, inside in sections if "(optional)" in heading for one in inside]
    rest = [one for heading, inside in sections if "(optional)" not in heading for one in inside]
    for said, those in ((stated, rest), (more, optional)):
        if said is not None or those:
            takes, says = _takes(those), int(said[1]) if said else 0
            if abs(takes - says) > max(5, NEAR * takes):
                what = "its optional sections take" if those is optional else "it takes"
                yield f"says {says} minutes, and {what} {takes:.0f}"


def _takes(cells: list[Cell]) -> float:
    """Return the minutes for cells: reading words and lines of code, predicting, and doing exercises."""
    minutes = 0.0
    for cell in cells:
        source = _source(cell)
        hidden = cell["metadata"].get("jupyter", {}).get("source_hidden")
        if not _is_code(cell) or hidden:
            minutes += len(re.findall(r"\w+", source)) / WORDS_A_MINUTE
        else:
            minutes += sum(bool(line.strip()) for line in source.splitlines()) / LINES_A_MINUTE
            asked = [kind for kind, _ in asked_in(source)]
            minutes += A_PREDICTION * asked.count("predictions") + AN_EXERCISE * asked.count("exercises")
    return minutes


def _sections(cells: list[Cell]) -> Iterator[str]:
    for heading, inside in _by_section(cells):
        code = [_source(cell) for cell in inside if _is_code(cell)]
        asks = any(True for source in code for _ in asked_in(source))
        if heading and code and not asks and not CLOSING.search(heading):
            yield f"asks nothing in its section {heading!r}: give it a prediction or an exercise"


def _by_section(cells: list[Cell]) -> Iterator[tuple[str, list[Cell]]]:
    """Give each section with its heading, and what stands above the first one with none."""
    heading, inside = "", list[Cell]()
    for cell in cells:
        found = None if _is_code(cell) else re.search(r"^## (.+)$", _source(cell), re.MULTILINE)
        if found:
            yield heading, inside
            heading, inside = found[1], []
        inside.append(cell)
    yield heading, inside


def _is_code(cell: Cell) -> bool:
    return bool(cell["cell_type"] == "code")


def _source(cell: Cell) -> str:
    return "".join(cell["source"])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_a_lesson(path: Path) -> None:
    assert list(complaints(json.loads(path.read_text(encoding="utf-8"))["cells"])) == []


# A guard that cannot complain is a defect


def text(source: str) -> Cell:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def code(source: str) -> Cell:
    return {"cell_type": "code", "source": source, "metadata": {}}


ASKS = code('a = predict("x/a", "Why?", answer=...)\na')
ANOTHER = code('c = exercise("x/c")\nc')
EXERCISE = code('b = exercise("x/b")\nb')
KNOB = code("await knob(f, n=[1, 2], at=1)")
OPENING = text("It takes about 5 minutes.")
SOUND = [OPENING, text("## One"), ASKS, KNOB, text("## What it costs"), code("print(1)")]


def test_a_lesson_is_let_be() -> None:
    assert list(complaints(SOUND)) == []
    own = [code("import x\nfor one in ():\n    first = [n for n in one]"), code("import x\nn = lambda y: y")]
    assert list(complaints([*SOUND, *own])) == []
    optional = [text("## Two (optional)"), EXERCISE, ANOTHER]
    assert list(complaints([text("It takes about 5 minutes, and another 12."), *SOUND[1:], *optional])) == []


@pytest.mark.parametrize(
    ("said", "cells"),
    [
        ("code cells 4, 5 all assign 'x'", [*SOUND, code("x = 1"), code("x = 2")]),
        ("all assign 'x'", [*SOUND, code("def x(): ..."), code("for x in (): ...")]),
        ("all assign 'x'", [*SOUND, code("async with f() as x: ..."), code("x += 1")]),
        ("does not say in its first cell", [text("Hello"), *SOUND[1:]]),
        ("says 5 minutes, and it takes 14", [*SOUND[:2], EXERCISE, ANOTHER, *SOUND[2:]]),
        ("says 0 minutes, and its optional sections take 6", [*SOUND, text("## Two (optional)"), EXERCISE]),
        ("asks nothing in its section 'Two'", [*SOUND, text("## Two"), code("print(1)")]),
        ("has no knob", [*SOUND[:3], *SOUND[4:]]),
    ],
)
def test_the_guard_complains(said: str, cells: list[Cell]) -> None:
    (found,) = complaints(cells)
    assert said in found
