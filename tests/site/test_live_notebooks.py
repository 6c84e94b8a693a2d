"""Each notebook runs on its own page, in a Python that the site serves, and shows what was committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.site.live_page import LONG, NOTEBOOKS, RUN_ALL, committed, opened

pytestmark = pytest.mark.timeout(600)

ABSENT = {"09_security": "cryptography"}
"""Notebooks that cannot run in a page, with the package that no browser has."""
LARGE = {"04_factory": 11.1e6}
"""Bytes: it needs SQLAlchemy, pydantic and redis-py at once."""


def texts(outputs: list[dict[str, Any]]) -> dict[str, str]:
    """Return what nbval compares: the plain text of results and displays, and what was printed."""
    found: dict[str, str] = {}
    for one in outputs:
        kind = one.get("output_type") or one["kind"]
        content = one.get("content", one)
        if kind == "stream":
            text = content["text"]
            key = content["name"]
        elif kind == "error":
            key, text = "error", content["ename"]
        else:
            key, text = kind, content["data"].get("text/plain", "")
        found[key] = found.get(key, "") + "".join(text)
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_gives_in_the_page_what_was_committed(path: Path, address: str, page: Page) -> None:
    page.set_default_timeout(LONG)
    if path.stem in ABSENT:
        page.goto(f"{address}notebooks/{path.stem}/")
        assert (
            f"It needs {ABSENT[path.stem]}, which no browser has"
            in page.locator(".notebook-bar").inner_text()
        )
        return
    watched = opened(page, f"{address}notebooks/{path.stem}/")
    found = page.evaluate(RUN_ALL)
    cells = committed(path)
    assert len(found) == len(cells)
    differ = {}
    for number, (cell, here) in enumerate(zip(cells, found, strict=True), 1):
        source = "".join(cell["source"])
        if "NBVAL_IGNORE_OUTPUT" in source or 'platform == "emscripten"' in source:
            continue  # the cell itself says why
        wanted, seen = texts(cell["outputs"]), texts(here["outputs"])
        seen.pop("progress", None)
        if wanted != seen:
            differ[number] = (wanted, seen)
    assert differ == {}
    assert watched.said == []


@pytest.mark.parametrize(
    "path", [one for one in NOTEBOOKS if one.stem not in ABSENT], ids=lambda path: path.stem
)
def test_what_a_page_loads_is_small(path: Path, site: Path) -> None:
    (plan,) = site.glob("live/*/plan.json")
    sizes = json.loads(plan.read_text(encoding="utf-8"))[path.stem]["bytes"]
    both = sizes["core"] + sizes["packs"]
    assert both + sizes["compiled"] <= LARGE.get(path.stem, 10.5e6)
    assert both + sizes["snapshot"] <= 20e6
