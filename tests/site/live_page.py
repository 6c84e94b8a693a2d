"""A notebook's live page: open it, write in its cells, run them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.site.conftest import ROOT
from tests.site.watched import Watched

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
START = "notebooks/00_start_here/"
LONG = 60_000
"""Milliseconds that a start may take on a busy machine; how long it takes is measured in the benchmarks."""

RUN_ALL = """async () => {
  const { session, cells } = window.live, found = [];
  let number = 0;
  for (const cell of cells) {
    const outputs = [];
    const ok = await session.run(cell.id, ++number, cell.text, (output) => outputs.push(output));
    found.push({ ok, outputs });
  }
  return found;
}"""


def opened(page: Page, url: str) -> Watched:
    """Open a live page; return what it asks for and complains of."""
    watched = Watched(page, re.split("notebooks/|playground/", url)[0])
    page.goto(url)
    page.wait_for_function("() => window.live", timeout=LONG)
    return watched


def put(page: Page, text: str, at: int = 0) -> None:
    """Write `text` into a cell's editor, as a reader would."""
    cell = page.locator(".jp-CodeCell[id]").nth(at)
    cell.get_by_role("button", name="Edit this cell").click()
    editor = cell.locator(".cm-content")
    editor.fill(text)


def run(page: Page, text: str, at: int = 0) -> str:
    """Run `text` in a cell and return what it shows."""
    put(page, text, at)
    cell = page.locator(".jp-CodeCell[id]").nth(at)
    cell.get_by_role("button", name="Run this cell").click()
    cell.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for(timeout=LONG)
    return cell.locator(".jp-OutputArea").inner_text()


def committed(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [one for one in cells if one["cell_type"] == "code" and "".join(one["source"]).strip()]
