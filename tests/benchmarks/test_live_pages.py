"""How long a reader waits in a live page: from the button to the first output, and for a whole notebook.

Chromium on this machine, with the site on the loopback; the local kernel is that of `infra-ref lab`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from tests.benchmarks.harness import Board
from tests.site.conftest import ROOT, address, browser, site
from tests.site.live_page import LONG, RUN_ALL

__all__ = ["address", "browser", "site"]  # fixtures
pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]
ROUNDS = 7
LONGEST = "05_caching"

FIRST = """() => new Promise((done) => {
  const begun = performance.now();
  live.session.run("probe", 1, "print(1)", () => done((performance.now() - begun) / 1000));
})"""


def waited(browser: Browser, address: str, *, snapshot: bool = True, approached: bool = False) -> float:
    """Return the seconds from the button to the first output, in a browser that has nothing of the site."""
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    if not snapshot:
        page.route("**/plan.json", without_snapshots)
    page.goto(f"{address}notebooks/{LONGEST}/")
    page.wait_for_function("() => window.live", timeout=LONG)
    if approached:
        page.get_by_role("button", name="Run all").hover()
        page.locator(".live-status", has_text="Python is ready").wait_for(timeout=LONG)
    took = float(page.evaluate(FIRST))
    context.close()
    return took


def without_snapshots(route: Route) -> None:
    plan: dict[str, dict[str, Any]] = route.fetch().json()
    route.fulfill(json={name: one | {"snapshot": None} for name, one in plan.items()})


def test_the_first_output_comes_soon(board: Board, browser: Browser, address: str) -> None:
    ways: dict[str, tuple[dict[str, bool], float | None]] = {
        "button to first output, cold, with a memory snapshot": ({}, 1.5),
        "button to first output, cold, the smaller way": ({"snapshot": False}, None),
        "button to first output, approached before": ({"approached": True}, 0.2),
    }
    rounds = [
        {name: waited(browser, address, **how) for name, (how, _) in ways.items()} for _ in range(ROUNDS)
    ]
    missed = []
    for name, (_, at_most) in ways.items():
        try:
            board.measure(name, [one[name] for one in rounds], at_most=at_most)
        except AssertionError as error:
            missed.append(str(error))
    assert missed == []


def test_the_longest_notebook_takes_little_more_than_on_a_local_kernel(
    board: Board, browser: Browser, address: str
) -> None:
    page_took, kernel_took = [], []
    for _ in range(3):
        context = browser.new_context(service_workers="block")
        page = context.new_page()
        page.goto(f"{address}notebooks/{LONGEST}/")
        page.wait_for_function("() => window.live", timeout=LONG)
        page.evaluate("() => live.session.start()")
        begun = time.perf_counter()
        page.evaluate(RUN_ALL)
        page_took.append(time.perf_counter() - begun)
        context.close()
        kernel_took.append(on_a_local_kernel(ROOT / "notebooks" / f"{LONGEST}.ipynb"))
    board.measure(f"all cells of {LONGEST}, on a local kernel", kernel_took)
    board.measure(f"all cells of {LONGEST}, in the page", page_took, at_most=2 * min(kernel_took))


def on_a_local_kernel(path: Path) -> float:
    import nbformat  # takes 3 s, which all tests would wait for while they are collected
    from nbclient import NotebookClient

    client = NotebookClient(nbformat.read(path, as_version=4), timeout=120)
    with client.setup_kernel():
        begun = time.perf_counter()
        for number, cell in enumerate(client.nb.cells):
            if cell.cell_type == "code":
                client.execute_cell(cell, number)
        return time.perf_counter() - begun


def test_a_page_loads_little(board: Board, site: Path) -> None:
    (plan,) = site.glob("live/*/plan.json")
    for name, one in json.loads(plan.read_text(encoding="utf-8")).items():
        if sizes := one.get("bytes"):
            board.measure(f"{name}, over the wire", [sizes["core"] + sizes["packs"]], unit="B")
