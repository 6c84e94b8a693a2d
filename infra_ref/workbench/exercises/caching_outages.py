"""Exercises of the later sections on caching: lifetimes, forgetting, and a store that goes away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

Spread = Callable[[float, float, float], float]


async def _spreads(lifetime: Spread) -> None:
    seen = [lifetime(300, 0.2, number) for number in (0.0, 0.5, 0.75)]
    assert seen == [240.0, 300.0, 330.0]


async def _keeps_without(lifetime: Spread) -> None:
    assert lifetime(300, 0, 0.9) == 300


async def _is_never_over(lifetime: Spread) -> None:
    assert lifetime(300, 2, 0.0) > 0


JITTER = Exercise(
    id="caching/jitter",
    title="Entries that do not end together",
    task="""
        Return a time to live around `seconds`: at most the `share` of it shorter or longer (0.2 is
        20 %), spread evenly by `number`, which is random from 0 to 1. At 0 it is the shortest, at
        0.5 it is `seconds` itself. Whatever the share, the result is above zero.
    """,
    makes="lifetime",
    frame="""
        def lifetime(seconds, share, number):
            ____
    """,
    blank="return seconds",
    solution="return max(0.001, seconds * (1 + share * (2 * number - 1)))",
    wrong=(
        Wrong(
            "only longer",
            "return seconds * (1 + share * number)",
            breaks=("JITTER-01",),
            feedback="This is from `seconds` upwards. `2 * number - 1` goes from -1 to 1.",
        ),
        Wrong(
            "without a floor",
            "return seconds * (1 + share * (2 * number - 1))",
            breaks=("JITTER-03",),
            feedback="With a share above 1 a lifetime is negative: the entry is over before it is stored.",
        ),
        Wrong(
            "the share is taken for seconds",
            "return max(0.001, seconds + share * (2 * number - 1))",
            breaks=("JITTER-01",),
            feedback="0.2 is a share of `seconds`, so it has to be multiplied with them.",
        ),
    ),
    hints=(
        "`2 * number - 1` goes from -1 to 1.",
        "`seconds * (1 + share * ...)`, and `max(0.001, ...)` around it.",
    ),
    notice="`EntityStrategy(ttl=300, jitter=0.2)` does this for every entry that it stores.",
    checks=(
        Check("JITTER-01", "number 0 is the shortest, 0.5 the middle, and so on evenly", _spreads),
        Check("JITTER-02", "a share of nothing changes nothing", _keeps_without),
        Check("JITTER-03", "a lifetime is above zero, whatever the share", _is_never_over),
    ),
)


class Cuttable(MemoryCache[Any]):
    """A cache whose store can be cut off."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    def _check(self, doing: str) -> None:
        if self.away:
            raise CacheUnavailable(doing)

    async def get(self, key: str, default: Any = None) -> Any:
        self._check("get")
        return await super().get(key, default)

    async def set(self, key: str, value: Any, *, ttl: float | None = None) -> None:
        self._check("set")
        await super().set(key, value, ttl=ttl)

    async def delete(self, key: str) -> bool:
        self._check("delete")
        return await super().delete(key)


Around = Callable[[Cuttable], Any]


async def _reads_miss(around: Around) -> None:
    store = Cuttable()
    cache = around(store)
    await cache.set("lamp", 40)
    assert await cache.get("lamp", "a miss") == 40
    store.away = True
    assert await cache.get("lamp", "a miss") == "a miss"
    assert await cache.delete("sofa") is False


async def _comes_back(around: Around) -> None:
    store = Cuttable()
    cache = around(store)
    await cache.set("lamp", 40)
    store.away = True
    await cache.get("lamp")
    store.away = False
    assert await cache.get("lamp", "a miss") == 40
    assert await cache.delete("lamp") is True


async def _makes_up(around: Around) -> None:
    store = Cuttable()
    cache = around(store)
    await cache.set("lamp", 40)
    store.away = True
    await cache.delete("lamp")
    assert await cache.get("lamp", "a miss") == "a miss"
    store.away = False
    assert await cache.get("lamp", "a miss") == "a miss"


async def _makes_up_once(around: Around) -> None:
    store = Cuttable()
    cache = around(store)
    store.away = True
    await cache.delete("lamp")
    store.away = False
    await cache.get("lamp")
    await cache.set("lamp", 35)
    assert await cache.get("lamp", "a miss") == 35


OWED = Exercise(
    id="caching/owed-delete",
    title="A delete that is owed",
    task="""
        While the store is gone this cache answers with misses, and a delete is lost: once the store is
        back, so is the old value. Repair it: keep in `self.owed` which keys are still to be deleted, and
        delete them in the store before such a key is read. A deleted key is owed once.
    """,
    makes="Owing",
    given="""
        from infra_ref.caching.decorators.decorator import CacheDecorator
        from infra_ref.caching.port import CacheUnavailable
    """,
    frame="""
        class Owing(CacheDecorator):
            def __init__(self, inner):
                super().__init__(inner)
                self.owed = set()

            ____
    """,
    blank="""
        async def get(self, key, default=None): ...
        async def delete(self, key): ...
    """,
    solution="""
        async def get(self, key, default=None):
            try:
                if key in self.owed:
                    await self.inner.delete(key)
                    self.owed.discard(key)
                return await self.inner.get(key, default)
            except CacheUnavailable:
                return default

        async def delete(self, key):
            try:
                return await self.inner.delete(key)
            except CacheUnavailable:
                self.owed.add(key)
                return False
    """,
    wrong=(
        Wrong(
            "the error is swallowed",
            """
            async def get(self, key, default=None):
                try:
                    return await self.inner.get(key, default)
                except CacheUnavailable:
                    return default

            async def delete(self, key):
                try:
                    return await self.inner.delete(key)
                except CacheUnavailable:
                    return False
            """,
            breaks=("OWED-03",),
            feedback="The delete is lost, and nothing remembers it: `self.owed.add(key)`.",
        ),
        Wrong(
            "it is owed for ever",
            """
            async def get(self, key, default=None):
                try:
                    if key in self.owed:
                        return default
                    return await self.inner.get(key, default)
                except CacheUnavailable:
                    return default

            async def delete(self, key):
                try:
                    return await self.inner.delete(key)
                except CacheUnavailable:
                    self.owed.add(key)
                    return False
            """,
            breaks=("OWED-04",),
            feedback="""
                Such a key is a miss from then on, also after a fresh value was stored. Delete it in the
                store, then take it out of `self.owed`.
            """,
        ),
        Wrong(
            "it is taken off the list too early",
            """
            async def get(self, key, default=None):
                try:
                    if key in self.owed:
                        self.owed.discard(key)
                        await self.inner.delete(key)
                    return await self.inner.get(key, default)
                except CacheUnavailable:
                    return default

            async def delete(self, key):
                try:
                    return await self.inner.delete(key)
                except CacheUnavailable:
                    self.owed.add(key)
                    return False
            """,
            breaks=("OWED-03",),
            feedback="""
                A read during the outage takes the key off the list, and the delete fails again. First the
                delete, then the list.
            """,
        ),
    ),
    hints=(
        "`delete` has two ends: it worked, or it must be remembered.",
        "In `get`, inside the `try`: if the key is owed, delete it first.",
        "Only once that delete has succeeded is the key no longer owed.",
    ),
    notice="""
        `FailSafeCache` does this for sets and patterns too, and bounds how much it remembers. What it
        cannot do is tell the other processes.
    """,
    checks=(
        Check("OWED-01", "while the store is gone a read is a miss and a delete is False", _reads_miss),
        Check("OWED-02", "what was cached before the outage is there again after it", _comes_back),
        Check("OWED-03", "a lost delete is made up for before the key is read again", _makes_up),
        Check("OWED-04", "it is made up for once: a value that was set afterwards stays", _makes_up_once),
    ),
)


class Prices:
    """A database of prices with transactions: what is written shows to others once the block has ended."""

    def __init__(self) -> None:
        self.stored: dict[str, int] = {"lamp": 40}
        self.before_commit: Callable[[], Any] | None = None

    async def __aenter__(self) -> dict[str, int]:
        self._written: dict[str, int] = {}
        return self._written

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        if self.before_commit is not None:
            await self.before_commit()
        if kind is None:
            self.stored |= self._written


async def _set_price(attempt: Any, visitor: bool = False) -> Any:
    cache, prices = MemoryCache[Any](), Prices()
    await cache.set("lamp", 40)

    async def visit() -> None:
        if await cache.get("lamp") is None:
            await cache.set("lamp", prices.stored["lamp"])

    prices.before_commit = visit if visitor else None
    await attempt(prices, cache, 35)
    await visit()
    return await cache.get("lamp"), prices.stored["lamp"]


async def _is_fresh(attempt: Any) -> None:
    assert await _set_price(attempt) == (35, 35)


async def _is_fresh_with_a_visitor(attempt: Any) -> None:
    assert await _set_price(attempt, visitor=True) == (35, 35)


async def _keeps_after_a_failure(attempt: Any) -> None:
    cache, prices = MemoryCache[Any](), Prices()
    await cache.set("lamp", 40)

    async def fail() -> None:
        raise OSError("the disk is full")

    prices.before_commit = fail
    try:
        await attempt(prices, cache, 35)
    except OSError:
        passed_on = True
    else:
        passed_on = False
    assert passed_on
    assert await cache.get("lamp") == 40


AFTER_COMMIT = Exercise(
    id="caching/after-commit",
    title="Forget after the commit",
    task="""
        `async with prices as transaction:` is a transaction: `transaction["lamp"] = price` writes, and the
        end of the block commits. This use case deletes the cache entry where a visitor can still load the
        old price. Repair it. If the transaction fails, the entry stays and the error passes on.
    """,
    makes="set_price",
    frame="""
        async def set_price(prices, cache, price):
            ____
    """,
    blank="""
        async with prices as transaction:
            await cache.delete("lamp")
            transaction["lamp"] = price
    """,
    solution="""
        async with prices as transaction:
            transaction["lamp"] = price
        await cache.delete("lamp")
    """,
    wrong=(
        Wrong(
            "before the transaction",
            """
            await cache.delete("lamp")
            async with prices as transaction:
                transaction["lamp"] = price
            """,
            breaks=("FORGET-02", "FORGET-03"),
            feedback="Earlier is worse: a visitor has the whole transaction long to load the old price.",
        ),
        Wrong(
            "last inside of it",
            """
            async with prices as transaction:
                transaction["lamp"] = price
                await cache.delete("lamp")
            """,
            breaks=("FORGET-02", "FORGET-03"),
            feedback="Inside the block nothing is committed yet, in whichever order it stands.",
        ),
        Wrong(
            "whatever happens",
            """
            try:
                async with prices as transaction:
                    transaction["lamp"] = price
            finally:
                await cache.delete("lamp")
            """,
            breaks=("FORGET-03",),
            feedback="A transaction that failed has changed nothing, so nothing has to be forgotten.",
        ),
    ),
    hints=(
        "When does the database begin to answer with the new price?",
        "What comes after the block runs after the commit, and not at all if the block raised.",
    ),
    notice="`CacheInvalidator.after_commit` does this for the events that a block notes.",
    checks=(
        Check("FORGET-01", "the next visitor sees the new price", _is_fresh),
        Check("FORGET-02", "also when a visitor came just before the commit", _is_fresh_with_a_visitor),
        Check(
            "FORGET-03",
            "a transaction that fails forgets nothing, and raises",
            _keeps_after_a_failure,
        ),
    ),
)
