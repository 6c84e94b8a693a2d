"""The shop publishes its events through the outbox, and what is cached of a user goes with its events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from infra_ref.caching.cache_invalidator import CacheInvalidator
from infra_ref.caching.entity_strategy import EntityStrategy
from infra_ref.caching.memory_cache import MemoryCache
from infra_ref.contract import run
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_outbox import MemoryOutbox
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.port import Handler
from infra_ref.event_bus.queue_bus import QueueBus
from infra_ref.event_bus.relay import Relay
from infra_ref.event_bus.sql_outbox import OUTBOX_TABLES, SqlOutbox
from infra_ref.events import DomainEvent
from infra_ref.result import Ok
from infra_ref.sample.adapters.make_shop import make_shop
from infra_ref.sample.use_cases import register, rename
from infra_ref.sample.user import User
from tests.repository.databases import postgres_url


@asynccontextmanager
async def shop_with_outbox(kind: str, folder: Path) -> AsyncIterator[tuple[Any, Any]]:
    if kind == "memory":
        shop = await make_shop("memory://")
        yield shop, MemoryOutbox(shop.database)
        return
    url = f"sqlite:///{folder / 'shop.db'}" if kind == "sqlite" else postgres_url(kind)
    shop = await make_shop(url)
    await shop.database.write("make tables", OUTBOX_TABLES.create_all)
    try:
        yield shop, SqlOutbox(shop.database)
    finally:
        if kind != "sqlite":
            await shop.database.write("drop tables", OUTBOX_TABLES.drop_all)
        await shop.close()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_renamed_user_is_cached_no_more(kind: str, tmp_path: Path) -> None:
    async def story() -> list[Any]:
        async with shop_with_outbox(kind, tmp_path) as (shop, outbox):
            make_unit = partial(shop.make_unit, record=outbox.add)
            cache, queue = MemoryCache[str](), MemoryQueue()
            strategy = EntityStrategy[str](ttl=None, stale_after={"user.renamed"})
            invalidator = CacheInvalidator(cache, strategy, prefix="user")
            key = strategy.get_key("user", "7")
            dead = MemoryDeadLetters(queue)
            async with QueueBus(queue, dead) as bus:
                await bus.subscribe(
                    "user.renamed", Handler("user.renamed", invalidator.handle, id="user-cache")
                )
                assert isinstance(await register(make_unit, "7", "ann@shop.test", "Ann"), Ok)
                await cache.set(key, "Ann")
                assert isinstance(await rename(make_unit, "7", "Ada"), Ok)
                seen = [await cache.exists(key)]
                sent = await Relay(outbox, queue, dead).run_once()
                while await cache.exists(key):  # noqa: ASYNC110 - the bus tells nobody
                    await asyncio.sleep(0.005)
            return [*seen, sent, await outbox.oldest()]

    assert run(story()) == [True, 1, None]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_unit_that_is_rolled_back_leaves_nothing_to_send(kind: str, tmp_path: Path) -> None:
    async def story() -> Any:
        async with shop_with_outbox(kind, tmp_path) as (shop, outbox):
            make_unit = partial(shop.make_unit, record=outbox.add)
            await register(make_unit, "7", "ann@shop.test", "Ann")
            async with make_unit() as unit:
                user = (await unit.repository(User).get_by_id("7")).unwrap()
                user.rename("Ada")
                await unit.rollback()
            return await outbox.oldest()

    assert run(story()) is None


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_an_event_that_cannot_be_written_takes_the_unit_with_it(kind: str, tmp_path: Path) -> None:
    async def story() -> Any:
        async with shop_with_outbox(kind, tmp_path) as (shop, outbox):
            make_unit = partial(shop.make_unit, record=outbox.add)
            await register(make_unit, "7", "ann@shop.test", "Ann")
            async with make_unit() as unit:
                user = (await unit.repository(User).get_by_id("7")).unwrap()
                user.name = "Ada"
                user.events.append(DomainEvent(type="x", subject="7", data={"lock": asyncio.Lock()}))
                outcome = await unit.commit()
            stored = (await shop.users.get_by_id("7")).unwrap()
            return type(outcome).__name__, stored.name, await outbox.oldest()

    assert run(story()) == ("Err", "Ann", None)
