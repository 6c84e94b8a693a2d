"""The gateway against real servers: uvicorn, TLS, a server that is killed, and 10,000 calls with faults."""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra_ref.backoff import Backoff
from infra_ref.contract import run
from infra_ref.gateway.address_guard_port import AddressRefused
from infra_ref.gateway.contracts.http_client_contract import HttpClientContract
from infra_ref.gateway.contracts.peer_contract import until
from infra_ref.gateway.decorators.bulkhead_http_client import BulkheadFull
from infra_ref.gateway.errors import (
    Disconnected,
    MalformedBody,
    Rejected,
    ServerFailed,
    TimedOut,
    TooManyRequests,
    Unreachable,
)
from infra_ref.gateway.exchange.httpcore_calls import HttpcoreCalls
from infra_ref.gateway.exchange.scripted_server import Answer, json_answer
from infra_ref.gateway.httpx_http_client import HttpxHttpClient
from infra_ref.gateway.make_resilient import resilient
from infra_ref.gateway.policies.circuit_breaker import BreakerPolicy, CircuitOpen
from infra_ref.gateway.policies.retry_policy import RetryBudget, RetryPolicy
from infra_ref.gateway.port import HttpOptions
from infra_ref.gateway.public_addresses import PublicAddresses, why_refused
from infra_ref.gateway.testing.loopback_server import LoopbackServer
from infra_ref.result import Err, Ok
from tests.gateway.clients import each_client
from tests.gateway.web_service import listen, server_on

ONCE = HttpOptions(attempts=1, timeout=0.2)
QUICKLY = RetryPolicy(backoff=Backoff(base=0.01))


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    listening = listen()
    server = server_on()
    task = asyncio.create_task(server.serve(sockets=[listening]))
    await until(lambda: server.started)
    try:
        yield f"http://localhost:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@contextmanager
def program() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the service as a process of its own, that can be killed."""
    file = Path(__file__).with_name("web_service.py")
    process = subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process, f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def error_of(result: Any) -> Any:
    assert isinstance(result, Err), result
    return result.error


@each_client
def test_what_a_web_service_can_do(opened: Any) -> None:
    async def check() -> None:
        async with serving() as url, opened(url) as http:
            answer = (await http.post("/any", {"a": "ü"})).unwrap()
            assert answer.data == {"path": "/any", "sent": '{"a":"ü"}'}
            expected: dict[str, type] = {
                "/slow/2": TimedOut,
                "/status/404": Rejected,
                "/status/500": ServerFailed,
                "/lie": MalformedBody,
                "/half": Disconnected,
                "/limited": TooManyRequests,
            }
            for path, kind in expected.items():
                assert type(error_of(await http.get(path, ONCE))) is kind
            patient = resilient(http, retry=QUICKLY)
            assert isinstance(await patient.get("/limited"), Ok)  # Retry-After: 0, and the third goes through

    run(check())


PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "nonsense",
]  # fmt: skip


def test_private_addresses_are_known() -> None:
    assert [address for address in PRIVATE if why_refused(address) is None] == []
    assert [a for a in ("1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808") if why_refused(a)] == []


@each_client
def test_a_guarded_client_calls_nobody_at_home(opened: Any) -> None:
    async def check() -> None:
        async with LoopbackServer() as peer:
            port = peer.url.rpartition(":")[2]
            peer.answer("/a", json_answer({}))
            async with opened(guard=PublicAddresses()) as guarded:
                for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"):
                    error = error_of(await guarded.get(f"http://{host}:{port}/a", ONCE))
                    assert isinstance(error, AddressRefused | Unreachable), host
            assert peer.received == []

            # A name that is public when it is looked up first, and private from then on.
            looked_up: list[str] = []

            async def rebinding(host: str, port: int) -> list[str]:
                looked_up.append(host)
                return ["127.0.0.1"] if host == "inside.test" or len(looked_up) > 1 else ["93.184.216.34"]

            class Here(PublicAddresses):
                async def address(self, host: str, port: int) -> Any:
                    judged = await super().address(host, port)
                    return Ok("127.0.0.1") if isinstance(judged, Ok) else judged  # where our peer really is

            peer.answer("/b", Answer(302, b"", {"location": f"http://inside.test:{port}/a"}))
            async with opened(guard=Here(rebinding)) as rebound:
                error = error_of(await rebound.get(f"http://outside.test:{port}/b", ONCE))
            assert isinstance(error, AddressRefused)
            assert looked_up == ["outside.test", "inside.test"]  # once for each hop, and never again
            assert [seen.headers["host"] for seen in peer.received] == [f"outside.test:{port}"]

            async def mixed(host: str, port: int) -> list[str]:
                return ["93.184.216.34", "10.0.0.7"]

            async def unknown(host: str, port: int) -> list[str]:
                raise OSError("no such name")

            for resolve, kind in ((mixed, AddressRefused), (unknown, Unreachable)):
                async with opened(guard=PublicAddresses(resolve)) as http:
                    assert type(error_of(await http.get("http://some.test/a", ONCE))) is kind

    run(check())


@each_client
def test_a_server_killed_under_load(opened: Any) -> None:
    async def check() -> None:
        async with opened() as client:
            with program() as (process, url):
                breaker = BreakerPolicy(window=20, failures=10, open_for=0.3, probes=2)
                http = resilient(client, retry=QUICKLY, breaker=breaker)
                assert isinstance(await http.get(f"{url}/a"), Ok)
                options = HttpOptions(timeout=1.0, deadline=2.0)
                calls = [asyncio.create_task(http.get(f"{url}/slow/5", options)) for _ in range(50)]
                await asyncio.sleep(0.1)
                process.send_signal(signal.SIGKILL)
                start = time.monotonic()
                results = await asyncio.gather(*calls)
                assert time.monotonic() - start < 4.5
                kinds = {type(error_of(result)) for result in results}
                assert kinds <= {Disconnected, Unreachable, CircuitOpen, TimedOut}
                # The pool is whole: another server can be called at once.
                assert isinstance(error_of(await http.get(f"{url}/a", ONCE)), CircuitOpen | Unreachable)
            with program() as (_, url):
                assert isinstance(await http.get(f"{url}/a"), Ok)

    run(check())


KINDS = {"Ok", "CancelledError", "MalformedBody", "ServerFailed", "Disconnected", "TimedOut"}
KINDS |= {"BulkheadFull", "CircuitOpen"}  # on a busy machine
LONG = pytest.param(10_000, marks=[pytest.mark.deep, pytest.mark.timeout(400)])


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@each_client
@pytest.mark.parametrize("number", [1000, LONG])
def test_calls_with_faults_leave_nothing_behind(opened: Any, number: int) -> None:
    async def check(url: str) -> None:
        files = open_files()
        async with opened(url, most=20) as direct:
            breaker = BreakerPolicy(window=50, failures=50, open_for=0.1)
            http = resilient(
                direct,
                concurrent=15,
                retry=QUICKLY,
                budget=RetryBudget(percent=100),
                breaker=breaker,
            )
            options = HttpOptions(timeout=2.0, deadline=20.0)
            counted: Counter[str] = Counter()

            async def caller(one: int, calls: int) -> None:
                for turn in range(calls):
                    call = asyncio.create_task(http.get("/flaky", options))
                    if (one + turn) % 50 == 0:
                        await asyncio.sleep(0.001)
                        call.cancel()
                    (result,) = await asyncio.gather(call, return_exceptions=True)
                    counted[type(getattr(result, "error", result)).__name__] += 1

            async def round_of(calls: int) -> tuple[int, int]:
                await asyncio.gather(*(caller(one, calls // 20) for one in range(20)))
                gc.collect()
                return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, len(gc.get_objects())

            peak, objects = await round_of(number // 5)
            later_peak, later_objects = await round_of(number - number // 5)
            assert sum(counted.values()) == number
            assert counted["Ok"] > 0.8 * number, counted
            assert counted["CancelledError"] > 0
            assert not set(counted) - KINDS
            assert later_peak - peak < 10 * 1024, "KiB more"
            assert later_objects - objects < 500, "objects more"
            await until(lambda: len(asyncio.all_tasks()) == 1)
            assert len(asyncio.all_tasks()) == 1
            # No permit is missing: as many go at once as ever could.
            together = await asyncio.gather(*(http.get("/slow/0.1", options) for _ in range(15)))
            assert [type(one) for one in together] == [Ok] * 15
            assert open_files() - files <= 20, "connections that the pool does not know"
        await until(lambda: open_files() == files)
        assert open_files() == files

    with program() as (_, url):
        run(check(url))


MANY = pytest.param(5000, marks=[pytest.mark.deep, pytest.mark.timeout(400)])


@each_client
@pytest.mark.parametrize("number", [500, MANY])
def test_calls_that_time_out_or_are_cancelled_under_load_lose_no_place(opened: Any, number: int) -> None:
    """More callers than places, every fifth answer too late, every fourth call cancelled, a busy machine."""
    chance = random.Random(7)

    async def check(url: str) -> None:
        stop = asyncio.Event()

        async def other_work() -> None:
            while not stop.is_set():
                end = time.perf_counter() + chance.random() * 0.01
                while time.perf_counter() < end:
                    pass
                await asyncio.sleep(0)

        async def caller(one: int) -> None:
            for turn in range(number // 50):
                path = "/slow/0.3" if (one + turn) % 5 == 0 else "/flaky"
                call = asyncio.create_task(http.get(path, HttpOptions(timeout=0.1)))
                if (one + turn) % 4 == 0:
                    await asyncio.sleep(chance.random() * 0.05)
                    call.cancel()
                await asyncio.gather(call, return_exceptions=True)

        async with opened(url, most=20) as http:
            busy = asyncio.create_task(other_work())
            await asyncio.gather(*(caller(one) for one in range(50)))
            stop.set()
            await busy
            start = time.monotonic()
            together = await asyncio.gather(*(http.get("/slow/1", HttpOptions(timeout=5)) for _ in range(20)))
            assert [type(one) for one in together] == [Ok] * 20
            assert time.monotonic() - start < 1.9, "not all at once"

    with program() as (_, url):
        run(check(url))


class Direct(HttpcoreCalls):
    """What one would write without knowing httpcore."""

    async def run(self, call: Any, work: Any) -> Any:
        return await work()


class OnlyHttpx(HttpClientContract):
    @cached_property
    def peer(self) -> LoopbackServer:
        return LoopbackServer()

    @asynccontextmanager
    async def make(self) -> AsyncIterator[HttpxHttpClient]:
        async with httpx.AsyncClient(trust_env=False) as client:
            adapter = HttpxHttpClient(client)
            adapter._calls = Direct(100)
            yield adapter


@pytest.mark.deep  # it takes a machine that is busy enough
def test_httpcore_by_itself_loses_places() -> None:
    """Once it does not, `HttpcoreCalls` has had its time."""
    assert run(OnlyHttpx.verify(only="HTTP-35")).broken == ("HTTP-35",)


@each_client
def test_bulkhead_keeps_a_slow_peer_from_taking_everything(opened: Any) -> None:
    async def check() -> None:
        async with serving() as url, opened(url) as client:
            http = resilient(client, concurrent=5)
            calls = await asyncio.gather(*(http.get("/slow/0.2", HttpOptions(timeout=3)) for _ in range(150)))
            kinds = Counter(type(getattr(call, "error", call)) for call in calls)
            assert kinds[BulkheadFull] >= 45  # 5 at once and 100 that wait, the rest at once
            assert kinds[Ok] >= 5

    run(check())
