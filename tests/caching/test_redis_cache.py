"""What the Redis cache promises beyond its contract: old servers, wrong clients, lost answers, silence."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from fakeredis import FakeAsyncRedis
from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster, UnixDomainSocketConnection

from infra_ref.caching import redis_store
from infra_ref.caching.leasing_port import Lease
from infra_ref.caching.port import ABSENT, CacheUnavailable
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.contract import run
from tests.servers.faulty_wire import faulty_wire


def cache_on(client: Any, *, timeout: float = 1.0) -> RedisCache[Any]:
    return RedisCache(client, namespace="infra_ref/test/redis", codec=JsonCodec(), timeout=timeout)


@asynccontextmanager
async def small_pool(path: Path, connections: int = 3) -> AsyncGenerator[Redis]:
    pool = BlockingConnectionPool(
        connection_class=UnixDomainSocketConnection,
        path=str(path),
        max_connections=connections,
        timeout=1,
        socket_timeout=None,
    )
    client = Redis.from_pool(pool)
    try:
        yield client
    finally:
        await client.aclose()


def test_a_server_without_set_nx_get_is_named_and_keeps_its_value() -> None:
    async def story() -> Any:
        cache = cache_on(FakeAsyncRedis(version=(6,)))
        await cache.set("k", "v")
        with pytest.raises(RuntimeError, match=r"Valkey, or Redis 7\.0"):
            await cache.lease("k", seconds=1)
        return await cache.get("k")

    assert run(story()) == "v"


@pytest.mark.parametrize("client", [redis.Redis(), RedisCluster(host="127.0.0.1")], ids=["sync", "cluster"])
def test_a_client_of_another_kind_is_refused(client: Any) -> None:
    with pytest.raises(TypeError, match=r"takes a redis\.asyncio\.Redis, not a Redis"):
        cache_on(client)


def test_a_list_under_the_name_of_a_key_is_a_miss_that_can_be_replaced() -> None:
    async def story() -> list[Any]:
        client = FakeAsyncRedis()
        cache, name = cache_on(client), "infra_ref/test/redis:k"
        await client.rpush(name, "foreign")
        seen = [await cache.get("k", "miss"), await cache.get_multiple(["k"])]
        lease = await cache.lease("k", seconds=1)
        assert lease is not None
        return [*seen, await cache.fill(lease, "v"), await cache.get("k")]

    assert run(story()) == ["miss", {}, True, "v"]


def test_a_lease_whose_answer_was_lost_is_ours_when_the_client_asks_again() -> None:
    class AsksTwice(FakeAsyncRedis):
        async def set(self, *args: Any, **more: Any) -> Any:
            await super().set(*args, **more)
            return await super().set(*args, **more)

    assert run(cache_on(AsksTwice()).lease("k", seconds=1)) is not None


def test_a_fill_ends_in_time_when_the_store_falls_silent_in_the_middle(valkey: Path, tmp_path: Path) -> None:
    async def story(token: Any) -> None:
        wire_path = tmp_path / secrets.token_hex(2)
        with pytest.MonkeyPatch.context() as patch:
            await fill(token, wire_path, patch)

    async def fill(token: Any, wire_path: Path, patch: pytest.MonkeyPatch) -> None:
        async with (
            faulty_wire(wire_path, lambda: asyncio.open_unix_connection(valkey)) as wire,
            small_pool(wire_path) as client,
        ):
            cache = cache_on(client, timeout=0.2)
            lease = await cache.lease(wire_path.name, seconds=60)
            assert lease is not None
            read = redis_store._get

            async def read_then_silence(client: Any, name: bytes) -> Any:
                try:
                    return await read(client, name)
                finally:
                    await wire.stall()
                    # The loop is late: several timers are due at once, and one cancellation is all they make.
                    asyncio.get_running_loop().call_later(0.15, time.sleep, 0.15)

            patch.setattr(redis_store, "_get", read_then_silence)  # the moment matters
            async with asyncio.timeout(2):
                with pytest.raises(CacheUnavailable):
                    await cache.fill(Lease(lease.key, token or lease.token), "v")

    run(story(None))
    run(story(b"\x03another's"))


def test_what_a_transaction_was_given_is_not_in_its_error(valkey: Path) -> None:
    async def story() -> BaseException | None:
        async with small_pool(valkey) as client:
            cache = cache_on(client)

            async def transaction() -> None:
                async with cache._store._trip("fill", b"k"), client.pipeline() as pipe:
                    pipe.execute_command("SET", "k", "secret", "PX", "0")
                    await pipe.execute()

            with pytest.raises(CacheUnavailable) as refused:
                await transaction()
            return refused.value.__cause__

    cause = run(story())
    assert "invalid expire time" in str(cause)
    assert "secret" not in f"{cause} {cause!r}"


def test_a_thousand_cancelled_calls_leave_all_connections_in_the_pool(valkey: Path) -> None:
    async def story() -> list[Any]:
        async with small_pool(valkey) as client:
            cache = cache_on(client)
            await cache.set("a", "of a")

            async def replace() -> None:
                lease = await cache.lease("a", seconds=1, live=True)
                assert lease is not None
                await cache.fill(lease, "of a")

            calls: list[Any] = [
                lambda: cache.get("a"),
                lambda: cache.set("a", "of a"),
                lambda: cache.set_multiple({"a": "of a"}),
                lambda: cache.invalidate_pattern("none*"),
                replace,
            ]
            for n in range(1000):
                calling = [asyncio.create_task(calls[(n + more) % len(calls)]()) for more in range(n % 4)]
                for _ in range(n % 23):
                    await asyncio.sleep(0)
                for call in calling:
                    call.cancel()
                await asyncio.gather(*calling, return_exceptions=True)
            async with asyncio.timeout(2):
                # Each holds a connection until the server lets go, so they need one each at once.
                waiting = [client.blpop(["infra_ref/test/none"], timeout=0.05) for _ in range(3)]
                await asyncio.gather(*waiting)
                return list(await asyncio.gather(*(cache.get("a") for _ in range(3))))

    assert run(story()) == ["of a"] * 3


def test_no_trip_takes_more_than_a_thousand_keys() -> None:
    class Counting(FakeAsyncRedis):
        longest = 0

        async def execute_command(self, *args: Any, **options: Any) -> Any:
            self.longest = max(self.longest, len(args) - 1)
            return await super().execute_command(*args, **options)

    async def story() -> tuple[int, int, int]:
        client = Counting()
        cache, keys = cache_on(client), [f"k{n}" for n in range(2500)]
        await cache.set_multiple(dict.fromkeys(keys, 1))
        found = len(await cache.get_multiple(keys))
        return found, await cache.delete_multiple(keys), client.longest

    assert run(story()) == (2500, 2500, 1000)


def test_a_trip_that_was_late_leaves_its_task_as_if_nobody_had_cancelled_it(
    valkey: Path, tmp_path: Path
) -> None:
    async def story() -> int:
        async with (
            faulty_wire(tmp_path / "w", lambda: asyncio.open_unix_connection(valkey)) as wire,
            small_pool(tmp_path / "w") as client,
        ):
            cache = cache_on(client, timeout=0.1)
            await wire.stall()
            with pytest.raises(CacheUnavailable) as late:
                await cache.get("k")
            assert str(late.value.cause) == "no answer within 0.1 s"
            task = asyncio.current_task()
            assert task is not None
            return task.cancelling()

    assert run(story()) == 0


@pytest.mark.parametrize("damage", [b"\x02", b"\x02" + bytes(9), b"\x02" + bytes(7)])
def test_a_damaged_absence_is_a_miss(damage: bytes) -> None:
    async def story() -> list[Any]:
        client = FakeAsyncRedis()
        cache = cache_on(client)
        await cache.set("k", ABSENT)
        whole = await cache.get("k")
        await client.set("infra_ref/test/redis:k", damage)
        return [whole, await cache.get("k", "miss")]

    assert run(story()) == [ABSENT, "miss"]
