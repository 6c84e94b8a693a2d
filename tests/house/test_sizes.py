"""Nothing outgrows its budget, and a recorded figure only goes down."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from infra_ref.workbench.source_tree import SourceTree
from tests.house import sizes
from tests.house.sizes import ROOT, complaints, lower, recorded


def test_nothing_outgrew_its_budget() -> None:
    assert list(complaints(ROOT)) == [], "shrink it; to raise a figure, edit budgets.toml and say why"


def test_the_readme_carries_the_sizes() -> None:
    assert list(sizes.readme_complaints(ROOT)) == [], "run: python tests/house/sizes.py --lower"


def test_the_page_on_the_linter_says_what_its_frame_is_made_of() -> None:
    frame = sizes.frame(SourceTree(ROOT / "infra_ref", hidden=()))
    lines, code = sum(one.lines for one in frame), sum(_code(one.text) for one in frame)
    page = (ROOT / "site-src/pages/why/anti-patterns.md").read_text(encoding="utf-8")
    assert f"has {lines}, {code} of them code" in page.replace("\n", " ")


def _code(text: str) -> int:
    """Return how many lines are neither blank nor of an import or a docstring."""
    lines = {number for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
    for node in ast.walk(ast.parse(text)):
        told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if told or isinstance(node, ast.Import | ast.ImportFrom):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name, lines in {
        "infra_ref/__init__.py": 1,
        "infra_ref/caching/port.py": 100,
        "infra_ref/caching/big_cache.py": 160,
        "infra_ref/caching/decorators/stale_cache.py": 120,
        "tests/house/x.py": 1,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("A = 1\n" * lines)
    reading = '"""Caching: kept.\n\nReading path: `port`, `big_cache`.\n"""\n'
    (tmp_path / "infra_ref/caching/__init__.py").write_text(reading)
    (tmp_path / sizes.RECORDED).write_text('"file infra_ref/caching/big_cache.py" = 160\n')
    (tmp_path / "README.md").write_text("<!-- sizes --><!-- /sizes -->")
    return tmp_path


def test_what_is_recorded_may_stay_and_not_grow(house: Path) -> None:
    assert list(complaints(house)) == []
    (house / "infra_ref/caching/big_cache.py").write_text("A = 1\n" * 161)
    (said,) = complaints(house)
    assert said == "file infra_ref/caching/big_cache.py: 161, and 160 is as recorded"


def test_what_is_new_keeps_its_budget(house: Path) -> None:
    (house / "infra_ref/caching/decorators/stale_cache.py").write_text("A = 1\n" * 121)
    (house / "infra_ref/caching/make_cache.py").write_text("A = 1\n" * 61)
    port = house / "infra_ref/caching/port.py"
    port.write_text("from infra_ref.caching import big_cache\n" + "A = 1\n" * 119)
    (house / "infra_ref/caching/big_cache.py").write_text("A = 1\n" * 531)
    said = "\n".join(complaints(house))
    assert "stale_cache.py: 121, and 120 is its budget" in said
    assert "make_cache.py: 61, and 60 is its budget" in said
    assert "add caching/port: 652, and 650 is its budget" in said
    assert "caching: reading path: 651, and 600 is its budget" in said


def test_a_figure_is_lowered_and_never_raised(house: Path) -> None:
    assert lower(house) == {}
    big = house / "infra_ref/caching/big_cache.py"
    big.write_text("A = 1\n" * 155)
    assert list(lower(house).values()) == [(160, 155)]
    sizes.write(house)
    assert list(recorded(house).values()) == [155]
    big.write_text("A = 1\n" * 159)
    sizes.write(house)
    assert list(recorded(house).values()) == [155]
    assert list(complaints(house))
    big.write_text("A = 1\n" * 150)
    sizes.write(house)
    assert recorded(house) == {}


def test_the_readme_may_not_be_far_off(house: Path) -> None:
    sizes.write(house)
    assert list(sizes.readme_complaints(house)) == []
    (house / "infra_ref/caching/big_cache.py").write_text("A = 1\n" * 100)
    assert [one for one in sizes.readme_complaints(house) if "reading path: 260, and it is 200" in one]


def test_a_notebook_has_small_cells(house: Path) -> None:
    cells = [{"cell_type": "code", "source": ["x\n"] * 13}, {"cell_type": "code", "source": ["y" * 81]}]
    (house / "notebooks").mkdir()
    (house / "notebooks/05_caching.ipynb").write_text(json.dumps({"cells": cells}))
    said = "\n".join(complaints(house))
    assert "longest cell: 13, and 12" in said
    assert "median cell: 7, and 4" in said
    assert "columns: 81, and 80" in said
