"""The site as a reader meets it, in a headless Chromium: every page, and the ways through them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect
from tree import ROOT

from tests.site.links import complaints
from tests.site.watched import Watched

pytestmark = pytest.mark.timeout(600)

PHONE = {"width": 360, "height": 740}
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
COLLIDING = Path(__file__).with_name("colliding.js").read_text(encoding="utf-8")


def pages(site: Path) -> list[str]:
    found = (path.relative_to(site).as_posix() for path in sorted(site.rglob("index.html")))
    return [name.removesuffix("index.html") for name in found]


def one_of_each_kind(site: Path) -> list[str]:
    """Return a page of each kind: its place in the site without the names."""
    kinds: dict[str, str] = {}
    for name in pages(site):
        parts = name.strip("/").split("/")
        last = parts[-1] if parts[-1] in {"port", "contract"} else "other"
        kinds.setdefault(f"{parts[0]}/{len(parts)}/{last}", name)
    return list(kinds.values())


OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_no_link_leads_nowhere(site: Path) -> None:
    assert list(complaints(site)) == []


def test_a_missing_page_leads_home_wherever_the_site_is(site: Path, page: Page) -> None:
    within = "http://site.test/sub/path/"

    def served(route: Route) -> None:
        asked = site / unquote(urlsplit(route.request.url).path).removeprefix("/sub/path/")
        asked = asked / "index.html" if asked.is_dir() else asked
        there = route.request.url.startswith(within) and asked.is_file()
        route.fulfill(status=200 if there else 404, path=asked if there else site / "404.html")

    page.context.route("**", served)
    fetched: list[str] = []
    page.on("requestfinished", lambda request: fetched.append(request.url))
    for missing in ("no", "reference/no/such/page/", "//elsewhere.test/", "%22%3E/x"):
        fetched.clear()
        answer = page.goto(within + missing)
        assert answer is not None
        assert answer.status == 404
        assert page.evaluate("() => document.baseURI") == within
        assert (
            page.evaluate("() => getComputedStyle(document.querySelector('.md-header')).position") == "sticky"
        )
        assert all(one.startswith("http://site.test/") for one in fetched)
        page.keyboard.press("/")
        page.keyboard.type("CACHE-09")
        hit = page.locator(".md-search-result__item a").first
        expect(hit).to_have_attribute("href", re.compile(f"^{re.escape(within)}reference/caching/contract/"))
        page.keyboard.press("Escape")
        page.get_by_role("link", name="map", exact=True).click()
        expect(page).to_have_url(f"{within}map/")
    fetched.clear()
    page.goto("http://site.test//elsewhere.test/")
    assert all(one.startswith("http://site.test/") for one in fetched)


@pytest.mark.parametrize("nth", [pytest.param(1, marks=pytest.mark.deep), 4])
def test_pages_keep_to_themselves_and_fit_a_phone(nth: int, site: Path, address: str, page: Page) -> None:
    """All pages, and of the reference, which is long and made by a few functions, every nth."""
    watched = Watched(page, address)
    page.set_viewport_size(PHONE)
    for number, name in enumerate(pages(site)):
        if name.startswith("reference/") and number % nth:
            continue
        watched.at = name
        page.goto(address + name)
        if beyond := page.evaluate(OVERFLOW):
            watched.say(f"is {beyond} px too wide")
    assert watched.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(site: Path, address: str, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    faint: dict[str, list[str]] = {}
    for name in one_of_each_kind(site):
        page.goto(address + name)
        faint[name] = page.evaluate(CONTRAST)
    assert {name: found for name, found in faint.items() if found} == {}


def test_the_scheme_follows_the_system_and_the_switch(address: str, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(address)
    page.wait_for_selector("body[data-md-color-scheme=slate]")
    page.emulate_media(color_scheme="light")
    page.wait_for_selector("body[data-md-color-scheme=default]")
    for wanted in ("default", "slate"):
        page.locator("form[data-md-component=palette] label:visible").click()
        page.wait_for_selector(f"body[data-md-color-scheme={wanted}]")


FOCUSED = """() => {
  const focused = document.activeElement;
  const hidden = focused.matches(".md-option, .md-toggle");  // the label beside it is what one sees
  const seen = hidden ? focused.nextElementSibling : focused;
  const { width, height } = seen.getBoundingClientRect();
  const field = focused.matches(".md-search__input");  // has a caret
  const outlined = getComputedStyle(seen).outlineStyle === "solid" || field;
  return [focused.outerHTML.slice(0, 120), outlined, width * height > 0];
}"""


def test_the_keyboard_reaches_all_and_shows_where_it_is(address: str, page: Page) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className").startswith("md-skip")
    assert page.locator(".md-skip").is_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#"))
    page.goto(f"{address}reference/caching/contract/")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        what, outlined, visible = page.evaluate(FOCUSED)
        assert (outlined, visible) == (True, True), what
        reached.append(what)
    assert len(set(reached)) == 40


def test_the_benchmarks_picture_can_be_read_on_a_phone(address: str, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{address}benchmarks/")
    assert page.locator(".ratios svg").count() >= 3
    assert page.evaluate(COLLIDING) == []
    page.evaluate("() => document.querySelector('.ratios .rival').textContent = 'against '.repeat(9)")
    assert page.evaluate(COLLIDING) != []


def test_on_a_phone_one_adapter_is_chosen(address: str, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{address}reference/caching/contract/")
    table, choice = page.locator("table.parity").first, page.get_by_label("Adapter").first
    assert table.locator("thead th:visible").count() == 2
    names = choice.locator("option").all_inner_texts()
    choice.select_option(index=1)
    assert " ".join(table.locator("thead th:visible").last.inner_text().split()) == names[1]
    page.set_viewport_size({"width": 1280, "height": 800})
    assert table.locator("thead th:visible").count() == len(names) + 1


def test_the_list_of_notebooks_shows_how_far_one_is(address: str, page: Page) -> None:
    page.goto(f"{address}notebooks/")
    (first, *_) = json.loads(page.locator("[data-steps]").first.get_attribute("data-steps") or "[]")
    assert page.locator(".steps progress").count() == 0
    answer = json.dumps([["a", "a"]])
    page.evaluate("([id, given]) => localStorage.setItem(`infra-ref:answer/${id}`, given)", [first, answer])
    page.reload()
    assert re.search(r"1 of \d+ steps done", page.locator(".steps").first.inner_text())


def test_code_is_copied_whole(address: str, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}reference/caching/redis_cache/")
    block = page.locator(".highlight").last
    block.scroll_into_view_if_needed()
    block.hover()
    block.locator("button[data-clipboard-target], button.md-code__button, .md-clipboard").first.click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.strip() == (ROOT / "infra_ref/caching/redis_cache.py").read_text(encoding="utf-8").strip()


# A guard that cannot complain is a defect


def test_a_lost_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text('<p id="here">')
    (tmp_path / "index.html").write_text(
        '<a href="a/#here"></a><a href="https://example.com"></a>'
        '<a href="b/"></a><a href="a/#there"></a><script src="https://example.com/x.js"></script>'
    )
    assert list(complaints(tmp_path)) == [
        "index.html fetches https://example.com/x.js",
        "index.html leads to b/, which is not there",
        "index.html leads to a/#there, which has no such anchor",
    ]


def test_faint_text_is_seen(page: Page) -> None:
    page.set_content(
        "<p style='color: #777; background: #fff'>a bit faint</p><p>plain</p>"
        "<div style='background: #222'><p style='color: #fff; opacity: .4'>faded</p></div>"
    )
    assert [found.split(" (")[0] for found in page.evaluate(CONTRAST)] == ["4.5: a bit faint", "3.7: faded"]


def test_a_call_elsewhere_and_a_page_too_wide_are_seen(address: str, page: Page) -> None:
    def bad(route: Route) -> None:
        route.fulfill(
            content_type="text/html",
            body="<p style='width: 900px'>x</p><script>fetch('http://127.0.0.1:9/x').catch(() => 0)</script>",
        )

    watched = Watched(page, address)
    page.route("**/bad/", bad)
    page.set_viewport_size(PHONE)
    page.goto(f"{address}bad/")
    page.wait_for_timeout(200)
    assert any("asks for http://127.0.0.1:9/x" in said for said in watched.said)
    assert page.evaluate(OVERFLOW) > 0
