"""The built site, served in a folder of a local server, and a headless Chromium to look at it."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "site-src" / "hooks"))  # the tests import the site's own modules

UNDER = "infra_ref"
"""The site is served in a folder, as on a project's pages: a link from the root would be lost."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with its live pages: the one that `make test` has built, or a new one."""
    built = Path(os.environ.get("INFRA_REF_TEST_SITE", "none")) / UNDER
    if (built / "index.html").is_file():
        return built
    folder = tmp_path_factory.mktemp("web") / UNDER
    run = functools.partial(subprocess.run, cwd=ROOT, capture_output=True, text=True, timeout=900)
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    pages = run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder], env=quiet
    )
    assert pages.returncode == 0, pages.stdout + pages.stderr
    live = run([sys.executable, "site-src/live/build.py", folder])
    assert live.returncode == 0, live.stdout + live.stderr
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A browser that leaves a page hangs up; what a page did not get is seen there."""

    server = Server(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{UNDER}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")  # its event loop runs as long as it is there
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        says = "the site's pages are looked at with Chromium, which is not here: apt-get install chromium"
        pytest.fail(says) if os.environ.get("INFRA_REF_CI") else pytest.skip(says)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    desk = {"width": 1280, "height": 900}
    # What a service worker fetches, a test cannot see.
    context = browser.new_context(
        viewport=desk, color_scheme="light", reduced_motion="reduce", service_workers="block"
    )
    yield context.new_page()
    context.close()
