"""`HttpSmsService` keeps every rule of its contract, with a provider played in memory."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from functools import cached_property
from typing import Any

from infra_ref.gateway.exchange.scripted_server import Answer, ReceivedRequest, json_answer
from infra_ref.gateway.memory_http_client import MemoryHttpClient, MemoryServer
from infra_ref.notification.contracts.sms_service_contract import SmsServiceContract
from infra_ref.notification.http_sms_service import HttpSmsService


class SmsProvider:
    """Mix it into a scripted server: its API knows idempotency keys."""

    fault: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.received_texts: list[tuple[str, str]] = []
        self._keys: set[str] = set()
        self.codes: dict[str, deque[int]] = defaultdict(lambda: deque([202]))

    def next(self, request: ReceivedRequest) -> Answer:
        body = json.loads(request.body)
        codes = self.codes[body["to"]]
        code = codes.popleft() if len(codes) > 1 else codes[0]
        if code >= 400:
            return json_answer({"error": "refused", "text": body["text"]}, code)
        key = request.headers.get("idempotency-key", "")
        if key not in self._keys:
            self.received_texts.append((body["to"], body["text"]))
        self._keys |= {key} - {""}
        return json_answer({"id": "1"}, code, fault="cut" if self.fault == "lost" else None)


class MemoryProvider(SmsProvider, MemoryServer):
    """Without a socket."""


class OnProvider(SmsServiceContract):
    kind = HttpSmsService
    server: Any

    def url(self) -> str:
        return f"{self.server.url}/messages"

    @property
    def provider(self) -> Any:
        server = self.server

        class Provider:
            received = server.received_texts

            def answer(self, number: str, *codes: int) -> None:
                server.codes[number] = deque(codes)

        return Provider()

    @property
    def wire(self) -> Any:
        return Wire(self)


class Wire:
    def __init__(self, bench: Any) -> None:
        self._bench = bench

    @property
    def fault(self) -> str | None:
        return str(self._bench.server.fault)

    @fault.setter
    def fault(self, fault: str | None) -> None:
        server, service = self._bench.server, self._bench.service
        server.fault = fault
        service._url = f"{server.nowhere if fault == 'gone' else server.url}/messages"


class TestHttpSmsInMemory(OnProvider):
    @cached_property
    def server(self) -> Any:
        return MemoryProvider()

    def make(self) -> HttpSmsService:
        client = MemoryHttpClient(self.server)
        self.service = self.kind(client, url=self.url(), sender="Shop", timeout=0.5)
        return self.service
