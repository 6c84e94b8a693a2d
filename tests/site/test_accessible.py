"""What axe finds: names, landmarks, contrast, order of headings, sizes of targets, on each kind of page."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.site.conftest import ROOT
from tests.site.test_browser import PHONE, one_of_each_kind

pytestmark = pytest.mark.timeout(600)

FOUND = """async () => (await axe.run({ resultTypes: ["violations"] })).violations.flatMap((one) =>
  one.nodes.slice(0, 3).map((node) => `${one.id}: ${node.html.slice(0, 160)}`))"""


@cache
def axe() -> str:
    """Return the script, as the live pages' lock has it."""
    spec = importlib.util.spec_from_file_location("live_build", ROOT / "site-src/live/build.py")
    assert spec is not None
    assert spec.loader is not None
    build: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    return Path(build.node_modules(), "axe-core", "axe.min.js").read_text(encoding="utf-8")


def complaints(page: Page) -> list[str]:
    page.evaluate(axe())
    found: list[str] = page.evaluate(FOUND)
    return found


@pytest.mark.parametrize("width", [PHONE["width"], pytest.param(1280, marks=pytest.mark.deep)])
def test_axe_has_nothing_to_say(width: int, site: Path, address: str, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    said = {}
    for name in one_of_each_kind(site):
        page.goto(address + name)
        if "notebooks/0" in name or "playground" in name:
            page.wait_for_selector(".live-bar, .notebook-bar")
        said[name] = complaints(page)
    assert {name: found for name, found in said.items() if found} == {}


def test_a_button_without_a_name_is_seen(page: Page) -> None:
    page.set_content("<html lang='en'><title>a</title><main><h1>a</h1><button></button></main></html>")
    assert [said.split(":")[0] for said in complaints(page)] == ["button-name"]
