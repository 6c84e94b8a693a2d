"""`HealthApp` shows a registry as the contract wants it shown."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.observability.contracts.health_contract import HealthContract
from infra_ref.observability.health_app import HealthApp
from infra_ref.observability.health_registry import HealthRegistry
from infra_ref.observability.testing.recording_logger import RecordingLogger


class TestHealthApp(HealthContract):
    kind: type[HealthRegistry] = HealthRegistry
    app: Any = HealthApp

    @cached_property
    def health(self) -> HealthRegistry:
        return self.kind(RecordingLogger(), clock=self.clock)

    def make(self, clock: FakeClock) -> HealthRegistry:
        return self.health

    async def ask(self, path: str, method: str = "GET", /) -> tuple[int, dict[str, str], str]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": method, "path": f"/health{path}", "root_path": "/health"}
        await self.app(self.health)(scope, receive, send)
        start, body = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, body["body"].decode()
