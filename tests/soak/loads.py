"""What goes on during a soak: orders, calls to a peer, a cache; counted, and checked in the end."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from redis.asyncio import BlockingConnectionPool, Redis

from infra_ref.caching.decorators.fail_safe_cache import FailSafeCache
from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.event_bus.port import Handler
from infra_ref.events import DomainEvent
from infra_ref.factory.build import Infrastructure
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.make_resilient import resilient
from infra_ref.gateway.port import HttpOptions
from infra_ref.repository.errors import OutcomeUnknown
from infra_ref.result import Err, Ok
from infra_ref.sample.order import Order, OrderLine, OrderStatus
from infra_ref.sample.use_cases import pay_order, place_order, register

T = TypeVar("T")
CUSTOMERS = ("u0", "u1", "u2", "u3")
LINES = [OrderLine("lamp", 2, 1990), OrderLine("bulb", 4, 250)]

STORED = {
    "p": {OrderStatus.OPEN},
    "P": {OrderStatus.PAID},
    "u": {OrderStatus.OPEN, OrderStatus.PAID},
    "-": {None},
    "?": {None, OrderStatus.OPEN},
}
"""What an order may be by what the shop answered: placed, paid, paid perhaps, refused, placed perhaps."""


class Load:
    """Counts what was done, and remembers the longest that a caller waited, in seconds."""

    def __init__(self) -> None:
        self.counts, self.longest = Counter[str](), 0.0

    async def timed(self, call: Awaitable[T]) -> T:
        begun = time.monotonic()
        try:
            return await call
        finally:
            self.longest = max(self.longest, time.monotonic() - begun)


class Orders(Load):
    """Four customers place orders and pay them, some 40 a second. A handler notes what was paid."""

    def __init__(self, infrastructure: Infrastructure, seed: int) -> None:
        super().__init__()
        self._shop, self._chance = infrastructure, random.Random(seed)
        # A byte each, by the order's number: what the shop answered, and whether the event came.
        self._answers, self._announced = bytearray(), bytearray()

    async def open(self) -> None:
        """Register the customers and the handler, while nothing fails yet."""
        for name in CUSTOMERS:
            (await register(self._shop.make_unit, name, f"{name}@shop.test", name)).unwrap()
        await self._shop.bus.subscribe("order.paid", Handler("order.paid", self._on_paid, id="soak"))

    async def run(self) -> None:
        """Shop until cancelled."""
        async with asyncio.TaskGroup() as customers:
            for name in CUSTOMERS:
                customers.create_task(self._customer(name))

    async def _on_paid(self, event: DomainEvent) -> None:
        self.counts["announced twice"] += self._announced[int(event.subject)]
        self._announced[int(event.subject)] = 1

    async def _customer(self, name: str) -> None:
        make_unit = self._shop.make_unit
        while True:
            number = len(self._answers)
            self._answers.append(ord("?"))
            self._announced.append(0)
            placing = place_order(make_unit, str(number), name, LINES, at=datetime.now(UTC))
            self._answers[number] = self._answered(await self.timed(placing), "placed")
            if self._answers[number] == ord("p"):
                self._answers[number] = ord("u")
                paying = await self.timed(pay_order(make_unit, str(number)))
                paid = self._answered(paying, "paid")
                self._answers[number] = {ord("p"): ord("P"), ord("?"): ord("u"), ord("-"): ord("p")}[paid]
            await asyncio.sleep(0.04 + 0.08 * self._chance.random())

    def _answered(self, result: Any, done: str) -> int:
        match result:
            case Ok():
                self.counts[done] += 1
                return ord("p")
            case Err(OutcomeUnknown()):
                self.counts[f"{done}: outcome unknown"] += 1
                return ord("?")
            case Err(refused):
                self.counts[f"not {done}: {type(refused).__name__}"] += 1
                return ord("-")

    async def check(self, *, within: float) -> list[str]:
        """Return what was promised and not kept; what is paid may take `within` seconds to be announced."""
        found = [await self._stored(n) for n in range(len(self._answers))]
        paid = {n for n, order in enumerate(found) if order and order.status is OrderStatus.PAID}
        deadline = time.monotonic() + within
        while not all(self._announced[n] for n in paid) and time.monotonic() < deadline:  # noqa: ASYNC110 - no sign
            await asyncio.sleep(0.2)
        broken = [f"order {n} is paid and was not announced" for n in sorted(paid) if not self._announced[n]]
        for number, (answer, order) in enumerate(zip(map(chr, self._answers), found, strict=True)):
            status = order and order.status
            if status not in STORED[answer]:
                broken.append(f"order {number} was answered {answer!r} and is {status}")
            if self._announced[number] and number not in paid:
                broken.append(f"order {number} was announced as paid and is {status}")
        return broken

    async def _stored(self, number: int) -> Order | None:
        async with asyncio.timeout(60):
            while True:
                if isinstance(found := await self._shop.shop.orders.get_by_id(str(number)), Ok):
                    return found.value
                await asyncio.sleep(0.1)  # its connection was cut


class Calls(Load):
    """Twenty callers of a peer that fails in one call of five, is slow, lies, and is killed."""

    OPTIONS = HttpOptions(timeout=0.5, deadline=2.0, idempotency_key="soak")

    def __init__(self, client: httpx.AsyncClient, url: str, seed: int) -> None:
        super().__init__()
        self._inner = HttpxHttpClient(client, connections=20)
        self._client = resilient(self._inner, concurrent=50)
        self._url, self._chance = url, random.Random(seed)

    async def run(self) -> None:
        """Call until cancelled."""
        async with asyncio.TaskGroup() as callers:
            for n in range(20):
                callers.create_task(self._caller(n))

    async def _caller(self, n: int) -> None:
        while True:
            path = f"/flaky/{n}"
            call = self.timed(self._client.get(self._url + path, self.OPTIONS))
            if self._chance.random() < 0.05:
                await self._impatient(call)
                continue
            match await call:
                case Ok(response):
                    wrong = response.data["path"] != path
                    self.counts["answers to another's call" if wrong else "answered"] += 1
                case Err(error):
                    self.counts[type(error).__name__] += 1
                    await asyncio.sleep(min(error.retry_after or 0, 0.5))
            await asyncio.sleep(0.1 * self._chance.random())

    async def _impatient(self, call: Awaitable[Any]) -> None:
        try:
            # Not `wait_for`: on Python 3.11 it loses a cancellation that comes as the call ends.
            async with asyncio.timeout(0.02 * self._chance.random()):
                await call
        except TimeoutError:
            self.counts["given up by the caller"] += 1

    async def check(self) -> list[str]:
        """Return what was promised and not kept: every place of the pool still takes a call."""
        slow = [self._inner.get(f"{self._url}/slow/0.3", HttpOptions(timeout=5)) for _ in range(20)]
        lost = [str(one.error) for one in await asyncio.gather(*slow) if isinstance(one, Err)]
        if self.counts["answers to another's call"]:
            lost.append("an answer to another's call")
        return lost


class Cached(Load):
    """Readers and a writer of 50 keys, each value a version that only grows."""

    def __init__(self, cache: FailSafeCache[Any], loading: SingleFlightCache[Any], seed: int) -> None:
        super().__init__()
        self._cache, self._loading, self._chance = cache, loading, random.Random(seed)
        self._versions = dict.fromkeys((f"k{n}" for n in range(50)), 0)
        self._certain = dict(self._versions)
        self.wrong: list[str] = []

    async def run(self) -> None:
        """Read and write until cancelled."""
        async with asyncio.TaskGroup() as users:
            users.create_task(self._writer())
            for _ in range(8):
                users.create_task(self._reader())

    async def _writer(self) -> None:
        while True:
            key = self._chance.choice(list(self._versions))
            self._versions[key] += 1
            version = self._versions[key]
            await self.timed(self._loading.delete(key))
            self._certain[key] = version
            self.counts["changes"] += 1
            await asyncio.sleep(0.05 * self._chance.random())

    async def _reader(self) -> None:
        async def load() -> list[Any]:
            self.counts["loads"] += 1
            await asyncio.sleep(0.002)
            return [key, self._versions[key]]

        while True:
            key = self._chance.choice(list(self._versions))
            at_least = self._certain[key]
            found = await self.timed(self._loading.get_or_load(key, load, ttl=30))
            self.counts["reads"] += 1
            if found[0] != key or found[1] < at_least:
                self.wrong.append(f"{key}: {found}, wanted at least {at_least}")
            await asyncio.sleep(0.02 * self._chance.random())

    async def check(self) -> list[str]:
        """Return what was promised and not kept."""
        self.counts["dropped writes"] = self._cache.dropped_writes
        return self.wrong


@asynccontextmanager
async def cached(socket: Path, seed: int) -> AsyncIterator[Cached]:
    pool = BlockingConnectionPool.from_url(f"unix://{socket}", max_connections=20, timeout=1.0)
    client = Redis.from_pool(pool)
    try:
        store: RedisCache[Any] = RedisCache(client, namespace="soak", codec=JsonCodec(), timeout=0.5)
        cache = FailSafeCache(store)
        yield Cached(cache, SingleFlightCache(cache), seed)
    finally:
        await client.aclose()
