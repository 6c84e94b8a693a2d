"""The shared limiter: on a real Valkey, in fakeredis, and by four processes together."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import fakeredis
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from infra_ref.contract import run
from infra_ref.gateway.contracts.decorator_contract import ANSWER, PLEASE, Inner
from infra_ref.gateway.contracts.rate_limiter_contract import RateLimiterContract
from infra_ref.gateway.decorators.rate_limited_http_client import RateLimitedHttpClient
from infra_ref.gateway.rate_limiter_port import LimiterUnavailable
from infra_ref.gateway.rate_limiting.rate_window import Rate
from infra_ref.gateway.rate_limiting.redis_rate_limiter import RedisRateLimiter
from infra_ref.result import Err, Ok

SLACK = 0.05


class RealTimeLimiter(RateLimiterContract):
    rate = Rate(5, 0.8)
    late = 0.3
    others = 5  # the server forgets by itself, each key at its time


class TestOnValkey(RealTimeLimiter):
    @pytest.fixture(autouse=True)
    def _server(self, valkey: Path) -> None:
        self._socket = valkey

    @asynccontextmanager
    async def make(self) -> AsyncIterator[RedisRateLimiter]:
        async with Redis(unix_socket_path=str(self._socket)) as client:
            yield RedisRateLimiter(client, self.rate, namespace=f"limit-{uuid.uuid4()}", slack=SLACK)


RATE = Rate(20, 0.5)
LONG = pytest.param(60.0, marks=[pytest.mark.deep, pytest.mark.timeout(120)])

WORKER = """
import asyncio, json, sys, time
from redis.asyncio import Redis
from infra_ref.gateway.rate_limiting.rate_window import Rate
from infra_ref.gateway.rate_limiting.redis_rate_limiter import RedisRateLimiter

async def main(path, name, limit, per, seconds):
    went = []
    async with Redis(unix_socket_path=path) as client:
        limiter = RedisRateLimiter(client, Rate(int(limit), float(per)), namespace=name)
        sys.stdin.readline()
        end = time.monotonic() + float(seconds)
        async def caller():
            while (left := end - time.monotonic()) > 0:
                result = await limiter.acquire(patience=left)
                if type(result).__name__ == "Ok":
                    went.append(time.monotonic())
                elif type(result.error).__name__ != "RateLimitExceeded" and left > 0.5:
                    raise RuntimeError(repr(result.error.cause))
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(caller())
    print(json.dumps(went))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("seconds", [2.5, LONG])
def test_four_processes_together_stay_below_the_rate(valkey: Path, seconds: float) -> None:
    name = f"limit-{uuid.uuid4()}"
    arguments = [str(valkey), name, str(RATE.limit), str(RATE.per), str(seconds)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    shares = [json.loads(worker.communicate(timeout=seconds + 30)[0]) for worker in workers]
    went = sorted(moment for share in shares for moment in share)
    spans = [later - sooner for sooner, later in zip(went, went[RATE.limit :], strict=False)]
    assert min(spans) >= RATE.per
    periods = seconds / (RATE.per + SLACK)
    assert len(went) >= 0.7 * periods * RATE.limit  # and they make use of it
    assert all(shares)


@asynccontextmanager
async def hung_store(answers_within: float = 1.0) -> AsyncIterator[RedisRateLimiter]:
    """Give a limiter whose store takes every connection and answers nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        client = Redis(port=port)
        yield RedisRateLimiter(client, RATE, namespace="limit", timeout=answers_within)
        await client.aclose()


async def timed(*calls: Any) -> tuple[float, list[Any]]:
    start = time.monotonic()
    results = await asyncio.gather(*calls)
    return time.monotonic() - start, results


def test_a_store_that_is_down_is_an_error_at_once() -> None:
    async def check() -> None:
        server = fakeredis.FakeServer()
        server.connected = False
        async with fakeredis.FakeAsyncRedis(server=server) as client:
            result = await RedisRateLimiter(client, RATE, namespace="limit").acquire(patience=1)
            assert isinstance(result, Err)
            assert isinstance(result.error, LimiterUnavailable)
            assert isinstance(result.error.cause, RedisConnectionError)

    run(check())


@pytest.mark.parametrize("patience", [None, 10.0])
def test_one_failure_of_a_hung_store_is_that_of_all_who_wait(patience: float | None) -> None:
    async def check() -> None:
        async with hung_store() as limiter:
            took, results = await timed(*(limiter.acquire("a", patience=patience) for _ in range(8)))
            assert took < 5
            for result in results:
                assert isinstance(result.error, LimiterUnavailable)
                assert result.error.retry_after is None
            took, (again,) = await timed(limiter.acquire("b"))
            assert took < 0.9, "the store is asked anew only after a while"
            assert isinstance(again.error, LimiterUnavailable)
            assert not limiter._lines

    run(check())


def test_patience_bounds_the_answer_of_the_store() -> None:
    async def check() -> None:
        async with hung_store(answers_within=5) as limiter:
            took, results = await timed(*(limiter.acquire("a", patience=0.1) for _ in range(8)))
            assert took < 3
            assert {type(result.error) for result in results} == {LimiterUnavailable}

    run(check())


def test_open_when_down_lets_all_through_together() -> None:
    async def check() -> None:
        async with hung_store() as limiter:
            client = RateLimitedHttpClient(Inner(), limiter, open_when_down=True)
            took, results = await timed(*(client.send(PLEASE) for _ in range(8)))
            assert (results, took < 5) == ([ANSWER] * 8, True)
            took, results = await timed(*(client.send(PLEASE) for _ in range(8)))
            assert (results, took < 0.9) == ([ANSWER] * 8, True)

    run(check())


def test_a_store_that_is_back_is_asked_again() -> None:
    async def check() -> None:
        server = fakeredis.FakeServer()
        server.connected = False
        async with fakeredis.FakeAsyncRedis(server=server) as client:
            limiter = RedisRateLimiter(client, RATE, namespace="limit", timeout=0.1)
            assert isinstance(await limiter.acquire(), Err)
            server.connected = True
            await asyncio.sleep(0.15)
            assert await limiter.acquire() == Ok(None)

    run(check())


def test_a_place_that_came_too_late_is_given_up() -> None:
    """Its call would be made later than it was noted, and two windows could close up."""

    class Slow(RedisRateLimiter):
        tries = 0

        async def _try_to_take(self, pipe: Any, name: str) -> tuple[float, float]:
            self.tries += 1
            wait, age = await super()._try_to_take(pipe, name)
            return wait, age + (SLACK if self.tries == 1 else 0)

    async def check() -> None:
        async with fakeredis.FakeAsyncRedis() as client:
            limiter = Slow(client, RATE, namespace="limit", slack=SLACK)
            assert await limiter.acquire("a") == Ok(None)
            assert (limiter.tries, await client.llen("limit:a")) == (2, 2)

    run(check())
