"""What the decorators promise when much happens at once."""

from __future__ import annotations

import asyncio
import pickle
from enum import Enum
from typing import Any

import pytest

from infra_ref.caching.cache_invalidator import CacheInvalidator
from infra_ref.caching.decorators.counted_cache import CacheStats, CountedCache
from infra_ref.caching.decorators.fail_safe_cache import MOST_OWED, FailSafeCache
from infra_ref.caching.decorators.generation_cache import GenerationCache
from infra_ref.caching.decorators.single_flight_cache import SingleFlightCache
from infra_ref.caching.decorators.stale_cache import StaleCache
from infra_ref.caching.decorators.strategy_cache import StrategyCache
from infra_ref.caching.entity_strategy import EntityStrategy
from infra_ref.caching.leasing_port import Lease
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.caching.two_level_cache import TwoLevelCache
from infra_ref.clock import FakeClock
from infra_ref.contract import run
from infra_ref.events import DomainEvent


class Distant(MemoryCache[Any]):
    """Takes its time, counts what it is asked, and can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.away = False

    async def _trip(self, what: str) -> None:
        self.asked.append(what)
        await asyncio.sleep(0.005)
        if self.away:
            raise CacheUnavailable(what)

    async def get(self, key: str, default: Any = None) -> Any:
        found = await super().get(key, default)
        await self._trip("get")
        return found

    async def delete(self, key: str) -> bool:
        await self._trip("delete")
        return await super().delete(key)

    async def delete_multiple(self, keys: Any) -> int:
        keys = list(keys)
        gone = 0 if self.away else await super().delete_multiple(keys)
        await self._trip("delete_multiple")
        return gone

    async def invalidate_pattern(self, pattern: str) -> int:
        await self._trip("sweep")
        return await super().invalidate_pattern(pattern)

    async def clear(self) -> None:
        await self._trip("clear")
        await super().clear()


def test_a_clear_is_seen_at_once_although_another_asks_for_the_generation_meanwhile() -> None:
    async def story() -> Any:
        clock = FakeClock()
        cache = GenerationCache(MemoryCache[Any](), Distant(), clock=clock)
        await cache.set("k", "old")
        await clock.advance(1)
        asking = asyncio.create_task(cache.get("k"))
        for _ in range(3):  # until its answer is on the way
            await asyncio.sleep(0)
        await cache.clear()
        await asking
        return await cache.get("k")

    assert run(story()) is None


def test_however_many_ask_for_the_generation_one_trip_is_made() -> None:
    async def story() -> int:
        generations = Distant()
        cache = GenerationCache(MemoryCache[Any](), generations, clock=FakeClock())
        await asyncio.gather(*(cache.get(f"k{n}") for n in range(50)))
        return len(generations.asked)

    assert run(story()) == 1


def test_a_batch_asks_for_its_generation_once() -> None:
    async def story() -> int:
        generations = Distant()
        cache = GenerationCache(MemoryCache[Any](), generations, believe_for=0)
        await cache.set_multiple({f"k{n}": n for n in range(50)})
        return len(generations.asked)

    assert run(story()) == 1


def test_a_generation_that_cannot_begin_is_an_outage() -> None:
    class KeepsNothing(MemoryCache[str]):
        async def fill(self, lease: Lease, value: str, *, ttl: float | None = None) -> bool:
            return False

    with pytest.raises(CacheUnavailable, match="begin a generation"):
        run(GenerationCache(MemoryCache[Any](), KeepsNothing()).get("k"))


def test_asking_for_the_generation_at_every_call_shares_no_earlier_answer() -> None:
    class Slow(MemoryCache[str]):
        async def get(self, key: str, default: Any = None) -> Any:
            found = await super().get(key, default)
            await asyncio.sleep(0.005)
            return found

    async def story() -> Any:
        store, generations = MemoryCache[Any](), Slow()
        cache, other = (GenerationCache(store, generations, believe_for=0) for _ in range(2))
        await cache.set("k", "old")
        early = asyncio.create_task(cache.get("k"))
        await asyncio.sleep(0)
        await other.clear()
        late = await cache.get("k")
        return [await early, late]

    assert run(story()) == ["old", None]


def test_of_two_clears_at_once_the_one_that_was_written_last_is_believed() -> None:
    class LateAnswer(MemoryCache[str]):
        wait = 0.01

        async def set(self, key: str, value: str, *, ttl: float | None = None) -> None:
            await super().set(key, value, ttl=ttl)
            self.wait, wait = 0.0, self.wait
            await asyncio.sleep(wait)  # the first to write is the last to be answered

    async def story() -> Any:
        store, generations = MemoryCache[Any](), LateAnswer()
        cache, other = (GenerationCache(store, generations) for _ in range(2))
        await asyncio.gather(cache.clear(), cache.clear())
        await cache.set("k", "v")
        return await other.get("k")

    assert run(story()) == "v"


def test_a_clear_whose_outcome_is_unknown_makes_the_next_call_ask() -> None:
    class Breaks(MemoryCache[str]):
        async def set(self, key: str, value: str, *, ttl: float | None = None) -> None:
            await super().set(key, value, ttl=ttl)
            raise CacheUnavailable("set it: the answer was lost")

    async def story() -> Any:
        cache = GenerationCache(MemoryCache[Any](), Breaks())
        await cache.set("k", "old")
        with pytest.raises(CacheUnavailable):
            await cache.clear()
        return await cache.get("k")

    assert run(story()) is None


@pytest.mark.parametrize(
    "around",
    [
        FailSafeCache,
        SingleFlightCache,
        lambda store: GenerationCache(store, Distant(), believe_for=0.001),
        lambda store: TwoLevelCache(MemoryCache(), store, local_seconds=1.0),
    ],
    ids=["fail safe", "single flight", "generation", "two levels"],
)
def test_a_cache_works_in_one_event_loop_after_another(around: Any) -> None:
    cache = around(Distant())

    async def story() -> list[Any]:
        await cache.clear()
        await cache.set("k", "v")
        await asyncio.sleep(0.005)
        return list(await asyncio.gather(*(cache.get("k") for _ in range(10)), cache.delete("none")))

    for _ in range(3):
        assert run(story()) == ["v"] * 10 + [False]


def test_a_read_during_a_delete_does_not_bring_the_old_value_back_to_the_first_level() -> None:
    async def story() -> list[Any]:
        shared = Distant()
        cache = TwoLevelCache[Any](MemoryCache(), shared, local_seconds=60)
        seen = []
        for turns in range(8):
            await cache.set("k", "old")
            deleting = asyncio.create_task(cache.delete("k"))
            for _ in range(turns):
                await asyncio.sleep(0.001)
            reading = asyncio.create_task(cache.get("k"))
            await asyncio.wait({deleting, reading})
            seen.append(await cache.get("k"))
        return seen

    assert run(story()) == [None] * 8


def test_a_strategy_around_generations_sees_the_caller_s_key() -> None:
    seen: list[str] = []

    def note(key: str, value: Any) -> bool:
        seen.append(key)
        return True

    async def story() -> None:
        generations = GenerationCache(MemoryCache[Any](), MemoryCache[str]())
        cache = StrategyCache(generations, EntityStrategy(ttl=60.0, worth_it=note))
        lease = await cache.lease("user:7", seconds=1)
        assert lease is not None
        await cache.fill(lease, "v")

    run(story())
    assert seen == ["user:7"]


def test_a_strategy_that_would_not_cache_refuses_a_bad_time_to_live_all_the_same() -> None:
    cache = StrategyCache(MemoryCache[int](), EntityStrategy(ttl=60.0, worth_it=lambda key, value: False))
    bad_ttl: Any = "60"
    with pytest.raises(TypeError, match="ttl is seconds or None, not str"):
        run(cache.set("k", 1, ttl=bad_ttl))
    with pytest.raises(ValueError, match="not NaN"):
        EntityStrategy[int](ttl=float("nan"))


class Kind(str, Enum):  # noqa: UP042 - a StrEnum has another format
    USER = "user"


def test_an_enum_that_is_text_is_the_key_of_that_text() -> None:
    async def story() -> Any:
        cache = GenerationCache(MemoryCache[Any](), MemoryCache[str]())
        await cache.set(Kind.USER, "v")
        return await cache.get("user")

    assert run(story()) == "v"
    assert EntityStrategy[Any](ttl=None).get_key("a", Kind.USER) == "a:user"


def test_what_a_clear_owes_is_swept_once_for_all_who_read() -> None:
    async def story() -> tuple[int, Any]:
        store = Distant()
        cache = FailSafeCache(store)
        store.away = True
        await cache.clear()
        store.away = False
        await asyncio.gather(*(cache.get(f"k{n}") for n in range(50)), cache.set("new", "v"))
        return store.asked.count("sweep"), await cache.get("new")

    assert run(story()) == (1, "v")


def test_a_delete_that_is_dropped_while_an_older_one_is_made_up_for_is_owed_too() -> None:
    async def story() -> Any:
        store = Distant()
        cache = FailSafeCache(store)
        store.away = True
        await cache.delete("k")
        store.away = False
        reading = asyncio.create_task(cache.get("k"))
        await asyncio.sleep(0)  # its delete has been done; the answer is on its way
        await store.set("k", "stale")
        cache._owe(["k"])
        await reading
        return await cache.get("k")

    assert run(story()) is None


def test_pauses_after_failed_refreshes_do_not_pile_up() -> None:
    async def story() -> int:
        clock = FakeClock()
        loading = SingleFlightCache[Any](MemoryCache(clock=clock))
        cache = StaleCache[Any](loading, stale_for=60, pause=1, clock=clock)

        async def fails() -> Any:
            raise ZeroDivisionError

        for n in range(100):
            await cache.set(f"k{n}", n, ttl=0.5)
            await clock.advance(1)
            await cache.get_or_load(f"k{n}", fails)
            await asyncio.sleep(0.001)
        return len(cache._paused)

    assert run(story()) == 1


def test_a_second_cancellation_does_not_cut_an_invalidation_short() -> None:
    async def story() -> bool:
        store = Distant()
        invalidator = CacheInvalidator(
            store, EntityStrategy(ttl=None, stale_after={"user.changed"}), prefix="user"
        )
        await store.set("user:7", "old")

        async def change() -> None:
            async with invalidator.after_commit() as note:
                note(DomainEvent(type="user.changed", subject="7"))

        changing = asyncio.create_task(change())
        for _ in range(3):
            await asyncio.sleep(0.001)
            changing.cancel()
        await asyncio.wait({changing})
        return changing.cancelled() and not await store.exists("user:7")

    assert run(story())


def test_an_outage_can_be_sent_to_another_process() -> None:
    sent = pickle.loads(pickle.dumps(CacheUnavailable("get 'k'")))
    assert str(sent) == str(CacheUnavailable("get 'k'"))


def test_a_hundred_who_miss_at_once_look_once() -> None:
    async def story() -> int:
        store = Distant()
        cache = SingleFlightCache(store)

        async def load() -> str:
            await asyncio.sleep(0.01)
            return "v"

        await asyncio.gather(*(cache.get_or_load("k", load) for _ in range(100)))
        return store.asked.count("get")

    assert run(story()) == 1


def test_a_clear_that_is_dropped_while_an_older_one_is_made_up_for_is_owed_too() -> None:
    async def story() -> Any:
        store = Distant()
        cache = FailSafeCache(store)
        store.away = True
        await cache.clear()
        store.away = False
        reading = asyncio.create_task(cache.get("k"))
        while "sweep" not in store.asked:  # noqa: ASYNC110 - the sweep is about to begin
            await asyncio.sleep(0)
        cache._owe(patterns=["*"])
        await reading
        return store.asked.count("sweep")

    assert run(story()) == 2


def test_what_is_owed_is_bounded() -> None:
    async def story() -> tuple[int, list[str]]:
        store = Distant()
        cache = FailSafeCache(store)
        store.away = True
        await cache.delete_multiple(f"k{n}" for n in range(MOST_OWED))
        at_most = len(cache._owed)
        await cache.delete("one more")
        return at_most, [*cache._owed, *cache._owed_patterns]

    assert run(story()) == (MOST_OWED, ["*"])


def test_a_value_of_a_process_whose_clock_is_a_little_ahead_is_fresh() -> None:
    async def story() -> list[Any]:
        ahead, here = FakeClock(), FakeClock()
        loading = SingleFlightCache[Any](MemoryCache())
        writer, reader = (StaleCache[Any](loading, stale_for=60, clock=clock) for clock in (ahead, here))
        seen = []
        for seconds in (0.9, 0.2):
            ahead.jump(seconds)
            await writer.set("k", "v", ttl=60)
            seen.append(await reader.get("k"))
        return seen

    assert run(story()) == ["v", None]


def test_a_key_that_is_asked_for_twice_in_one_call_is_counted_once() -> None:
    async def story() -> CacheStats:
        cache = CountedCache(MemoryCache[Any]())
        await cache.set("a", 1)
        await cache.get_multiple(["a", "b", "a", "b"])
        return cache.stats

    assert run(story()) == CacheStats(hits=1, misses=1)


def test_after_a_miss_in_both_levels_the_next_read_may_fill_the_first() -> None:
    async def story() -> Any:
        local, shared = MemoryCache[Any](), MemoryCache[Any]()
        cache = TwoLevelCache(local, shared, local_seconds=60)
        await cache.get("k")
        await shared.set("k", "v")
        await cache.get("k")
        return await local.get("k")

    assert run(story()) == "v"


def test_one_invalidation_that_fails_does_not_stop_the_others() -> None:
    class Refuses(MemoryCache[Any]):
        async def delete(self, key: str) -> bool:
            if key == "user:7":
                raise CacheUnavailable("delete it")
            return await super().delete(key)

    async def story() -> bool:
        store = Refuses()
        strategy = EntityStrategy[Any](ttl=None, stale_after={"user.changed"})
        invalidator = CacheInvalidator(store, strategy, prefix="user")
        await store.set("user:8", "old")

        async def change() -> None:
            async with invalidator.after_commit() as note:
                for subject in ("7", "8"):
                    note(DomainEvent(type="user.changed", subject=subject))

        with pytest.raises(ExceptionGroup, match="could not invalidate") as refused:
            await change()
        assert [type(error) for error in refused.value.exceptions] == [CacheUnavailable]
        return await store.exists("user:8")

    assert run(story()) is False
