"""The search: ports by the names of the text, rules by their numbers, and what people ask in plain words."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import the_map
from playwright.sync_api import Page

pytestmark = pytest.mark.timeout(600)

QUERIES = Path(__file__).with_name("queries.txt")
"""A query and where its first hit leads, for a number of a rule; one of its first three, for words."""

HITS = """() => [...document.querySelectorAll(".md-search-result__item")].map((one) => {
  const to = new URL(one.querySelector("a").href);
  to.searchParams.delete("h");
  const kind = one.querySelector(".md-tag")?.textContent ?? "";
  return [to.pathname.split("/").slice(2).join("/") + to.search, kind];
})"""


def asked(page: Page, text: str) -> list[list[str]]:
    """Return where the results of the search lead, and the kind of each, once they no longer change."""
    field = page.locator("input.md-search__input")
    for query in ("", text):  # what the last query found must be gone first
        field.fill(query)
        field.press("End")  # the search listens to keys
        page.wait_for_function(f"() => ({HITS})().length > 0 === {str(bool(query)).lower()}", timeout=15_000)
    found: list[list[str]] = page.evaluate(HITS)
    page.wait_for_timeout(300)
    while found != (found := page.evaluate(HITS)):
        page.wait_for_timeout(300)
    return found


def opened_search(address: str, page: Page) -> None:
    page.goto(address)
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.className").startswith("md-search__input")
    page.keyboard.type("cache")
    page.wait_for_selector(".md-search-result__item", state="attached")


def test_the_search_finds_ports_by_the_names_of_the_text(address: str, page: Page) -> None:
    opened_search(address, page)
    lost = {}
    for dotted, (name, _) in the_map.aliases().items():
        source, _ = the_map.defined(dotted)
        assert source is not None
        pages = [where for where, _ in asked(page, name)[:2]]
        if not any(where.endswith(f"/{source.stem}/") for where in pages):
            lost[name] = pages
    assert lost == {}


def test_the_search_answers_what_people_ask(address: str, page: Page) -> None:
    opened_search(address, page)
    lost = {}
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        query, wanted = line.split("  ", 1)
        hits = asked(page, query)[:3]
        first = 1 if "?rule=" in wanted else 3
        if not any(where.startswith(wanted.strip()) for where, _ in hits[:first]):
            lost[query] = hits
        assert all(
            kind for where, kind in hits if where.startswith(("reference/", "notebooks/", "how-to/", "why/"))
        )
    assert lost == {}


def test_a_rule_that_was_found_is_shown_with_its_check(address: str, page: Page) -> None:
    page.goto(f"{address}reference/caching/contract/?rule=CACHE-09")
    page.wait_for_function("() => location.hash === '#CACHE-09'")
    check = page.locator("#CACHE-09 ~ .highlight").first
    assert "clock.advance" in check.inner_text()
    assert check.is_visible()


def test_the_index_of_the_search_is_small(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_bytes()
    assert len(gzip.compress(index)) <= 132_000


def test_the_index_of_the_search_is_fetched_when_the_search_is_opened(address: str, page: Page) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert not any("search_index" in url for url in fetched)
    with page.expect_request("**/search_index.json"):
        page.keyboard.press("/")
