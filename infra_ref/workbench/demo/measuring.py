"""Requests and events, measured for Prometheus: few labels, never a URL."""

from __future__ import annotations

import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra_ref.events import DomainEvent


@dataclass(frozen=True)
class Counting:
    """An `EventHandler` that counts. An event that comes twice is counted twice: it is a gauge of traffic."""

    event_type: str
    counter: Counter
    id: str = "counter"

    def can_handle(self, event: DomainEvent) -> bool:
        return True

    async def handle(self, event: DomainEvent) -> None:
        self.counter.labels(event.type).inc()


class Measured:
    """An ASGI application around another; `registry` has what it measured."""

    def __init__(self, inner: ASGIApp, registry: CollectorRegistry) -> None:
        self.inner = inner
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "How long requests took.",
            ["method", "route", "status"],
            registry=registry,
        )

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
            self._seconds.labels(scope["method"], route, str(status)).observe(time.perf_counter() - begun)
