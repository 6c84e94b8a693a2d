"""Caching across processes that are really there, and really killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.contract import run

ROOT = Path(__file__).parents[2]

ASKS = """
import asyncio, sys
from redis.asyncio import BlockingConnectionPool, Redis, UnixDomainSocketConnection
from infra_ref.caching.value_codecs.json_codec import JsonCodec
from infra_ref.caching.redis_cache import RedisCache
from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache

path, namespace, seconds, lease = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])

async def main():
    pool = BlockingConnectionPool(connection_class=UnixDomainSocketConnection, path=path, max_connections=20)
    async with Redis.from_pool(pool) as client:
        cache = SingleFlightCache(
            RedisCache(client, namespace=namespace, codec=JsonCodec(), timeout=5), lease_seconds=lease
        )
        async def load():
            load = await client.incr(f"{namespace}-loads")
            print("loading", flush=True)
            await asyncio.sleep(seconds)
            return load
        await client.ping()
        print("ready", flush=True)
        sys.stdin.readline()
        print(set(await asyncio.gather(*(cache.get_or_load("k", load) for _ in range(100)))), flush=True)

asyncio.run(main())
"""


def asks(path: Path, namespace: str, *, seconds: float, lease: float = 10) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ASKS, str(path), namespace, str(seconds), str(lease)]
    asking = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert asking.stdout is not None
    assert asking.stdout.readline() == "ready\n"
    return asking


def go(asking: subprocess.Popen[str]) -> None:
    assert asking.stdin is not None
    asking.stdin.write("\n")
    asking.stdin.flush()


def loads(path: Path, namespace: str) -> int:
    async def count() -> int:
        async with Redis(unix_socket_path=str(path)) as client:
            return int(await client.get(f"{namespace}-loads") or 0)

    return run(count())


def test_200_misses_in_two_processes_make_one_load(valkey: Path) -> None:
    both = [asks(valkey, "two", seconds=0.1) for _ in range(2)]
    for one in both:
        go(one)
    said = [one.communicate(timeout=20)[0] for one in both]
    assert [line.splitlines()[-1] for line in said] == ["{1}"] * 2
    assert loads(valkey, "two") == 1


def test_a_loader_that_is_killed_is_taken_over_from(valkey: Path) -> None:
    killed = asks(valkey, "killed", seconds=30, lease=0.5)
    go(killed)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "loading\n"
    killed.kill()
    killed.communicate(timeout=10)
    other = asks(valkey, "killed", seconds=0.01, lease=0.5)
    go(other)
    assert other.communicate(timeout=10)[0].splitlines()[-1] == "{2}"
    assert loads(valkey, "killed") == 2


def test_a_delete_in_this_process_wins_over_a_load_in_another(valkey: Path) -> None:
    async def delete_and_look() -> tuple[bool, Any]:
        async with Redis(unix_socket_path=str(valkey)) as client:
            cache: RedisCache[Any] = RedisCache(client, namespace="wins", codec=JsonCodec())
            deleted = await cache.delete("k")
            await asyncio.to_thread(other.communicate, timeout=10)
            return deleted, await cache.get("k")

    other = asks(valkey, "wins", seconds=0.3)
    go(other)
    assert other.stdout is not None
    assert other.stdout.readline() == "loading\n"
    # Those who had joined the first load asked anew: what is cached was loaded after the delete.
    assert run(delete_and_look()) == (True, 2)


STARTS_A_VALKEY = """
import sys, time
from tests.servers.valkey import running_valkey
with running_valkey() as path:
    import redis
    print(redis.Redis(unix_socket_path=str(path)).info("server")["process_id"], path, flush=True)
    time.sleep(60)
"""


def test_the_valkey_of_the_tests_does_not_outlive_a_killed_parent() -> None:
    command = [sys.executable, "-c", STARTS_A_VALKEY]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    process, path = parent.stdout.readline().split()
    parent.kill()
    parent.wait(5)
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _alive(int(process)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(int(process))
    assert not _left_behind(Path(path).parent, deadline)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True


def _left_behind(folder: Path, deadline: float) -> bool:
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return folder.exists()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_dies_is_a_miss_with_words(end: signal.Signals, tmp_path: Path) -> None:
    from infra_ref.caching.port import CacheUnavailable
    from tests.servers.valkey import running_valkey

    async def story() -> str:
        with running_valkey() as path:
            async with Redis(unix_socket_path=str(path)) as client:
                cache: RedisCache[Any] = RedisCache(client, namespace="dies", codec=JsonCodec(), timeout=0.5)
                await cache.set("k", "v")
                server = (await client.info("server"))["process_id"]
                os.kill(int(server), end)
                await asyncio.sleep(0.1)
                loading: SingleFlightCache[Any] = SingleFlightCache(cache)

                async def load() -> str:
                    return "loaded"

                assert await loading.get_or_load("k", load) == "loaded"
                with pytest.raises(CacheUnavailable) as gone:
                    await cache.get("k")
                assert gone.value.__cause__ is not None
                return str(gone.value)

    assert run(story()) == "the cache could not get 'dies:k': its store did not answer"
