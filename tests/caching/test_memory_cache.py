"""What the memory cache promises beyond its contract: bounds, and who goes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.clock import FakeClock
from infra_ref.contract import run


def test_the_least_recently_used_goes_first() -> None:
    async def story() -> dict[str, int]:
        cache = MemoryCache[int](max_entries=3)
        await cache.set_multiple({"a": 1, "b": 2, "c": 3})
        await cache.get("a")
        await cache.get_multiple(["b"])
        await cache.set("d", 4)
        return await cache.get_multiple("abcd")

    assert run(story()) == {"a": 1, "b": 2, "d": 4}


def test_an_entry_is_over_at_the_very_moment_that_its_time_has_passed() -> None:
    # No rule of the contract: Redis may keep an entry through its last millisecond.
    async def story() -> list[bool]:
        clock = FakeClock()
        cache = MemoryCache[str](clock=clock)
        await cache.set("k", "v", ttl=60)
        await clock.advance(59)
        before = await cache.exists("k")
        lease = await cache.lease("other", seconds=1)
        assert lease is not None
        await clock.advance(1)
        return [before, await cache.exists("k"), await cache.fill(lease, "v")]

    assert run(story()) == [True, False, False]


def test_values_stay_within_the_bytes_that_were_allowed() -> None:
    async def story() -> list[str]:
        cache = MemoryCache[str](max_bytes=100, weigh=len)
        await cache.set("a", "x" * 40)
        await cache.set("b", "x" * 40)
        await cache.set("a", "x" * 50)
        await cache.set("c", "x" * 45)
        return list(await cache.get_multiple("abc"))

    assert run(story()) == ["a", "c"]


def test_a_value_heavier_than_the_bound_is_not_kept_and_pushes_nothing_out() -> None:
    async def story() -> list[str]:
        cache = MemoryCache[str](max_bytes=100, weigh=len)
        await cache.set("a", "x" * 90)
        await cache.set("b", "old")
        await cache.set("b", "x" * 101)
        return list(await cache.get_multiple("ab"))

    assert run(story()) == ["a"]


def test_values_may_fill_the_bound_to_the_last_byte() -> None:
    async def story() -> list[str]:
        cache = MemoryCache[str](max_bytes=100, weigh=len)
        await cache.set("a", "x" * 40)
        await cache.set("b", "x" * 60)
        both = list(await cache.get_multiple("ab"))
        await cache.set("c", "x" * 100)
        return [*both, *await cache.get_multiple("abc")]

    assert run(story()) == ["a", "b", "c"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 30), st.sampled_from([None, 0, 1, 5]))))
def test_the_weight_it_counts_is_the_weight_it_has(writes: list[tuple[str, int, float | None]]) -> None:
    async def story() -> None:
        clock = FakeClock()
        cache = MemoryCache[int](max_entries=4, max_bytes=60, weigh=lambda value: value, clock=clock)
        for key, value, ttl in writes:
            await cache.set(key, value, ttl=ttl)
            await clock.advance(0.7)
            assert cache._bytes == sum(entry.weight for entry in cache._entries.values()) <= 60
            assert len(cache._entries) <= 4

    run(story())


@pytest.mark.parametrize("half", [{"max_bytes": 100}, {"weigh": len}])
def test_a_bound_in_bytes_needs_something_that_weighs(half: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="write both, for instance weigh=len"):
        MemoryCache[Any](**half)


@pytest.mark.parametrize("bound", [{"max_entries": 0}, {"max_bytes": 0}, {"max_entries": -1}])
def test_a_bound_is_at_least_one(bound: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        MemoryCache[Any](**bound)


@dataclass(frozen=True)
class Bag:
    things: list[int]


def test_a_frozen_dataclass_that_holds_a_list_is_copied() -> None:
    async def story() -> Bag | None:
        cache, bag = MemoryCache[Bag](), Bag([1])
        await cache.set("k", bag)
        bag.things.append(2)
        return await cache.get("k")

    assert run(story()) == Bag([1])


def test_leases_that_nobody_uses_are_bounded_as_entries_are() -> None:
    async def story() -> tuple[int, bool]:
        cache = MemoryCache[int](max_entries=10)
        leases = [await cache.lease(f"k{n}", seconds=60) for n in range(100)]
        assert leases[-1] is not None
        return len(cache._leases), await cache.fill(leases[-1], 1)

    assert run(story()) == (10, True)
