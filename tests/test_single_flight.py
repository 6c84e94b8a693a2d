"""Many callers, one call: shared while it runs, cancelled when nobody waits, kept by nobody."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.single_flight import SingleFlight, _within

asker: ContextVar[str] = ContextVar("asker", default="nobody")


class Call:
    """A call that ends when `end` is set; it counts how often it was started and cancelled."""

    def __init__(self, outcome: Any = "v") -> None:
        self.outcome, self.end = outcome, asyncio.Event()
        self.started = self.cancelled = 0

    async def __call__(self) -> Any:
        self.started += 1
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


async def turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_thousand_callers_make_one_call() -> None:
    async def story() -> tuple[set[Any], int]:
        flights, call = SingleFlight[str, Any](), Call()
        callers = [asyncio.create_task(flights.run("k", call)) for _ in range(1000)]
        await turn()
        call.end.set()
        return set(await asyncio.gather(*callers)), call.started

    assert run(story()) == ({"v"}, 1)


def test_another_key_is_another_call() -> None:
    async def story() -> int:
        flights, call = SingleFlight[str, Any](), Call()
        call.end.set()
        await asyncio.gather(flights.run("a", call), flights.run("b", call))
        return call.started

    assert run(story()) == 2


def test_nothing_is_kept_neither_a_value_nor_an_error() -> None:
    async def story() -> list[Any]:
        flights, good, bad = SingleFlight[str, Any](), Call(), Call(ZeroDivisionError("no"))
        good.end.set()
        bad.end.set()
        outcomes = [await flights.run("k", good), await flights.run("k", good)]
        outcomes += await asyncio.gather(*(flights.run("k", bad) for _ in range(3)), return_exceptions=True)
        outcomes.append(await flights.run("k", good))
        return [*(type(one) for one in outcomes), good.started, bad.started, list(flights)]

    error = ZeroDivisionError
    assert run(story()) == [str, str, error, error, error, str, 3, 1, []]


def test_one_who_waits_is_woken_after_the_call_can_no_longer_be_joined() -> None:
    async def story() -> list[bool]:
        flights, call = SingleFlight[str, Any](), Call()

        async def ask() -> bool:
            await flights.run("k", call)
            return "k" in flights

        callers = [asyncio.create_task(ask()) for _ in range(3)]
        await turn()
        call.end.set()
        return await asyncio.gather(*callers)

    assert run(story()) == [False] * 3


def test_a_caller_is_cancelled_and_the_others_get_the_outcome() -> None:
    async def story() -> tuple[list[Any], int]:
        flights, call = SingleFlight[str, Any](), Call()
        first, *others = [asyncio.create_task(flights.run("k", call)) for _ in range(3)]
        await turn()
        first.cancel()
        await turn()
        call.end.set()
        return await asyncio.gather(first, *others, return_exceptions=True), call.cancelled

    outcomes, cancelled = run(story())
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert (outcomes[1:], cancelled) == (["v", "v"], 0)


def test_all_callers_are_cancelled_and_so_is_the_call_and_the_next_begins_anew() -> None:
    async def story() -> tuple[int, int, Any]:
        flights, call = SingleFlight[str, Any](), Call()
        callers = [asyncio.create_task(flights.run("k", call)) for _ in range(3)]
        await turn()
        for one in callers:
            one.cancel()
        await asyncio.sleep(0)
        joined = asyncio.create_task(flights.run("k", call))  # at once: the old one is still ending
        await turn()
        call.end.set()
        return call.started, call.cancelled, await joined

    assert run(story()) == (2, 1, "v")


def test_a_forgotten_call_is_not_joined_and_does_not_end_the_next_one() -> None:
    async def story() -> list[Any]:
        flights, old, new = SingleFlight[str, Any](), Call("old"), Call("new")
        first = asyncio.create_task(flights.run("k", old))
        await turn()
        flights.forget("k")
        flights.forget("never asked for")
        second = asyncio.create_task(flights.run("k", new))
        await turn()
        old.end.set()
        outcomes = [await first, "k" in flights]
        new.end.set()
        return [*outcomes, await second]

    assert run(story()) == ["old", True, "new"]


def test_a_call_sees_the_context_of_whoever_asked_first_and_changes_nobody_s() -> None:
    async def story() -> tuple[list[str], str]:
        flights = SingleFlight[str, str]()

        async def who() -> str:
            await asyncio.sleep(0)
            seen = asker.get()
            asker.set("the call")
            return seen

        async def ask(name: str) -> str:
            asker.set(name)
            return await flights.run("k", who)

        return await asyncio.gather(ask("Ada"), ask("Bob")), asker.get()

    assert run(story()) == (["Ada", "Ada"], "nobody")


def test_a_call_that_asks_for_its_own_key_is_refused_and_one_for_another_is_not() -> None:
    async def story() -> str:
        flights = SingleFlight[str, str]()

        async def inner() -> str:
            with pytest.raises(RuntimeError, match="it would wait for itself"):
                await flights.run("outer", inner)
            return "inner"

        async def outer() -> str:
            return "outer " + await flights.run("inner", inner)

        return await flights.run("outer", outer)

    assert run(story()) == "outer inner"


def test_a_task_that_a_call_left_behind_may_ask_for_its_key() -> None:
    async def story() -> str:
        flights, left = SingleFlight[str, str](), list[asyncio.Task[str]]()

        async def later() -> str:
            return "later"

        async def leaves() -> str:
            async def ask_later() -> str:
                await asyncio.sleep(0.01)
                return await flights.run("k", later)

            left.append(asyncio.create_task(ask_later()))
            return "first"

        await flights.run("k", leaves)
        return await left[0]

    assert run(story()) == "later"


def test_a_call_that_was_under_way_in_a_closed_loop_is_not_joined_in_the_next() -> None:
    flights = SingleFlight[str, Any]()

    async def never() -> Any:
        await asyncio.Event().wait()

    async def value() -> str:
        return "v"

    loop = asyncio.new_event_loop()
    asking = loop.create_task(flights.run("k", never))
    loop.run_until_complete(asyncio.sleep(0.001))
    assert "k" in flights
    assert run(flights.run("k", value)) == "v"
    asking.cancel()
    loop.run_until_complete(asyncio.wait([asking]))
    loop.close()


def test_keys_can_be_forgotten_while_they_are_looked_at() -> None:
    async def story() -> list[str]:
        flights, call = SingleFlight[str, Any](), Call()
        callers = [asyncio.create_task(flights.run(key, call)) for key in "abc"]
        await turn()
        for key in flights:
            flights.forget(key)
        call.end.set()
        await asyncio.gather(*callers)
        return list(flights)

    assert run(story()) == []


def test_calls_that_are_over_are_not_remembered_by_what_they_left_behind() -> None:
    async def story() -> int:
        flights, left = SingleFlight[int, int](), asyncio.Event()

        async def leaves(generation: int) -> int:
            async def next_one() -> None:
                await asyncio.sleep(0.001)
                await flights.run(generation + 1, lambda: leaves(generation + 1))

            if generation == 20:
                left.set()
                lengths.append(len(_within.get()))
            else:
                tasks.append(asyncio.create_task(next_one()))
            return generation

        lengths, tasks = list[int](), list[asyncio.Task[None]]()
        await flights.run(0, lambda: leaves(0))
        await left.wait()
        await asyncio.gather(*tasks)
        return lengths[0]

    assert run(story()) == 1
