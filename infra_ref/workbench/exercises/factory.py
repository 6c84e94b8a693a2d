"""The exercises of the notebook on the factory, in its order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

CloseAll = Callable[[list[Callable[[], Awaitable[None]]]], Awaitable[list[Exception]]]

FAILS_WITH = {"database": ConnectionError("database"), "cache": ValueError("cache"), "bus": KeyError("bus")}


def _closers(log: list[str], *names: str, fail: str = "") -> list[Callable[[], Awaitable[None]]]:
    def closer(name: str) -> Callable[[], Awaitable[None]]:
        async def close() -> None:
            for _ in range(names.index(name) + 1):  # the last one takes longest, so that all at once shows
                await asyncio.sleep(0)
            log.append(name)
            if name in fail:
                raise FAILS_WITH[name]

        return close

    return [closer(name) for name in names]


async def in_reverse(close_all: CloseAll) -> None:
    """Check the order."""
    log: list[str] = []
    assert await close_all(_closers(log, "database", "cache", "bus")) == []
    assert log == ["bus", "cache", "database"]


async def goes_on(close_all: CloseAll) -> None:
    """Check that none is left open."""
    log: list[str] = []
    await close_all(_closers(log, "database", "cache", "bus", fail="bus"))
    assert log == ["bus", "cache", "database"]


async def tells_all(close_all: CloseAll) -> None:
    """Check the errors."""
    errors = await close_all(_closers([], "cache", "database", "bus", fail="bus, database, cache"))
    assert errors == [FAILS_WITH["bus"], FAILS_WITH["database"], FAILS_WITH["cache"]]


CLOSE_ALL = Exercise(
    id="factory/close-all",
    title="Closed in reverse, whatever happens",
    task="""
        Call and await each of `closers`, the last one first. One that raises stops no other: return
        all errors, in the order in which they came up.
    """,
    makes="close_all",
    frame="""
        async def close_all(closers):
            ____
    """,
    blank="""
        for close in closers:
            await close()
        return []
    """,
    solution="""
        errors = []
        for close in reversed(closers):
            try:
                await close()
            except Exception as error:
                errors.append(error)
        return errors
    """,
    wrong=(
        Wrong(
            "in the order of opening",
            """
            errors = []
            for close in closers:
                try:
                    await close()
                except Exception as error:
                    errors.append(error)
            return errors
            """,
            breaks=("ONE", "TWO", "THREE"),
            feedback="The bus may still write to the database while it closes. What came last goes first.",
        ),
        Wrong(
            "one try around all",
            """
            errors = []
            try:
                for close in reversed(closers):
                    await close()
            except Exception as error:
                errors.append(error)
            return errors
            """,
            breaks=("TWO", "THREE"),
            feedback="The first error leaves the loop, and the rest stays open. Put the `try` inside.",
        ),
        Wrong(
            "all at once",
            """
            import asyncio
            closing = [close() for close in reversed(closers)]
            ended = await asyncio.gather(*closing, return_exceptions=True)
            return [one for one in ended if one]
            """,
            breaks=("ONE", "TWO"),
            feedback="The database is closed while the bus still needs it. Await one before the next begins.",
        ),
        Wrong(
            "the last error alone",
            """
            errors = []
            for close in reversed(closers):
                try:
                    await close()
                except Exception as error:
                    errors = [error]
            return errors
            """,
            breaks=("THREE",),
            feedback="The first error is often the cause of the others. Keep them all.",
        ),
        Wrong(
            "errors of the connection alone",
            """
            errors = []
            for close in reversed(closers):
                try:
                    await close()
                except ConnectionError as error:
                    errors.append(error)
            return errors
            """,
            breaks=("TWO", "THREE"),
            feedback="A close may fail with any error, and another one still leaves the loop: `Exception`.",
        ),
        Wrong(
            "what the errors say",
            """
            errors = []
            for close in reversed(closers):
                try:
                    await close()
                except Exception as error:
                    errors.append(str(error))
            return errors
            """,
            breaks=("THREE",),
            feedback="A text has neither type nor traceback. Return the errors themselves.",
        ),
    ),
    hints=(
        "`reversed(closers)` gives the last one first.",
        "The `try` belongs around one close, inside the loop; a list takes the errors.",
    ),
    notice="`Resources` does this for everything that `build` opens, and a cancellation stays one.",
    checks=(
        Check("ONE", "the last one is closed first", in_reverse),
        Check("TWO", "one that raises stops no other", goes_on),
        Check("THREE", "all errors are returned", tells_all),
    ),
)

Cycle = Callable[[dict[str, list[str]]], Any]


async def no_cycle(cycle: Cycle) -> None:
    """Check what is sound."""
    assert cycle({"orders": ["users", "mail"], "users": ["store"], "mail": ["store"], "store": []}) is None
    assert cycle({}) is None


async def two(cycle: Cycle) -> None:
    """Check a pair."""
    found = cycle({"users": ["mail"], "mail": ["users"]})
    assert found in (["users", "mail", "users"], ["mail", "users", "mail"])


async def far_away(cycle: Cycle) -> None:
    """Check a cycle that the first one only leads to."""
    found = cycle({"shop": ["orders"], "orders": ["users"], "users": ["mail"], "mail": ["orders"]})
    around = ["orders", "users", "mail"] * 2
    assert found in [around[at : at + 4] for at in range(3)]


async def itself(cycle: Cycle) -> None:
    """Check the shortest cycle."""
    assert cycle({"store": ["store"]}) == ["store", "store"]


async def behind_the_second(cycle: Cycle) -> None:
    """Check a circle that is not behind the first need."""
    found = cycle({"shop": ["store", "users"], "store": [], "users": ["shop"]})
    assert found is not None
    assert sorted(found[1:]) == ["shop", "users"]


CYCLE = Exercise(
    id="factory/cycle",
    title="They need each other in a circle",
    task="""
        `needs` says for each name which names it needs. Return a circle as a list that begins and ends
        with the same name, or None where there is none. `walk` gets a name and the path that led to it.
    """,
    makes="cycle",
    frame="""
        def cycle(needs):
            def walk(name, path):
                ____

            for name in needs:
                if found := walk(name, []):
                    return found
            return None
    """,
    blank="return None",
    solution="""
        if name in path:
            return [*path[path.index(name):], name]
        for needed in needs[name]:
            if found := walk(needed, [*path, name]):
                return found
    """,
    wrong=(
        Wrong(
            "the way to the circle",
            """
            if name in path:
                return [*path, name]
            for needed in needs[name]:
                if found := walk(needed, [*path, name]):
                    return found
            return None
            """,
            breaks=("THREE",),
            feedback="The path begins before the circle does. Cut it off where `name` first comes.",
        ),
        Wrong(
            "backwards",
            """
            if name in path:
                return [name, *path[:path.index(name) + 1]]
            for needed in needs[name]:
                if found := walk(needed, [name, *path]):
                    return found
            """,
            breaks=("THREE",),
            feedback="Each name in the circle needs the next one. Put the new name at the end of the path.",
        ),
        Wrong(
            "only the first need",
            """
            if name in path:
                return [*path[path.index(name):], name]
            return walk(needs[name][0], [*path, name]) if needs[name] else None
            """,
            breaks=("FIVE",),
            feedback="The circle may be behind the second one that it needs. Walk to each of them.",
        ),
    ),
    hints=(
        "A circle is closed when `name` is in `path` already.",
        "`path[path.index(name):]` is the part of the path that belongs to the circle.",
        "Otherwise walk on to each of `needs[name]`, with `[*path, name]`.",
    ),
    notice="`wiring.check` walks in the same way, and finds what is missing or kept too long as it goes.",
    checks=(
        Check("ONE", "where nothing goes round, there is none", no_cycle),
        Check("TWO", "two that need each other", two),
        Check("THREE", "a circle that is further away, without the way to it", far_away),
        Check("FOUR", "one that needs itself", itself),
        Check("FIVE", "a circle behind the second need", behind_the_second),
    ),
)

Kind = Callable[[Callable[[], Awaitable[object]]], Any]


async def made_once(kind: Kind) -> None:
    """Check a crowd."""
    made: list[object] = []

    async def make() -> object:
        made.append(object())
        await asyncio.sleep(0.001)
        return made[-1]

    lazy = kind(make)
    assert made == []
    got = await asyncio.gather(*(lazy.get() for _ in range(10)))
    assert len(made) == 1
    assert all(one is got[0] for one in got)
    assert await lazy.get() is got[0]


async def nothing_is_a_value(kind: Kind) -> None:
    """Check a value that is false."""
    made: list[int] = []

    async def make() -> object:
        made.append(1)
        return None

    lazy = kind(make)
    assert [await lazy.get(), await lazy.get()] == [None, None]
    assert made == [1]


async def again_after_an_error(kind: Kind) -> None:
    """Check that a failure is not kept."""
    tries: list[int] = []

    async def make() -> object:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("not yet")
        return "made"

    lazy = kind(make)
    try:
        await lazy.get()
    except ConnectionError:
        pass
    else:
        raise AssertionError("the error was kept back")
    assert await lazy.get() == "made"


async def one_gives_up(kind: Kind) -> None:
    """Check that the first caller may be cancelled."""

    async def make() -> object:
        await asyncio.sleep(0.01)
        return "made"

    lazy = kind(make)
    first, second = (asyncio.create_task(lazy.get()) for _ in range(2))
    await asyncio.sleep(0.001)
    first.cancel()
    assert await second == "made"


ONCE = Exercise(
    id="factory/once",
    title="Made once, at the first use",
    task="""
        `get` awaits `self.make()` at the first use, and returns what that gave ever after. Ten callers at
        once get the same one. An error is not kept: the next caller tries again. None is a value too.
    """,
    makes="Once",
    given="import asyncio",
    frame="""
        class Once:
            def __init__(self, make):
                self.make, self.made, self.lock = make, [], asyncio.Lock()

            async def get(self):
                ____
    """,
    blank="return await self.make()",
    solution="""
        async with self.lock:
            if not self.made:
                self.made.append(await self.make())
            return self.made[0]
    """,
    wrong=(
        Wrong(
            "no lock",
            """
            if not self.made:
                self.made.append(await self.make())
            return self.made[0]
            """,
            breaks=("ONE",),
            feedback="All ten look before the first has made it: an await lies between look and `append`.",
        ),
        Wrong(
            "looked before the lock",
            """
            if not self.made:
                async with self.lock:
                    self.made.append(await self.make())
            return self.made[0]
            """,
            breaks=("ONE",),
            feedback="Nine waited for the lock, and then made another each. Look again once you have it.",
        ),
        Wrong(
            "None is taken for nothing",
            """
            async with self.lock:
                if not self.made or self.made[0] is None:
                    self.made.insert(0, await self.make())
                return self.made[0]
            """,
            breaks=("TWO",),
            feedback="What was made may be None, or false. Ask whether something was made: `self.made`.",
        ),
    ),
    hints=(
        "`async with self.lock:` lets one caller at a time in.",
        "Within it: is the list empty? Then make, and append.",
    ),
    notice="`PlainContainer` has such a lock for each type: others need not wait.",
    checks=(
        Check("ONE", "ten at once get one, and it is not made before", made_once),
        Check("TWO", "None is made once too", nothing_is_a_value),
        Check("THREE", "after an error the next caller tries again", again_after_an_error),
        Check("FOUR", "the first caller may give up", one_gives_up),
    ),
)
