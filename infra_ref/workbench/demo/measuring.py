"""Requests and events, measured: few labels, never a URL."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra_ref.events import DomainEvent
from infra_ref.observability.port import Metrics


@dataclass(frozen=True)
class Counting:
    """An `EventHandler` that counts. An event that comes twice is counted twice: it is a gauge of traffic."""

    event_type: str
    metrics: Metrics
    id: str = "counter"

    def can_handle(self, event: DomainEvent) -> bool:
        return True

    async def handle(self, event: DomainEvent) -> None:
        self.metrics.count("shop_events", type=event.type)


class Measured:
    """An ASGI application around another, which measures how long requests took."""

    def __init__(self, inner: ASGIApp, metrics: Metrics) -> None:
        self.inner, self._metrics = inner, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.inner(scope, receive, seen)
        finally:
            route = getattr(scope.get("route"), "path", "none")  # what no route takes is one label
            labels = {"method": scope["method"], "route": route, "status": str(status)}
            self._metrics.record_duration("http_request_duration", time.perf_counter() - begun, **labels)
