"""The exercises of the notebook on caching, in its order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_ref.caching.contracts.cache_contract import CacheContract
from infra_ref.caching.contracts.loading_contract import LoadingCacheContract
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import Clock
from infra_ref.workbench.exercises.caching_outages import AFTER_COMMIT, JITTER, OWED
from infra_ref.workbench.teaching.exercise import Exercise, Wrong

__all__ = ["AFTER_COMMIT", "DELETE_WINS", "JITTER", "OWED", "OWN_COPY", "SINGLE_FLIGHT", "TIME_TO_LIVE"]


def around_memory(attempt: Any) -> Callable[..., Any]:
    """Make the attempt around a cache that is right, so that what breaks a rule is the attempt."""

    def make(clock: Clock) -> Any:
        return attempt(MemoryCache(clock=clock))

    return make


TIME_TO_LIVE = Exercise(
    id="caching/time-to-live",
    title="An entry that ends",
    task="""
        This cache forgets nothing: it keeps the time to live and never looks at it.
        Repair it. `self.clock.monotonic()` gives the seconds; `ttl` is None for no
        limit, and zero or less is over at once.
    """,
    makes="LittleCache",
    given="import math\nfrom infra_ref.caching.contracts.examples import MISS",
    frame="""
        class LittleCache:
            def __init__(self, clock):
                self.clock, self.kept = clock, {}

            ____
    """,
    blank="""
        async def set(self, key, value, *, ttl=None):
            self.kept[key] = value, ttl

        async def get(self, key, default=None):
            return self.kept.get(key, (default, None))[0]

        async def exists(self, key):
            return key in self.kept
    """,
    solution="""
        async def set(self, key, value, *, ttl=None):
            ends = math.inf if ttl is None else self.clock.monotonic() + ttl
            self.kept[key] = value, ends

        async def get(self, key, default=None):
            value, ends = self.kept.get(key, (default, math.inf))
            return value if self.clock.monotonic() < ends else default

        async def exists(self, key):
            return await self.get(key, MISS) is not MISS
    """,
    wrong=(
        Wrong(
            "zero is taken for no limit",
            """
            async def set(self, key, value, *, ttl=None):
                ends = self.clock.monotonic() + ttl if ttl else math.inf
                self.kept[key] = value, ends

            async def get(self, key, default=None):
                value, ends = self.kept.get(key, (default, math.inf))
                return value if self.clock.monotonic() < ends else default

            async def exists(self, key):
                return await self.get(key, MISS) is not MISS
            """,
            breaks=("CACHE-11",),
            feedback="""
                `if ttl` is false for 0 as well as for None, and so the shortest life became an
                endless one. A published cache library does the same. Write `if ttl is None`.
            """,
        ),
        Wrong(
            "the last moment counts",
            """
            async def set(self, key, value, *, ttl=None):
                ends = math.inf if ttl is None else self.clock.monotonic() + ttl
                self.kept[key] = value, ends

            async def get(self, key, default=None):
                value, ends = self.kept.get(key, (default, math.inf))
                return value if self.clock.monotonic() <= ends else default

            async def exists(self, key):
                return await self.get(key, MISS) is not MISS
            """,
            breaks=("CACHE-11",),
            feedback="""
                With `<=` an entry of zero seconds is alive at the moment it was set. It ends
                when its time has passed: `<`.
            """,
        ),
        Wrong(
            "exists does not look at the time",
            """
            async def set(self, key, value, *, ttl=None):
                ends = math.inf if ttl is None else self.clock.monotonic() + ttl
                self.kept[key] = value, ends

            async def get(self, key, default=None):
                value, ends = self.kept.get(key, (default, math.inf))
                return value if self.clock.monotonic() < ends else default

            async def exists(self, key):
                return key in self.kept
            """,
            breaks=("CACHE-09",),
            feedback="`get` knows that it is over, and `exists` still says yes. Let one place decide.",
        ),
        Wrong(
            "what ended was None",
            """
            async def set(self, key, value, *, ttl=None):
                ends = math.inf if ttl is None else self.clock.monotonic() + ttl
                self.kept[key] = value, ends

            async def get(self, key, default=None):
                value, ends = self.kept.get(key, (default, math.inf))
                return value if self.clock.monotonic() < ends else None

            async def exists(self, key):
                return await self.get(key, MISS) is not MISS
            """,
            breaks=("CACHE-09", "CACHE-11"),
            feedback="What is over is a miss like any other, and a miss gives the caller's `default`.",
        ),
    ),
    hints=(
        "Work out once, in `set`, at which second the entry ends, and keep that instead of `ttl`.",
        "`math.inf` is later than every time: use it for no limit.",
        "In `get`, compare with `self.clock.monotonic()`; in `exists`, ask `get` with a default of your own.",
    ),
    notice="""
        The clock was passed in, so the rules let a minute pass without waiting for one. The entry
        that ended still lies in the dict: `MemoryCache` bounds how many there are.
    """,
    contract=CacheContract,
    only=("CACHE-01", "CACHE-04", "CACHE-06", "CACHE-08", "CACHE-09", "CACHE-10", "CACHE-11"),
)

OWN_COPY = Exercise(
    id="caching/own-copy",
    title="A value of its own",
    task="""
        Whoever gets a list from this cache and appends to it changes what everyone
        else will get. Repair it: changing what was set, or what a get returned, must
        not change what is stored.
    """,
    makes="CopyingCache",
    given="import copy",
    frame="""
        class CopyingCache:
            def __init__(self):
                self.kept = {}

            ____
    """,
    blank="""
        async def set(self, key, value, *, ttl=None):
            self.kept[key] = value

        async def get(self, key, default=None):
            return self.kept.get(key, default)
    """,
    solution="""
        async def set(self, key, value, *, ttl=None):
            self.kept[key] = copy.deepcopy(value)

        async def get(self, key, default=None):
            return copy.deepcopy(self.kept[key]) if key in self.kept else default
    """,
    wrong=(
        Wrong(
            "copies what comes in alone",
            """
            async def set(self, key, value, *, ttl=None):
                self.kept[key] = copy.deepcopy(value)

            async def get(self, key, default=None):
                return self.kept.get(key, default)
            """,
            breaks=("CACHE-18",),
            feedback="What was set is copied now, but every `get` still returns the stored object itself.",
        ),
        Wrong(
            "copies what goes out alone",
            """
            async def set(self, key, value, *, ttl=None):
                self.kept[key] = value

            async def get(self, key, default=None):
                return copy.deepcopy(self.kept.get(key, default))
            """,
            breaks=("CACHE-17",),
            feedback="Every `get` returns a copy, but the caller of `set` still has the stored object.",
        ),
        Wrong(
            "copies the outside alone",
            """
            async def set(self, key, value, *, ttl=None):
                self.kept[key] = copy.copy(value)

            async def get(self, key, default=None):
                return copy.copy(self.kept.get(key, default))
            """,
            breaks=("CACHE-17", "CACHE-18"),
            feedback="""
                `copy.copy` makes a new dict with the same list in it. What is inside has to be
                copied as well: `copy.deepcopy`.
            """,
        ),
    ),
    hints=(
        "Two ways lead to what is stored: the value that was set, and the one that `get` returns.",
        "`copy.copy` copies one level; the rules change a list inside a dict.",
        "`copy.deepcopy` in both methods.",
    ),
    notice="""
        A store behind a network has this for free: it holds bytes. `MemoryCache` copies too,
        but not what cannot change, which is where its speed comes from.
    """,
    contract=CacheContract,
    only=("CACHE-01", "CACHE-03", "CACHE-17", "CACHE-18"),
)

SINGLE_FLIGHT = Exercise(
    id="caching/single-flight",
    title="One load for a thousand misses",
    task="""
        Write `get_or_load`: a hit is returned; on a miss the `loader` is asked, and what
        it gives is kept. However many ask for a key at once, one load runs, and all get
        its value or its error. If the first of them is cancelled, the others still get it.

        `self.loads` is there for the loads that are under way.
    """,
    makes="OneLoad",
    given="""
        import asyncio
        from infra_ref.caching.contracts.examples import MISS
        from infra_ref.caching.decorators.decorator import CacheDecorator
    """,
    frame="""
        class OneLoad(CacheDecorator):
            def __init__(self, inner):
                super().__init__(inner)
                self.loads = {}

            ____
    """,
    blank="""
        async def get_or_load(self, key, loader, *, ttl=None): ...
    """,
    solution="""
        async def get_or_load(self, key, loader, *, ttl=None):
            value = await self.get(key, MISS)
            if value is not MISS:
                return value
            if key not in self.loads:
                self.loads[key] = asyncio.create_task(self.load(key, loader, ttl))
            return await asyncio.shield(self.loads[key])

        async def load(self, key, loader, ttl):
            try:
                value = await loader()
                await self.set(key, value, ttl=ttl)
                return value
            finally:
                del self.loads[key]
    """,
    wrong=(
        Wrong(
            "everyone loads",
            """
            async def get_or_load(self, key, loader, *, ttl=None):
                value = await self.get(key, MISS)
                if value is MISS:
                    value = await loader()
                    await self.set(key, value, ttl=ttl)
                return value
            """,
            breaks=("LOAD-02", "LOAD-06", "LOAD-07"),
            feedback="""
                Between the miss and the `set` lies the whole load, and all who come in that time
                miss as well. The first has to leave something in `self.loads` that the others find.
            """,
        ),
        Wrong(
            "the first caller carries the load",
            """
            async def get_or_load(self, key, loader, *, ttl=None):
                value = await self.get(key, MISS)
                if value is not MISS:
                    return value
                if key not in self.loads:
                    self.loads[key] = asyncio.create_task(self.load(key, loader, ttl))
                return await self.loads[key]

            async def load(self, key, loader, ttl):
                try:
                    value = await loader()
                    await self.set(key, value, ttl=ttl)
                    return value
                finally:
                    del self.loads[key]
            """,
            breaks=("LOAD-07",),
            feedback="""
                Cancelling who awaits a task cancels the task, and with it everybody else's load.
                `asyncio.shield` lets one caller go and the task live on.
            """,
        ),
        Wrong(
            "a lock, one after the other",
            """
            async def get_or_load(self, key, loader, *, ttl=None):
                async with self.loads.setdefault(key, asyncio.Lock()):
                    value = await self.get(key, MISS)
                    if value is MISS:
                        value = await loader()
                        await self.set(key, value, ttl=ttl)
                    return value
            """,
            breaks=("LOAD-07",),
            feedback="""
                A lock makes the others wait, and the load still belongs to one caller: cancelled,
                its work is lost and the next begins anew. Give the load a task of its own.
            """,
        ),
        Wrong(
            "a failed load stays",
            """
            async def get_or_load(self, key, loader, *, ttl=None):
                value = await self.get(key, MISS)
                if value is not MISS:
                    return value
                if key not in self.loads:
                    self.loads[key] = asyncio.create_task(self.load(key, loader, ttl))
                return await asyncio.shield(self.loads[key])

            async def load(self, key, loader, ttl):
                value = await loader()
                await self.set(key, value, ttl=ttl)
                return value
            """,
            breaks=("LOAD-06",),
            feedback="""
                The load that failed is still in `self.loads`, and answers with its old error for
                ever. Remove it when it is done, however it ended: `finally`.
            """,
        ),
        Wrong(
            "None is loaded again",
            """
            async def get_or_load(self, key, loader, *, ttl=None):
                value = await self.get(key)
                if value is not None:
                    return value
                if key not in self.loads:
                    self.loads[key] = asyncio.create_task(self.load(key, loader, ttl))
                return await asyncio.shield(self.loads[key])

            async def load(self, key, loader, ttl):
                try:
                    value = await loader()
                    await self.set(key, value, ttl=ttl)
                    return value
                finally:
                    del self.loads[key]
            """,
            breaks=("LOAD-03",),
            feedback="A stored None looks like a miss to you. Ask with a default that nobody stores: `MISS`.",
        ),
    ),
    hints=(
        "Keep the load itself in `self.loads`, not its value: a task can be awaited by many.",
        "`asyncio.create_task` for who comes first; all, the first as well, await what lies in `self.loads`.",
        "Await it through `asyncio.shield`, and take it out of `self.loads` in a `finally` of its own.",
    ),
    notice="""
        One thing is still wrong here, and `SingleFlightCache` has it right: when all callers are
        gone, the load runs on for nobody. And a delete during the load is lost: the next exercise.
    """,
    contract=LoadingCacheContract,
    only=("LOAD-01", "LOAD-02", "LOAD-03", "LOAD-05", "LOAD-06", "LOAD-07"),
    bench=around_memory,
)

DELETE_WINS = Exercise(
    id="caching/delete-wins",
    title="A delete during a load",
    task="""
        While a value is being loaded, somebody changes the source and deletes the key.
        Then the load ends, and puts the old value back, to stay. Repair it with a
        lease: `self.lease(key, seconds=10)` gives the right to fill the key, or None, and
        `self.fill(lease, value, ttl=ttl)` stores only if nobody has touched the key since.
    """,
    makes="LeasedLoad",
    given="""
        from infra_ref.caching.contracts.examples import MISS
        from infra_ref.caching.decorators.decorator import LeasingDecorator
    """,
    frame="""
        class LeasedLoad(LeasingDecorator):
            async def get_or_load(self, key, loader, *, ttl=None):
                ____
    """,
    blank="""
        value = await self.get(key, MISS)
        if value is MISS:
            value = await loader()
            await self.set(key, value, ttl=ttl)
        return value
    """,
    solution="""
        value = await self.get(key, MISS)
        if value is MISS:
            lease = await self.lease(key, seconds=10)
            value = await loader()
            if lease is not None:
                await self.fill(lease, value, ttl=ttl)
        return value
    """,
    wrong=(
        Wrong(
            "looks again before it stores",
            """
            value = await self.get(key, MISS)
            if value is MISS:
                value = await loader()
                if not await self.exists(key):
                    await self.set(key, value, ttl=ttl)
            return value
            """,
            breaks=("LOAD-09", "LOAD-10"),
            feedback="""
                A key that was deleted looks just like one that was never there. You have to know
                what happened since the load began: take the lease before it.
            """,
        ),
        Wrong(
            "takes the lease after the load",
            """
            value = await self.get(key, MISS)
            if value is MISS:
                value = await loader()
                lease = await self.lease(key, seconds=10)
                if lease is not None:
                    await self.fill(lease, value, ttl=ttl)
            return value
            """,
            breaks=("LOAD-09", "LOAD-10"),
            feedback="""
                A lease knows what happened since it was taken, and this one was taken after the
                delete. Take it before you ask the loader.
            """,
        ),
        Wrong(
            "stores when the lease is void",
            """
            value = await self.get(key, MISS)
            if value is MISS:
                lease = await self.lease(key, seconds=10)
                value = await loader()
                if lease is None or not await self.fill(lease, value, ttl=ttl):
                    await self.set(key, value, ttl=ttl)
            return value
            """,
            breaks=("LOAD-09", "LOAD-10", "LOAD-11"),
            feedback="""
                `fill` said no because the key was touched, and that is the answer. Return the value
                to who asked for it, and keep nothing.
            """,
        ),
        Wrong(
            "keeps nothing at all",
            """
            value = await self.get(key, MISS)
            if value is MISS:
                value = await loader()
            return value
            """,
            breaks=("LOAD-01", "LOAD-03"),
            feedback="Nothing stale is stored, and nothing else either.",
        ),
    ),
    hints=(
        "When must the cache begin to watch the key, so that it sees a delete during the load?",
        "Take the lease on the miss, before the loader; store with `fill` in place of `set`.",
        "`lease` is None when somebody else is filling the key: then return the value, and store nothing.",
    ),
    notice="""
        Who asked during the delete got the old value, once, and that cannot be helped: it was
        true when it was loaded. What was cured is that it stayed. The idea is that of Nishtala et
        al., Scaling Memcache at Facebook, 2013.
    """,
    contract=LoadingCacheContract,
    only=("LOAD-01", "LOAD-03", "LOAD-09", "LOAD-10", "LOAD-11"),
    bench=around_memory,
)
