"""Health over HTTP: an ASGI application, to be mounted in any other."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from infra_ref.observability.health_port import Health

Message: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

HEADERS = {
    b"content-type": b"application/health+json",  # draft-inadarei-api-health-check-06
    b"cache-control": b"no-store",
}


class HealthApp:
    """Answers GET and HEAD: `/live` with 200, `/ready` with 200, or 503 while a critical check fails.

    `warn` is 200: it can still serve. Mount it, say at `/health`; it needs no framework.
    """

    def __init__(self, health: Health) -> None:
        self._asks = {"/live": health.live, "/ready": health.ready}

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        """Answer one request, as ASGI 3 has it; what is not HTTP is refused with ValueError."""
        if scope["type"] != "http":
            raise ValueError(f"health is asked over HTTP, not {scope['type']}")
        status, shown, headers = await self._answer(scope)
        body = json.dumps(shown).encode()
        headers = HEADERS | headers | {b"content-length": str(len(body)).encode()}
        await send({"type": "http.response.start", "status": status, "headers": list(headers.items())})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    async def _answer(self, scope: Message) -> tuple[int, dict[str, Any], dict[bytes, bytes]]:
        ask = self._asks.get(scope["path"].removeprefix(scope.get("root_path", "")))
        if ask is None:
            return 404, {"status": "fail", "output": "ask /live or /ready"}, {}
        if scope["method"] not in {"GET", "HEAD"}:
            return 405, {"status": "fail", "output": "ask by GET"}, {b"allow": b"GET, HEAD"}
        report = await ask()
        shown: dict[str, Any] = {"status": report.status}
        if report.checks:
            shown["checks"] = {name: [{"status": status}] for name, status in report.checks.items()}
        return 503 if report.status == "fail" else 200, shown, {}
