"""`Recorder`: what is recorded, that it changes nothing, and that both pictures are the same on every run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self
from xml.etree import ElementTree as ET

import pytest

from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.workbench import Recorder
from infra_ref.workbench.teaching.recorder import shown
from infra_ref.workbench.teaching.svg import CHAR


class Color(Enum):
    RED = 1


class Store:
    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.size = clock, 0

    async def get(self, key: str, default: object = None) -> object:
        await self.clock.sleep(0.05)
        if key == "bad":
            raise KeyError(key)
        return default

    async def rows(self) -> AsyncIterator[int]:
        for row in range(3):
            yield row

    def plain(self) -> str:
        return "plain"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...


def stampede() -> Recorder:
    async def happen() -> Recorder:
        clock = FakeClock()
        seen = Recorder(clock, start="app", title="A stampede")

        async def load(key: str) -> dict[str, int]:
            await clock.sleep(0.05)
            return {"id": 7}

        database = seen.watch(load, "database")

        async def get(key: str) -> dict[str, int]:
            return await database(key)

        cache = seen.watch(get, "cache")
        async with asyncio.TaskGroup() as group:
            for _ in range(100):
                group.create_task(cache("user:7"))
            await clock.advance(0.05)
        seen.note("all served", "app")
        return seen

    return run(happen())


def test_who_called_whom_as_text() -> None:
    assert repr(stampede()) == (
        "A stampede\n"
        "    0  app -> cache: get('user:7')  ×100\n"
        "    0    cache -> database: load('user:7')  ×100\n"
        "50 ms    cache <- database: {'id': 7}  ×100\n"
        "50 ms  app <- cache: {'id': 7}  ×100\n"
        "50 ms  app: all served"
    )


def test_the_timeline_as_text() -> None:
    assert repr(stampede().timeline()) == (
        "A stampede\n"
        "           from     to\n"
        "cache         0  50 ms  get('user:7') -> {'id': 7} ×100\n"
        "database      0  50 ms  load('user:7') -> {'id': 7} ×100\n"
        "app       50 ms  50 ms  all served"
    )


def retries() -> Recorder:
    async def happen() -> Recorder:
        clock = FakeClock()
        seen = Recorder(clock, start="client", title="Retries")
        store = seen.watch(Store(clock), "store")
        own = seen.watch_clock(clock)

        async def ask() -> None:
            seen.state("breaker", "closed")
            for attempt in range(2):
                try:
                    await store.get("bad")
                except KeyError:
                    await own.sleep(2**attempt)
            seen.state("breaker", "open")
            await store.get("k", default=3)

        async with asyncio.TaskGroup() as group:
            asking = group.create_task(ask())
            while not asking.done():
                await clock.advance(0.05)
        return seen

    return run(happen())


def test_attempts_states_and_waits() -> None:
    assert repr(retries().timeline()) == (
        "Retries\n"
        "           from      to\n"
        "breaker       0   3.1 s  [closed]\n"
        "breaker   3.1 s  3.15 s  [open]\n"
        "store         0   50 ms  get('bad') ! KeyError: 'bad'\n"
        "store    1.05 s   1.1 s  get('bad') ! KeyError: 'bad'\n"
        "store     3.1 s  3.15 s  get('k', default=3) -> 3\n"
        "client    50 ms  1.05 s  waits 1 s\n"
        "client    1.1 s   3.1 s  waits 2 s"
    )


SIDE = {"start": 1, "middle": 0.5, "end": 0}
"""The share of a text that stands to the right of its point."""


@pytest.mark.parametrize("happen", [stampede, retries])
def test_pictures_are_the_same_on_every_run_and_speak_to_everyone(happen: Any) -> None:
    for one, again in ((happen(), happen()), (happen().timeline(), happen().timeline())):
        shown = one._repr_html_()
        assert shown == again._repr_html_()
        svg = ET.fromstring(shown).find(".//{*}svg")
        assert svg is not None
        assert svg.get("role") == "img"
        assert svg.get("aria-label") == one.title
        assert svg.findtext("{*}title") == one.title
        assert svg.findtext("{*}desc")
        for forbidden in ("<script", "http://", "https://", "url(", " id="):
            assert forbidden not in shown.replace("xmlns='http://www.w3.org/2000/svg'", "")
        width = float(svg.get("width") or 0)
        for shape in svg.iter("{*}text"):
            long = len(shape.text or "") * CHAR * SIDE[shape.get("text-anchor")]
            assert 0 <= float(shape.get("x") or -1) <= width - long


def test_nothing_recorded_is_said_too() -> None:
    assert repr(Recorder(title="Empty")) == "Empty: nothing yet"
    assert Recorder(title="Empty").timeline()._repr_html_() == "<p>Empty: nothing yet</p>"


def test_what_is_watched_behaves_as_before() -> None:
    async def try_it() -> None:
        clock = FakeClock()
        seen = Recorder(clock)
        inner = Store(clock)
        store = seen.watch(inner, "store")
        assert asyncio.iscoroutinefunction(store.get)
        assert store.plain() == "plain"
        store.size = 3
        assert inner.size == 3
        assert [row async for row in store.rows()] == [0, 1, 2]
        async with store as entered:
            assert entered is store
        assert not hasattr(seen.watch(clock, "clock"), "__aenter__")
        assert [event.says for event in seen.events] == ["rows()", "aenter()", "aexit(None, None, None)"]

    run(try_it())


def test_a_cancelled_call_and_one_without_an_answer() -> None:
    async def try_it() -> Recorder:
        clock = FakeClock()
        seen = Recorder(clock)
        store = seen.watch(Store(clock), "store")
        asking = asyncio.create_task(store.get("a"))
        waiting = asyncio.create_task(store.get("b"))
        await clock.advance(0.01)
        asking.cancel()
        await asyncio.wait({asking})
        shown = repr(seen)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert asking.cancelled()
        assert shown == (
            "What happened\n"
            "    0  caller -> store: get('a')\n"
            "    0  caller -> store: get('b')   (no answer)\n"
            "10 ms  caller <- store: cancelled"
        )
        return seen

    run(try_it())


def test_no_address_and_no_order_of_a_set_reaches_the_page() -> None:
    async def try_it() -> str:
        seen = Recorder()

        async def call(*_: object) -> object:
            return object()

        await seen.watch(call, "it")(
            call, {"b", "a"}, Store(FakeClock()), lambda: None, [object()], ValueError()
        )
        return repr(seen)

    said = run(try_it())
    assert "0x" not in said
    assert "call(call, {'a', 'b'}, Store, <lambda>, [object], ValueError)" in said


@dataclass(frozen=True)
class Ticket:
    key: str
    token: object


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Ticket("user:7", object()), "Ticket(key='user:7', token=<object object>)"),
        (Ticket("k" * 80, None), "Ticket(key='" + "k" * 47 + "…"),
        ([1, 2, 3, 4, 5], "[1, 2, 3, 4, ...]"),
        ({"b": object()}, "{'b': object}"),
        (KeyError("k"), "KeyError: 'k'"),
        (Unspeakable(), "<Unspeakable, whose repr raised RuntimeError>"),
        (Ticket, "Ticket"),
        (b"raw", "b'raw'"),
        (None, "None"),
        (1.5, "1.5"),
        (Color.RED, "<Color.RED: 1>"),
    ],
)
def test_how_a_value_is_said(value: object, says: str) -> None:
    assert shown(value) == says


def test_more_than_anyone_reads_is_counted_and_not_kept() -> None:
    async def try_it() -> Recorder:
        seen = Recorder()

        async def call(number: int) -> None: ...

        watched = seen.watch(call, "it")
        for number in range(450):
            await watched(number)
        return seen

    seen = run(try_it())
    assert len(seen.events) == 400
    assert repr(seen).endswith("... and 50 more that were not kept")
    assert "and 50 more" in seen._repr_html_()
    seen.clear()
    assert repr(seen) == "What happened: nothing yet"


def test_the_caller_can_be_named_and_values_hidden() -> None:
    async def try_it() -> str:
        seen = Recorder(show=lambda value: "***")

        async def login(password: str) -> str:
            return password

        with seen.speaking("request 1"):
            await seen.watch(login, "users")("secret")
        return repr(seen)

    shown = run(try_it())
    assert "secret" not in shown
    assert shown.splitlines()[1] == "  request 1 -> users: login(***)"
