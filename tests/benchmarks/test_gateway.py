"""What the gateway adds to a call that succeeds, beside a bare client and beside others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import httpx
import pytest
import stamina
from aiolimiter import AsyncLimiter
from purgatory import AsyncCircuitBreakerFactory

from infra_ref.contract import run
from infra_ref.gateway.aiohttp_http_client import AiohttpHttpClient
from infra_ref.gateway.contracts.decorator_contract import ANSWER
from infra_ref.gateway.decorators.circuit_breaking_http_client import CircuitBreakingHttpClient
from infra_ref.gateway.decorators.rate_limited_http_client import RateLimitedHttpClient
from infra_ref.gateway.decorators.retrying_http_client import RetryingHttpClient
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.make_resilient import resilient
from infra_ref.gateway.port import HttpClient, Request
from infra_ref.gateway.rate_limiting.memory_rate_limiter import MemoryRateLimiter
from infra_ref.gateway.rate_limiting.rate_window import Rate
from infra_ref.observability.decorators.monitored import monitored
from infra_ref.observability.memory_metrics import MemoryMetrics
from tests.benchmarks.harness import Board, Rival, Way
from tests.gateway.test_real_servers import program

pytestmark = pytest.mark.bench

PACKAGES = ("httpx", "aiohttp", "stamina", "aiolimiter", "purgatory", "uvicorn")
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


@asynccontextmanager
async def mock_transport() -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"id": 7}))
    async with httpx.AsyncClient(transport=transport) as client:
        yield client, "http://peer.test/a"


@asynccontextmanager
async def loopback_server() -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    with program() as (_, url):
        async with httpx.AsyncClient(trust_env=False) as client:
            yield client, f"{url}/a"


PLACES = {"mock transport": mock_transport, "loopback server": loopback_server}


def whole(adapter: HttpClient) -> HttpClient:
    limiter = MemoryRateLimiter(PLENTY)
    return monitored(resilient(adapter, limiter=limiter, concurrent=100), MemoryMetrics(), name="peer")


def by(client: HttpClient, url: str) -> Way:
    async def call() -> Any:
        return (await client.get(url)).unwrap().data

    return call


def by_httpx(client: httpx.AsyncClient, url: str) -> Way:
    async def call() -> Any:
        return (await client.get(url)).json()

    return call


def by_aiohttp(session: aiohttp.ClientSession, url: str) -> Way:
    async def call() -> Any:
        async with session.get(url) as answer:
            return await answer.json()

    return call


@pytest.mark.parametrize(("place", "at_most"), [("mock transport", 1.2), ("loopback server", 1.1)])
def test_what_the_adapter_and_what_is_around_it_add(place: str, at_most: float, board: Board) -> None:
    async def measure() -> None:
        async with PLACES[place]() as (client, url):
            adapter = HttpxHttpClient(client)
            ours, adapted, bare = by(whole(adapter), url), by(adapter, url), by_httpx(client, url)
            assert await bare() == await adapted() == await ours()
            await board.compare(f"{place}, whole stack", ours, Rival("the adapter", adapted, at_most=at_most))
            await board.compare(f"{place}, adapter", adapted, Rival("bare httpx", bare))

    run(measure())


@pytest.mark.parametrize(("place", "at_most"), [("mock transport", 3.0), ("loopback server", 1.1)])
def test_the_whole_stack_beside_bare_httpx(place: str, at_most: float, board: Board) -> None:
    """On a mock transport most of it is the task that each call has, to be cancelled safely."""

    async def measure() -> None:
        async with PLACES[place]() as (client, url):
            ours, bare = by(whole(HttpxHttpClient(client)), url), by_httpx(client, url)
            await board.compare(f"{place}, whole stack", ours, Rival("bare httpx", bare, at_most=at_most))

    run(measure())


@pytest.mark.parametrize(("calls", "at_most"), [(1, 0.5), (50, 0.25)])
def test_the_client_on_aiohttp(calls: int, at_most: float, board: Board) -> None:
    def together(way: Way) -> Way:
        return lambda: asyncio.gather(*(way() for _ in range(calls)))

    async def measure() -> None:
        async with loopback_server() as (client, url), aiohttp.ClientSession() as session:
            adapter = AiohttpHttpClient(session)
            ours, adapted = by(whole(adapter), url), by(adapter, url)
            assert await ours() == await by_httpx(client, url)()
            bare = Rival("bare httpx", together(by_httpx(client, url)), at_most=at_most)
            aio = Rival("bare aiohttp", together(by_aiohttp(session, url)))
            at_once = f"{calls} at once" if calls > 1 else "one at a time"
            await board.compare(f"on aiohttp, adapter, {at_once}", together(adapted), bare, aio)
            await board.compare(f"on aiohttp, whole stack, {at_once}", together(ours), bare)

    run(measure())


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
