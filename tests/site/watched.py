"""What a page asked for and complained of."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Page, Request


class Watched:
    """Collects requests to other hosts, errors and warnings of a page in `said`."""

    def __init__(self, page: Page, address: str) -> None:
        self._host = address
        self.at = ""
        self.said: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.say(f"raises {error}"))

    def say(self, what: str) -> None:
        self.said.append(f"{self.at} {what}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._host, "data:", "blob:")):
            self.say(f"asks for {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        ours = "blocked by Playwright" not in message.text  # the test's own doing
        if message.type in {"error", "warning"} and ours:
            self.say(f"says {message.text}")
