"""A queue on NATS whose server stops answering while a lease is held."""

from __future__ import annotations

import asyncio
import os
import time
from urllib.parse import urlsplit

import nats
import pytest

from infra_ref.contract import run
from infra_ref.event_bus.contracts.queue_contract import received, refusal, some
from infra_ref.event_bus.errors import QueueUnavailable
from infra_ref.event_bus.jetstream_queue import JetStreamQueue
from tests.event_bus.nats_bench import NatsBench

LEASE = 1.0


def test_a_write_under_a_lease_gives_up_before_the_lease_lapses() -> None:
    """JetStream takes an acknowledgement from anybody, so a late one would settle what another has."""
    url = os.environ.get("INFRA_REF_TEST_NATS_URL", "")
    if not url:
        pytest.skip("set INFRA_REF_TEST_NATS_URL to the URL of a NATS with JetStream")

    async def check() -> None:
        server, flowing, gone = urlsplit(url), asyncio.Event(), asyncio.Event()
        flowing.set()

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while piece := await source.read(65536):
                await flowing.wait()
                sink.write(piece)

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection(server.hostname, server.port or 4222)
            pumps = [asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for one in pumps:
                one.cancel()
            await asyncio.wait(pumps)
            for end in (back, writer):
                end.transport.abort()
            await asyncio.sleep(0)
            gone.set()

        bench = NatsBench()
        bench.url = url
        async with bench.make(), await asyncio.start_server(accept, "127.0.0.1", 0) as listening:
            client = await nats.connect(f"nats://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
            queue = JetStreamQueue(client.jetstream(), name=bench.name, lease=LEASE, timeout=30)
            await queue.send(some("a1"))
            consumer = await queue.join("g")
            got = await received(consumer)
            flowing.clear()
            before = time.monotonic()
            assert isinstance(await refusal(consumer.ack(got)), QueueUnavailable)
            assert time.monotonic() - before < LEASE
            flowing.set()
            await client.close()
            await asyncio.wait_for(gone.wait(), 10)

    run(check())
