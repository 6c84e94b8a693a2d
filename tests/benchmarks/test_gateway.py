"""What the gateway adds to a call that succeeds, beside a bare client and beside others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import hishel
import hishel.httpx
import httpx
import pytest
import stamina
from aiolimiter import AsyncLimiter
from purgatory import AsyncCircuitBreakerFactory

from infra_ref.contract import run
from infra_ref.gateway.caching_http_client import CachingHttpClient
from infra_ref.gateway.circuit_breaking_http_client import CircuitBreakingHttpClient
from infra_ref.gateway.decisions.rate_window import Rate
from infra_ref.gateway.decorator_contract import ANSWER
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.make_resilient import resilient
from infra_ref.gateway.memory_rate_limiter import MemoryRateLimiter
from infra_ref.gateway.port import HttpClient, Request
from infra_ref.gateway.rate_limited_http_client import RateLimitedHttpClient
from infra_ref.gateway.retrying_http_client import RetryingHttpClient
from infra_ref.observability.memory_metrics import MemoryMetrics
from tests.benchmarks.harness import Board, Rival
from tests.gateway.test_real_servers import program

pytestmark = pytest.mark.bench

PACKAGES = ("httpx", "hishel", "stamina", "aiolimiter", "purgatory", "uvicorn")
HUNDRED = range(100)
MICROSECOND = 1e-6
PLENTY = Rate(100_000, 0.001)
REQUEST = Request("GET", "http://peer.test/a")


class Instant(HttpClient):
    async def send(self, request: Request) -> Any:
        return ANSWER


def three_of_ours() -> HttpClient:
    breaking = CircuitBreakingHttpClient(Instant())
    return RateLimitedHttpClient(RetryingHttpClient(breaking), MemoryRateLimiter(PLENTY))


async def three_of_others() -> Callable[[], Awaitable[Any]]:
    limiter, inner = AsyncLimiter(100_000, 0.001), Instant()
    circuit = await AsyncCircuitBreakerFactory().get_breaker("peer")

    @stamina.retry(on=ConnectionError, attempts=3, wait_initial=timedelta(seconds=2))
    async def call() -> Any:
        async with limiter, circuit:
            return await inner.send(REQUEST)

    return call


def test_what_retry_limiter_and_breaker_add_to_a_call(board: Board) -> None:
    async def measure() -> None:
        bare, ours, others = Instant(), three_of_ours(), await three_of_others()

        async def spent(call: Callable[[], Awaitable[Any]]) -> float:
            start = time.perf_counter()
            for _ in HUNDRED:
                await call()
            return (time.perf_counter() - start) / len(HUNDRED)

        added: dict[str, list[float]] = {"ours": [], "others": []}
        for _ in range(150):
            least = await spent(lambda: bare.send(REQUEST))
            added["ours"].append(await spent(lambda: ours.send(REQUEST)) - least)
            added["others"].append(await spent(others) - least)
        board.measure("retry, limiter and breaker add", added["ours"], at_most=3 * MICROSECOND)
        board.measure("stamina, aiolimiter and purgatory add", added["others"])

    run(measure())


async def compare(
    board: Board, operation: str, client: httpx.AsyncClient, url: str, bounds: tuple[Any, Any]
) -> None:
    adapter = HttpxHttpClient(client)
    whole = resilient(
        adapter, peer="peer", limiter=MemoryRateLimiter(PLENTY), concurrent=100, metrics=MemoryMetrics()
    )

    async def bare() -> Any:
        return (await client.get(url)).json()

    async def adapted() -> Any:
        return (await adapter.get(url)).unwrap().data

    async def stacked() -> Any:
        return (await whole.get(url)).unwrap().data

    assert await bare() == await adapted() == await stacked()
    await board.compare(
        f"{operation}, whole stack", stacked, Rival("the adapter", adapted, at_most=bounds[0])
    )
    await board.compare(f"{operation}, adapter", adapted, Rival("bare httpx", bare, at_most=bounds[1]))
    await board.compare(f"{operation}, whole stack", stacked, Rival("bare httpx", bare))


def test_the_stack_on_a_mock_transport(board: Board) -> None:
    async def measure() -> None:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"id": 7}))
        async with httpx.AsyncClient(transport=transport) as client:
            await compare(board, "mock transport", client, "http://peer.test/a", (1.2, None))

    run(measure())


def test_the_stack_on_a_loopback_server(board: Board) -> None:
    async def measure(url: str) -> None:
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            await compare(board, "loopback server", client, f"{url}/a", (1.1, None))

    with program() as (_, url):
        run(measure(url))


def test_a_hundred_at_once_through_the_stack(board: Board) -> None:
    """Nothing waits for another where there is room."""

    async def measure() -> None:
        bare, ours = Instant(), three_of_ours()

        async def together(client: HttpClient) -> None:
            await asyncio.gather(*(client.send(REQUEST) for _ in HUNDRED))

        await board.compare(
            "100 at once",
            lambda: together(ours),
            Rival("nothing around", lambda: together(bare), at_most=2.0),
        )

    run(measure())


KEPT = {"content-type": "application/json", "cache-control": "max-age=3600", "etag": '"v1"'}


class InMemory(hishel.AsyncBaseStorage):
    """The least that hishel's own transport can stand on: no eviction, no expiry, no disk."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, tuple[hishel.Entry, bytes]] = {}

    async def create_entry(self, request: Any, response: Any, key: str, **more: Any) -> hishel.Entry:
        body = b"".join([piece async for piece in response.stream])
        self._entries[key] = hishel.Entry(uuid4(), request, response), body
        return self._read(key)

    async def get_entries(self, key: str) -> list[hishel.Entry]:
        return [self._read(key)] if key in self._entries else []

    async def update_headers(self, one: Any, headers: Any) -> None:
        raise AssertionError("what is fresh is not renewed")

    async def remove_entry(self, one: Any) -> None:
        raise AssertionError("nothing is changed")

    def _read(self, key: str) -> hishel.Entry:
        async def stream() -> AsyncIterator[bytes]:
            yield body

        entry, body = self._entries[key]
        return replace(entry, response=replace(entry.response, stream=stream()))


def test_an_answer_from_the_cache(board: Board) -> None:
    async def measure() -> None:
        asked = []

        def peer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(200, json={"id": 7, "name": "Ann"}, headers=KEPT)

        bare = httpx.AsyncClient(transport=httpx.MockTransport(peer))
        cached = hishel.httpx.AsyncCacheTransport(httpx.MockTransport(peer), InMemory(), rfc=True)
        async with bare, httpx.AsyncClient(transport=cached) as theirs:
            ours = CachingHttpClient(HttpxHttpClient(bare))

            async def our_hit() -> Any:
                return (await ours.send(REQUEST)).unwrap().data

            async def their_hit() -> Any:
                return (await theirs.get(REQUEST.url)).json()

            assert await our_hit() == await our_hit() == await their_hit() == await their_hit()
            assert len(asked) == 2
            rival = Rival("hishel's transport, in memory", their_hit, at_most=0.2)
            await board.compare("an answer from the cache", our_hit, rival)
            took = []
            for _ in range(150):
                start = time.perf_counter()
                for _ in HUNDRED:
                    await our_hit()
                took.append((time.perf_counter() - start) / len(HUNDRED))
            board.measure("an answer from the cache takes", took, at_most=20 * MICROSECOND)
            assert len(asked) == 2

    run(measure())
