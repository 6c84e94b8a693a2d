"""What readers do to a live page: edit, stop, reload, lose the network, answer, crash it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.site.conftest import ROOT
from tests.site.live_page import LONG, NOTEBOOKS, RUN_ALL, START, committed, opened, put, run

pytestmark = pytest.mark.timeout(600)


def test_the_playground_runs_and_takes_code_from_other_pages(address: str, page: Page) -> None:
    page.set_default_timeout(LONG)
    watched = opened(page, f"{address}playground/")
    assert [one["ok"] for one in page.evaluate(RUN_ALL)] == [True] * 3
    page.goto(address)
    page.get_by_role("link", name="Try it").first.click()
    page.locator(".jp-CodeCell .jp-OutputArea", has_text="CACHE-09").first.wait_for()
    assert "class DictCache" in page.evaluate("() => live.cells[0].text")
    assert watched.said == []


def test_on_a_slow_line_the_smaller_way_is_taken(address: str, page: Page) -> None:
    fetched: list[str] = []
    page.on("requestfinished", lambda request: fetched.append(request.url))
    line = page.context.new_cdp_session(page)
    speed = {"offline": False, "latency": 20, "uploadThroughput": -1, "connectionType": "wifi"}
    line.send("Network.emulateNetworkConditions", speed | {"downloadThroughput": 10e6 / 8})
    opened(page, address + START)
    assert run(page, "1 + 1") == "2"
    assert any("/packs/" in url for url in fetched)
    assert not any("/memory-" in url for url in fetched)


def test_a_cell_is_edited_and_run_with_the_keyboard(address: str, page: Page) -> None:
    watched = opened(page, address + START)
    put(page, "6 * 7")
    page.keyboard.press("Control+Enter")
    cell = page.locator(".jp-CodeCell[id]").first
    cell.locator(".jp-InputPrompt", has_text="[1]").wait_for(timeout=LONG)
    assert cell.locator(".jp-OutputArea").inner_text() == "42"
    assert watched.said == []


def test_what_a_cell_raises_is_readable_and_the_kernel_lives_on(address: str, page: Page) -> None:
    opened(page, address + START)
    shown = run(page, "def price():\n    return 1 / 0\n\nprice()")
    assert "ZeroDivisionError" in shown
    assert "return 1 / 0" in shown
    assert "pyodide" not in shown
    for ends in (
        "raise SystemExit",
        "raise KeyboardInterrupt",
        "import asyncio; raise asyncio.CancelledError",
    ):
        run(page, ends)
    assert run(page, "1 + 1") == "2"


def test_output_comes_as_it_is_printed(address: str, page: Page) -> None:
    opened(page, address + START)
    put(page, "import asyncio\nprint('first')\nawait asyncio.sleep(60)")
    page.locator(".jp-CodeCell[id]").first.get_by_role("button", name="Run this cell").click()
    page.locator(".jp-OutputArea", has_text="first").first.wait_for(timeout=LONG)


@pytest.mark.parametrize(
    "endless",
    [
        "while True:\n    pass",
        "import asyncio\nawait asyncio.Event().wait()",
        "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
    ],
    ids=["loop", "await", "swallows"],
)
def test_stop_ends_what_never_ends(endless: str, address: str, page: Page) -> None:
    opened(page, address + START)
    run(page, "kept = 1")
    put(page, endless)
    page.locator(".jp-CodeCell[id]").first.get_by_role("button", name="Run this cell").click()
    page.get_by_role("button", name="Stop Python").click()
    page.locator(".live-status", has_text="All names are gone").wait_for(timeout=LONG)
    assert "NameError" in run(page, "kept")


def test_edits_survive_a_reload_and_another_tab_until_reset(address: str, page: Page) -> None:
    opened(page, address + START)
    put(page, "mine = 1")
    opened(page, address + START)
    assert page.evaluate("() => live.cells[0].text") == "mine = 1"
    other = page.context.new_page()
    opened(other, address + START)
    assert other.evaluate("() => live.cells[0].text") == "mine = 1"
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Put every cell back as it was").click()
    assert page.evaluate("() => live.cells[0].text === live.cells[0].original")


def test_edits_survive_back_and_forward(address: str, page: Page) -> None:
    opened(page, address + START)
    put(page, "mine = 1")
    page.goto(address)
    page.go_back()
    page.wait_for_function("() => window.live", timeout=LONG)
    assert page.evaluate("() => live.cells[0].text") == "mine = 1"


def test_the_notebook_is_saved_with_the_readers_code(address: str, page: Page) -> None:
    opened(page, address + START)
    put(page, "mine = 1")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save as .ipynb").click()
    saved = json.loads(Path(saving.value.path()).read_text(encoding="utf-8"))
    code = [one for one in saved["cells"] if one["cell_type"] == "code"]
    assert code[0]["source"] == "mine = 1"
    assert "".join(code[1]["source"]) == "".join(committed(NOTEBOOKS[0])[1]["source"])


def test_a_page_that_was_visited_runs_without_a_network(address: str, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    opened(page, address + START)
    page.evaluate("() => navigator.serviceWorker.ready")
    page.reload()  # from now on the worker sees what the page asks for
    page.wait_for_function("() => window.live && navigator.serviceWorker.controller", timeout=LONG)
    assert run(page, "1 + 1") == "2"
    context.set_offline(True)
    page.reload()
    page.wait_for_function("() => window.live", timeout=LONG)
    assert run(page, "1 + 2") == "3"
    context.close()


QUESTION = "[data-part=question]"


def test_a_question_is_answered_without_python(address: str, page: Page) -> None:
    page.goto(address + START)
    question = page.locator(f"{QUESTION} .lesson-question").first
    name = question.get_attribute("data-name")
    answer = page.locator(f".lesson-answer[data-name={name}]")
    assert not answer.is_visible()
    truth = answer.get_attribute("data-truth")
    options = question.get_by_role("button").all_inner_texts()
    wrong = next(one for one in options if one != truth)
    question.get_by_role("button", name=wrong, exact=True).click()
    assert "Try once more" in question.get_by_role("status").inner_text()
    assert not answer.is_visible()
    question.get_by_role("button", name=str(truth), exact=True).click()
    assert question.get_by_role("status").inner_text() == "Right."
    assert answer.locator(".ir-card").is_visible()
    page.reload()
    assert page.locator(f".lesson-answer[data-name={name}] .ir-card").is_visible()


def test_an_answer_chosen_on_the_page_is_the_one_that_python_judges(address: str, page: Page) -> None:
    opened(page, address + START)
    answer = page.locator(".lesson-answer").first
    truth = answer.get_attribute("data-truth")
    page.locator(f"{QUESTION} .lesson-question").first.get_by_role(
        "button", name=str(truth), exact=True
    ).click()
    page.get_by_role("button", name="Run all").click()
    page.locator(".live-status", has_text="All cells have run").wait_for(timeout=LONG)
    assert answer.locator(".ir-title").inner_text().startswith("✓ Right")


def test_an_exercise_is_judged_in_the_page(address: str, page: Page) -> None:
    path = NOTEBOOKS[0]
    opened(page, address + START)
    cells = ["".join(one["source"]) for one in committed(path)]
    attempt = next(at for at, text in enumerate(cells) if text.startswith("class FirstCache"))
    judge = next(at for at, text in enumerate(cells) if ".judge(FirstCache)" in text)
    assert "exercise(" in cells[attempt - 1]
    run(page, "from infra_ref.workbench import exercise\n" + cells[attempt - 1], attempt - 1)
    find = "from infra_ref.workbench.teaching.sitting import find; print(find('start_here/first-adapter')"
    solved = run(page, f"{find}.source(find('start_here/first-adapter').solution))")
    run(page, "class FirstCache:\n    pass", attempt)
    assert "✗" in run(page, cells[judge], judge)
    run(page, solved, attempt)
    assert "✓" in run(page, cells[judge], judge)
    run(page, "class FirstCache:\n    def get(self:", attempt)
    assert "SyntaxError" in run(page, cells[judge], judge)


def test_hints_open_one_after_the_other(address: str, page: Page) -> None:
    page.goto(address + START)
    first = page.locator(".lesson-hint").first
    second = first.locator(".lesson-hint").first
    assert not second.is_visible()
    first.locator("summary").first.click()
    assert second.locator("summary").first.is_visible()


def test_a_page_reads_well_without_scripts(address: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in NOTEBOOKS:
        page.goto(f"{address}notebooks/{path.stem}/")
        text = page.locator(".jupyter-wrapper").inner_text()
        assert "Not answered" not in text
        assert "Not attempted" not in text
    context.close()


CUT = """() => [...document.querySelectorAll(".jupyter-wrapper .highlight-ipynb pre")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.textContent.split("\\n")[0].slice(0, 60))"""


def test_no_code_is_cut(address: str, page: Page) -> None:
    cut = {}
    for path in NOTEBOOKS:
        page.goto(f"{address}notebooks/{path.stem}/")
        page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        if found := page.evaluate(CUT):
            cut[path.stem] = found
    assert cut == {}


def test_two_tabs_have_a_kernel_each(address: str, page: Page) -> None:
    opened(page, address + START)
    run(page, "mine = 1")
    other = page.context.new_page()
    opened(other, address + START)
    assert "NameError" in run(other, "mine")


def test_a_kernel_that_crashes_is_replaced(address: str, page: Page) -> None:
    opened(page, address + START)
    run(page, "kept = 1")
    put(page, "deep = []\nfor _ in range(200_000):\n    deep = [deep]\ndel deep")
    page.locator(".jp-CodeCell[id]").first.get_by_role("button", name="Run this cell").click()
    page.locator(".live-status", has_text="Python has crashed").wait_for(timeout=LONG)
    assert run(page, "1 + 1") == "2"


@pytest.mark.parametrize("lost", ["**/packs/infra_ref.gz", "**/worker.js", "**/plan.json"])
def test_what_does_not_arrive_is_named_and_can_be_tried_again(lost: str, address: str, page: Page) -> None:
    def missing(route: Route) -> None:
        route.fulfill(status=404, body="")

    page.route(lost, missing)
    opened(page, address + START)
    page.get_by_role("button", name="Run all").click()
    page.locator(".live-status", has_text="Python did not start").wait_for(timeout=LONG)
    page.unroute(lost)
    assert run(page, "1 + 1") == "2"


def test_a_browser_that_cannot_run_it_says_so(address: str, page: Page) -> None:
    worker = (ROOT / "site-src/live/worker.js").read_text(encoding="utf-8")
    without = f"{worker}\ndelete WebAssembly.Suspending;"
    page.route("**/worker.js", lambda route: route.fulfill(content_type="text/javascript", body=without))
    opened(page, address + START)
    page.get_by_role("button", name="Run all").click()
    page.locator(".live-status", has_text="it has no JSPI").wait_for(timeout=LONG)


def test_without_storage_the_page_still_runs(address: str, page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied'); } });"
    )
    opened(page, address + START)
    assert run(page, "1 + 1") == "2"


def test_a_real_server_is_refused_with_words(address: str, page: Page) -> None:
    opened(page, f"{address}notebooks/05_caching/")
    shown = run(
        page,
        "from infra_ref.caching.make_cache import make_cache\n"
        "async with make_cache('redis://127.0.0.1:6379/0', namespace='x') as cache:\n"
        "    await cache.get('k')",
    )
    assert "no network" in shown
    assert "infra-ref lab" in shown
