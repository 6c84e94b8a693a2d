"""`VirtualClock` against a model of time, against the machine's clock, and on loops that are not its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from infra_ref.clock import Clock, SystemClock
from infra_ref.contract import run
from infra_ref.workbench import VirtualClock
from infra_ref.workbench.teaching import virtual_clock
from infra_ref.workbench.teaching.virtual_clock import Stuck

# A program is made of waits. The model says at what times its sleeps end and its limits cut in.


@dataclass(frozen=True)
class Sleep:
    seconds: int


@dataclass(frozen=True)
class One:
    """One after the other."""

    parts: tuple[Any, ...]


@dataclass(frozen=True)
class All:
    """All at once."""

    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Within:
    seconds: int
    part: Any


Log = list[tuple[float, str]]

programs = st.recursive(
    st.integers(1, 40).map(Sleep),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: One(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.builds(Within, st.integers(1, 60), inner),
    ),
    max_leaves=8,
)


class Tie(Exception):
    """Two things at one moment: which goes first is nobody's promise."""


def model(program: Any, at: int, limits: tuple[int, ...], log: Log, path: str = "") -> int:  # noqa: C901 - a table
    """Return when it ends; past the first of `limits` nothing happens any more."""
    match program:
        case Sleep(seconds):
            end = at + seconds
            if end in limits:
                raise Tie
            if all(end < limit for limit in limits):
                log.append((end, f"{path} slept"))
            return end
        case One(parts):
            for number, part in enumerate(parts):
                at = model(part, at, limits, log, f"{path}{number}")
            return at
        case All(parts):
            return max(model(part, at, limits, log, f"{path}{number}") for number, part in enumerate(parts))
        case Within(seconds, part):
            limit = at + seconds
            if limit in limits:
                raise Tie
            end = model(part, at, (*limits, limit), log, f"{path}w")
            if end < limit:
                return end
            if all(limit < other for other in limits):
                log.append((limit, f"{path} cut"))
            return limit
    raise AssertionError(program)


async def perform(
    program: Any, clock: Any, limit: Callable[[float], Any], unit: float, log: Log, path: str = ""
) -> None:
    match program:
        case Sleep(seconds):
            await clock.sleep(seconds * unit)
            log.append((clock.monotonic(), f"{path} slept"))
        case One(parts):
            for number, part in enumerate(parts):
                await perform(part, clock, limit, unit, log, f"{path}{number}")
        case All(parts):
            async with asyncio.TaskGroup() as group:
                for number, part in enumerate(parts):
                    group.create_task(perform(part, clock, limit, unit, log, f"{path}{number}"))
        case Within(seconds, part):
            try:
                async with limit(seconds * unit):
                    await perform(part, clock, limit, unit, log, f"{path}w")
            except TimeoutError:
                log.append((clock.monotonic(), f"{path} cut"))


def expected_of(program: Any) -> Log:
    log: Log = []
    try:
        model(program, 0, (), log)
    except Tie:
        assume(False)
    return sorted(log)


@given(programs)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_time_passes_as_the_model_says(program: Any) -> None:
    expected = expected_of(program)

    async def performed() -> Log:
        clock, log = VirtualClock(), list[tuple[float, str]]()
        await clock.run(perform(program, clock, clock.timeout, 1.0, log))
        assert log == sorted(log, key=lambda event: event[0])
        return sorted(log)

    assert run(performed()) == expected


@given(programs)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_is_the_same_on_the_machines_own_clock(program: Any) -> None:
    expected = expected_of(program)
    times = sorted({at for at, _ in expected})
    assume(not times or times[-1] <= 30)
    assume(all(later - earlier >= 3 for earlier, later in pairwise(times)))

    async def performed() -> list[set[str]]:
        log: Log = []
        await perform(program, SystemClock(), asyncio.timeout, 0.01, log)
        names = iter([name for _, name in log])
        return [{next(names, "nothing") for at, _ in expected if at == moment} for moment in times]

    wanted = [{name for at, name in expected if at == moment} for moment in times]
    assert any(run(performed()) == wanted for _ in range(3))  # a busy machine is late now and then


def test_an_hour_of_retries_takes_no_second() -> None:
    async def deliver(clock: VirtualClock) -> list[float]:
        tried: list[float] = []
        while clock.monotonic() < 3600:
            tried.append(clock.monotonic())
            await clock.sleep(30)
        return tried

    async def happen() -> list[float]:
        clock = VirtualClock()
        assert isinstance(clock.now().isoformat(), str)
        _: Clock = clock
        return await clock.run(deliver(clock))

    began = time.perf_counter()
    assert run(happen()) == [30.0 * number for number in range(120)]
    assert time.perf_counter() - began < 30


def test_a_thousand_sleepers_wake_in_their_order() -> None:
    async def happen() -> list[int]:
        clock, woken = VirtualClock(), list[int]()

        async def one(number: int) -> None:
            await clock.sleep(number % 7 + 1)
            woken.append(number)

        async def all_of_them() -> None:
            async with asyncio.TaskGroup() as group:
                for number in range(1000):
                    group.create_task(one(number))

        await clock.run(all_of_them())
        return woken

    assert run(happen()) == sorted(range(1000), key=lambda number: (number % 7, number))


def test_without_run_a_cell_can_sleep() -> None:
    async def happen() -> float:
        clock = VirtualClock()
        await clock.sleep(3600)
        await asyncio.gather(clock.sleep(1), clock.sleep(2))
        try:
            async with clock.timeout(5):
                await asyncio.Event().wait()
        except TimeoutError:
            return clock.monotonic()
        return -1

    assert run(happen()) == 3607


@pytest.mark.parametrize("work", ["turns", "thread", "sleep", "stream", "callback", "fakeredis"])
def test_work_that_takes_no_virtual_time_is_waited_for(work: str) -> None:
    """A limit of one virtual second never cuts real work short, be it quick or slow."""

    async def turns() -> None:
        for _ in range(500):
            await asyncio.sleep(0)

    async def callback() -> None:
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.003, done.set_result, None)
        await done  # nobody can say where this comes from; 10 ms of patience are enough

    async def stream() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.05)
            writer.write(b"x")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        assert await reader.read(1) == b"x"
        writer.close()
        server.close()

    async def fakeredis() -> None:
        client = pytest.importorskip("fakeredis").FakeAsyncRedis()
        for number in range(20):
            await client.set("k", number)
        assert await client.get("k") == b"19"
        await client.aclose()

    kinds: dict[str, Callable[[], Any]] = {
        "turns": turns,
        "thread": lambda: asyncio.to_thread(time.sleep, 0.05),
        "sleep": lambda: asyncio.sleep(0.05),
        "stream": stream,
        "callback": callback,
        "fakeredis": fakeredis,
    }

    async def happen() -> float:
        clock = VirtualClock()

        async def limited() -> None:
            async with clock.timeout(1):
                await kinds[work]()

        await clock.run(limited())
        return clock.monotonic()

    assert run(happen()) == 0


def test_others_on_the_loop_do_not_hold_it_up() -> None:
    async def happen() -> float:
        clock = VirtualClock()
        forever = asyncio.create_task(asyncio.sleep(3600))
        waiting = asyncio.create_task(asyncio.Event().wait())
        try:
            await clock.run(clock.sleep(60))
            return clock.monotonic()
        finally:
            forever.cancel()
            waiting.cancel()

    began = time.perf_counter()
    assert run(happen()) == 60
    assert time.perf_counter() - began < 30


def test_two_runs_at_once_share_the_time() -> None:
    async def happen() -> list[tuple[float, str]]:
        clock, log = VirtualClock(), list[tuple[float, str]]()

        async def tick(name: str, every: float) -> None:
            for _ in range(3):
                await clock.sleep(every)
                log.append((clock.monotonic(), name))

        await asyncio.gather(clock.run(tick("a", 2)), clock.run(tick("b", 3)))
        return log

    assert run(happen()) == [(2, "a"), (3, "b"), (4, "a"), (6, "b"), (6, "a"), (9, "b")]


@pytest.mark.parametrize("kind", ["shield", "gather", "event", "queue", "future", "condition"])
def test_waiting_for_another_sleeper_is_waiting(kind: str) -> None:
    async def happen() -> float:
        clock = VirtualClock()

        async def both() -> None:
            queue: asyncio.Queue[int] = asyncio.Queue()
            event, condition = asyncio.Event(), asyncio.Condition()
            future = asyncio.get_running_loop().create_future()

            async def late() -> None:
                await clock.sleep(10)
                queue.put_nowait(1)
                event.set()
                future.set_result(None)
                async with condition:
                    condition.notify_all()

            async def noticed() -> None:
                async with condition:
                    await condition.wait()

            task = asyncio.create_task(late())
            waits: dict[str, Callable[[], Any]] = {
                "shield": lambda: asyncio.shield(task),
                "gather": lambda: asyncio.gather(task, asyncio.shield(task)),
                "event": event.wait,
                "queue": queue.get,
                "future": lambda: future,
                "condition": noticed,
            }
            await waits[kind]()
            await task

        await clock.run(both())
        return clock.monotonic()

    assert run(happen()) == 10


def test_an_outer_cancellation_stays_one() -> None:
    async def happen() -> bool:
        clock = VirtualClock()

        async def limited() -> None:
            async with clock.timeout(10):
                await clock.sleep(100)

        async def cancelled_at(seconds: float) -> bool:
            task = asyncio.create_task(limited())
            await clock.sleep(seconds)
            task.cancel()
            await asyncio.wait({task})
            return task.cancelled()

        return await clock.run(cancelled_at(5))

    assert run(happen())


def test_a_cancelled_run_cancels_its_work_and_waits_for_it() -> None:
    async def happen() -> list[str]:
        clock, log = VirtualClock(), list[str]()

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                log.append("cleaned up")

        running = asyncio.create_task(clock.run(work()))
        await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()
        return log

    assert run(happen()) == ["cleaned up"]


def test_an_error_that_was_under_way_when_time_was_up_is_not_lost() -> None:
    async def happen() -> None:
        clock = VirtualClock()

        async def limited() -> None:
            async with clock.timeout(1):
                try:
                    await clock.sleep(10)
                except asyncio.CancelledError:
                    raise KeyError("cleaning up failed") from None

        with pytest.raises(KeyError, match="cleaning up failed"):
            await clock.run(limited())
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    run(happen())


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_is_up_at_once(seconds: float) -> None:
    async def happen() -> tuple[float, bool]:
        clock = VirtualClock()
        with pytest.raises(TimeoutError):
            async with clock.timeout(seconds) as limit:
                await asyncio.Event().wait()
        async with clock.timeout(seconds):
            pass  # done before anyone looked
        return clock.monotonic(), limit.expired()

    assert run(happen()) == (0, True)


def test_no_limit_and_endless_sleep() -> None:
    async def happen() -> float:
        clock = VirtualClock()
        async with clock.timeout(None):
            await clock.sleep(100)
        with pytest.raises(TimeoutError):
            async with clock.timeout(5):
                await clock.sleep(float("inf"))
        with pytest.raises(ValueError, match="not NaN"):
            await clock.sleep(float("nan"))
        return clock.monotonic()

    assert run(happen()) == 105


def test_a_run_that_can_never_end_says_who_waits_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_clock, "STUCK", 0.02)

    async def consume() -> None:
        await asyncio.Queue[int]().get()

    async def happen() -> None:
        await VirtualClock().run(consume())

    with pytest.raises(Stuck, match=r"consume waits in Queue\.get at queues\.py:\d+"):
        run(happen())


def test_it_goes_on_in_another_loop() -> None:
    clock = VirtualClock()
    run(clock.run(clock.sleep(10)))
    with pytest.raises(TimeoutError):
        run(asyncio.wait_for(clock.run(_never(clock)), 0.01))
    run(clock.run(clock.sleep(10)))
    assert clock.monotonic() == 20


async def _never(clock: VirtualClock) -> None:
    await asyncio.gather(clock.sleep(1000), asyncio.sleep(10))
