"""That the exercises of a notebook keep their word, and that the blank in it is the exercise's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

from infra_ref.workbench.teaching.exercise import Exercise
from infra_ref.workbench.teaching.proof import faults
from infra_ref.workbench.teaching.sitting import find
from infra_ref.workbench.validating.findings import Finding, Notebook
from infra_ref.workbench.validating.guards import joined


def exercise_findings(notebook: Notebook) -> Iterator[Finding]:
    """Give a finding for each exercise of a notebook that is unknown, not proved, or whose blank differs."""
    if not notebook.exercises:
        return
    content = json.loads(notebook.path.read_text("utf-8"))
    cells = [joined(cell["source"]).strip() for cell in content["cells"] if cell["cell_type"] == "code"]
    for name in notebook.exercises:
        try:
            one = find(name)
        except (LookupError, ImportError) as error:
            yield Finding(_cell_of(cells, name), f"asks for an exercise that is not there: {error}")
            continue
        for said in asyncio.run(_proof(one)):
            yield Finding(_cell_of(cells, name), f"exercise {said}")
        yield from _blank(one, cells)


async def _proof(one: Exercise) -> list[str]:
    return [said async for said in faults(one)]


def _blank(one: Exercise, cells: list[str]) -> Iterator[Finding]:
    blank = one.source(one.blank)
    if blank in cells:
        return
    line = next((line for line in blank.splitlines() if one.makes in line), "")
    near = next((number for number, cell in enumerate(cells, 1) if line in cell.splitlines()), None)
    seen = "no cell that begins so"
    if near:
        pairs = zip(blank.splitlines(), cells[near - 1].splitlines(), strict=False)
        wanted, seen = next(((a, b) for a, b in pairs if a != b), ("the blank alone", "more or less than it"))
        yield Finding(near, f"is not the blank of exercise {one.id}", wanted.strip(), seen.strip())
    else:
        yield Finding(None, f"has no cell with the blank of exercise {one.id}", blank.splitlines()[0], seen)


def _cell_of(cells: list[str], name: str) -> int | None:
    return next((number for number, cell in enumerate(cells, 1) if name in cell), None)
