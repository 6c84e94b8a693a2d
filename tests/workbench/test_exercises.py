"""Each exercise of ours keeps its word, and stands in its notebook as it is declared."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from pathlib import Path

import pytest

from infra_ref.contract import run
from infra_ref.workbench import exercises
from infra_ref.workbench.teaching.exercise import Exercise
from infra_ref.workbench.teaching.progress import asked_in, code_cells
from infra_ref.workbench.teaching.proof import faults
from infra_ref.workbench.teaching.sitting import declared, find

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    name: importlib.import_module(f"{exercises.__name__}.{name}")
    for _, name, _ in pkgutil.iter_modules(exercises.__path__)
}
ALL = list({one.id: one for module in MODULES.values() for one in declared(module)}.values())
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

CELL = 12
"""Lines that a cell of a notebook may have."""


def exercise_id(one: Exercise) -> str:
    return one.id


@pytest.mark.parametrize("one", ALL, ids=exercise_id)
def test_an_exercise_is_proved(one: Exercise) -> None:
    async def proof() -> list[str]:
        return [fault async for fault in faults(one)]

    assert run(proof()) == []


@pytest.mark.parametrize("one", ALL, ids=exercise_id)
def test_an_exercise_is_found_by_its_id_and_fits_a_cell(one: Exercise) -> None:
    assert find(one.id) is one
    assert len(one.source(one.blank).splitlines()) <= CELL
    assert 2 <= len(one.hints) <= 4


def test_there_are_enough() -> None:
    """What each notebook owes its reader."""
    counted = Counter(one.id.partition("/")[0] for one in ALL)
    assert counted["start_here"] >= 1
    assert counted["caching"] >= 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_for_its_exercises_and_holds_their_blanks(path: Path) -> None:
    cells = code_cells(path)
    asked = [name for cell in cells for kind, name in asked_in(cell) if kind == "exercises"]
    own = MODULES.get(path.stem.partition("_")[2])
    assert set(asked) >= {one.id for one in (declared(own) if own else ())}
    for name in asked:
        one = find(name)
        assert one.source(one.blank) in [cell.strip() for cell in cells], f"the blank of {name} drifted"


def test_no_two_notebooks_ask_the_same() -> None:
    asked = Counter(
        (kind, name) for path in NOTEBOOKS for cell in code_cells(path) for kind, name in asked_in(cell)
    )
    assert [one for one, times in asked.items() if times > 1] == []
