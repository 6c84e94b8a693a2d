"""Where queues on NATS are made for the contracts."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import nats
import pytest

from infra_ref.contract import Contract
from infra_ref.event_bus.contracts.queue_contract import LIMIT
from infra_ref.event_bus.jetstream_dead_letters import JetStreamDeadLetters
from infra_ref.event_bus.jetstream_queue import JetStreamQueue
from tests.event_bus.benches import LEASE


class NatsBench(Contract):
    """Streams of its own on the NATS at INFRA_REF_TEST_NATS_URL, deleted in the end."""

    lacks: ClassVar = {"outage": "this server is not ours to cut off"}

    @pytest.fixture(autouse=True)
    def _at(self) -> None:
        self.url = os.environ.get("INFRA_REF_TEST_NATS_URL", "")
        if not self.url:
            pytest.skip("set INFRA_REF_TEST_NATS_URL to the URL of a NATS with JetStream")

    @asynccontextmanager
    async def make(self) -> AsyncGenerator[Any]:
        client = await nats.connect(self.url)
        self.js, self.name = client.jetstream(), f"infra_ref_test_{secrets.token_hex(4)}"
        try:
            async with self.made() as made:
                yield made
        finally:
            for name in (
                self.name,
                f"KV_{self.name}-leases",
                f"KV_{self.name}-attempts",
                f"KV_{self.name}-dead",
            ):
                try:
                    await self.js.delete_stream(name)
                except nats.js.errors.NotFoundError:
                    continue
            await client.close()

    @asynccontextmanager
    async def made(self) -> AsyncGenerator[Any]:
        yield self.a_queue()

    def a_queue(self, *, lease: float = LEASE, limit: int = LIMIT) -> JetStreamQueue:
        return JetStreamQueue(self.js, name=self.name, lease=lease, limit=limit)

    async def dead_letters(self, queue: Any) -> JetStreamDeadLetters:
        return JetStreamDeadLetters(self.js, queue, name=self.name)

    async def plant(self, raw: bytes) -> None:
        await self.js.publish(self.name, raw)

    async def kept(self) -> int:
        return int((await self.js.stream_info(self.name)).state.messages)
