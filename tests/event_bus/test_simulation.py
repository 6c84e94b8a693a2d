"""The schedule search finds the crash that breaks a design, and none that breaks the real adapters."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from infra_ref.event_bus.delivery.event_codec import decode
from infra_ref.event_bus.memory_inbox import MemoryInbox
from infra_ref.event_bus.memory_outbox import MemoryOutbox
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.relay import Relay
from infra_ref.event_bus.testing import designs
from infra_ref.event_bus.testing.designs import World, broken
from infra_ref.event_bus.testing.memory_tables import MemoryTables
from infra_ref.event_bus.testing.schedule_search import play, search
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused

SHOP, RELAY, MAILER = "the shop", "the relay", "the mailer"
GOOD = {SHOP: designs.writes_outbox, RELAY: designs.relays, MAILER: designs.mails_once}

BROKEN = [
    (
        {SHOP: designs.publishes_first, MAILER: designs.mails_once},
        "a mail for an order that is not there. As usual, except: the shop dies after sending the event",
    ),
    (
        {SHOP: designs.writes_twice, MAILER: designs.mails_once},
        "an order without its mail. As usual, except: the shop dies after committing the order",
    ),
    (
        GOOD | {RELAY: designs.removes_first},
        "an order without its mail. As usual, except: the relay dies after clearing the outbox",
    ),
    (
        GOOD | {MAILER: designs.mails_first},
        "two mails for one order. As usual, except: the relay dies after sending the event",
    ),
]


@pytest.mark.parametrize(("design", "says"), BROKEN)
def test_the_shortest_crash_that_breaks_a_design(design: Any, says: str) -> None:
    assert str(search(design, World, broken)) == says


def test_who_acknowledges_first_loses_a_mail() -> None:
    found = search({MAILER: designs.acks_first}, lambda: World(orders=["1"], queue=["1"]), broken)
    assert found.deviations == ("the mailer dies after acknowledging",)


def test_outbox_and_inbox_hold_with_two_relays() -> None:
    found = search({**GOOD, "another relay": designs.relays}, World, broken)
    assert found.breaks is None
    assert found.tried > 5000


def test_a_schedule_played_twice_is_the_same() -> None:
    found = search(GOOD | {RELAY: designs.removes_first}, World, broken)
    assert found.breaks
    for choices in ((), (1,), (0, 3), (2, 1, 1)):
        assert play(GOOD, World, choices, 2) == play(GOOD, World, choices, 2)


# The real adapters, as participants: a coroutine is a generator too, and each call to a peer is a step.


@types.coroutine
def step(said: str) -> Iterator[str]:
    yield said


class Stepping:
    def __init__(self, peer: Any, what: str) -> None:
        self._peer, self._what = peer, what

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._peer, name)

        async def stepping(*args: Any, **more: Any) -> Any:
            result = await call(*args, **more)
            await step(f"{self._what}.{name}")
            return result

        return stepping


class Letters:
    async def put(self, letter: Any) -> None:
        raise AssertionError(letter)


class RealWorld:
    """Whoever starts again does so a minute later, when all leases have lapsed."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.tables = MemoryTables()
        self.outbox = MemoryOutbox(self.tables, now=self.monotonic)
        self.queue = MemoryQueue(clock=self)
        self.inbox = MemoryInbox(self.tables, "mailer", keep=1e9, redelivery=1e8, now=self.monotonic)

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")

    @property
    def mails(self) -> list[str]:
        return list(self.tables.tables.get(DomainEvent, {}).values())


def shop(world: RealWorld) -> Iterator[str]:
    async def work() -> None:
        def place(tables: Any) -> None:
            if not tables.setdefault(World, {}):
                tables[World].update({"1": "order", "2": "order"})
                events = [DomainEvent(type="order.placed", subject="s", id=str(n)) for n in (1, 2)]
                world.outbox.add(tables, events)

        await Stepping(world.tables, "the database").write("place orders", place)

    yield from work().__await__()


def relay(world: RealWorld) -> Iterator[str]:
    async def work() -> None:
        world.seconds += 60
        outbox, queue = Stepping(world.outbox, "the outbox"), Stepping(world.queue, "the queue")
        relay = Relay(outbox, queue, Letters(), batch=1)
        while await relay.run_once():
            pass

    yield from work().__await__()


def mailer(world: RealWorld) -> Iterator[str]:
    def mail(tables: Any, event: DomainEvent) -> None:
        done = tables.setdefault(DomainEvent, {})
        done[len(done)] = event.id

    async def work() -> None:
        world.seconds += 60
        consumer, inbox = await world.queue.join("mailer"), Stepping(world.inbox, "the inbox")
        while got := await consumer.receive(1):
            await step("receive")
            await inbox.once(decode(got[0].message.body), mail)
            try:
                await Stepping(consumer, "the queue").ack(got)
            except Refused:
                continue

    yield from work().__await__()


def real_broken(world: RealWorld) -> str | None:
    return None if world.mails == ["1", "2"] else f"mails {world.mails}"


def test_the_real_outbox_relay_queue_and_inbox_hold() -> None:
    found = search({SHOP: shop, RELAY: relay, MAILER: mailer}, RealWorld, real_broken, within=2)
    assert found.breaks is None, found
    assert found.tried > 500


@pytest.mark.deep
def test_so_they_do_with_three_deviations_and_two_relays() -> None:
    design = {SHOP: shop, RELAY: relay, "another relay": relay, MAILER: mailer}
    found = search(design, RealWorld, real_broken, within=3)
    assert found.breaks is None, found
    assert found.tried > 20_000


def test_the_search_breaks_a_real_relay_that_clears_first() -> None:
    async def work(world: RealWorld) -> None:
        for one in await world.outbox.claim("me", seconds=30, limit=9):
            await Stepping(world.outbox, "the outbox").sent("me", [one])
            await Stepping(world.queue, "the queue").send([one.message])

    def clears_first(world: RealWorld) -> Iterator[str]:
        yield from work(world).__await__()

    design = {SHOP: shop, RELAY: clears_first, MAILER: mailer}
    found = search(design, RealWorld, real_broken, within=1)
    assert found.deviations == ("the relay dies after the outbox.sent",)
