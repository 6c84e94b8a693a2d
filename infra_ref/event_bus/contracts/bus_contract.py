"""What every `EventBus` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

from infra_ref.contract import Contract, raised, rule, tool
from infra_ref.event_bus.delivery.event_codec import EventTooLarge, NotSerialisable
from infra_ref.event_bus.port import EventBus, Handler
from infra_ref.event_bus.testing.spy import Spy
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused

ATTEMPTS, TIMEOUT, LARGEST = 3, 0.3, 10_000
"""What the bus under test is made with; its backoff is a few milliseconds, without jitter."""


class EventBusContract(Contract):
    """The bus under test tries a handler `ATTEMPTS` times, and cuts it off after `TIMEOUT` if it can."""

    port = EventBus

    dead = tool("gives what was given up: `await dead()` is a list of (event id, attempts, reason)")

    @rule("BUS-01", "an event reaches every handler of its type, and no other, as it was published")
    async def reaches(self, bus: EventBus) -> None:
        one, two, other = Spy("one"), Spy("two"), Spy("other")
        other.event_type = "order.placed"
        for spy in (one, two, other):
            await bus.subscribe(spy.event_type, spy)
        event = DomainEvent(
            type="user.renamed",
            subject="ü/7",
            data={"name": "Ädä", "n": [1, 2.5, None, True]},
            source="/shop",
            time=datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2))),
            version=3,
            correlation_id="c",
            causation_id="d",
        )
        await bus.publish(event)
        await _until(lambda: one.events and two.events)
        assert (one.events, two.events, other.events) == ([event], [event], [])

    @rule("BUS-02", "a handler that fails stops no other, and its error does not reach the publisher")
    async def isolated(self, bus: EventBus) -> None:
        bad, good = Spy("bad", fails=lambda event: 1), Spy("good")
        await _publish(bus, ["7"], bad, good)
        await _until(lambda: good.seen)

    @rule("BUS-03", "a handler that failed is tried again, alone, until it succeeds")
    async def retried_alone(self, bus: EventBus) -> None:
        bad, good = Spy("bad", fails=lambda event: 2), Spy("good")
        await _publish(bus, ["7"], good, bad)
        await _until(lambda: bad.seen)
        assert (len(bad.tried), len(good.tried)) == (3, 1)

    @rule("BUS-04", "after its attempts an event is a dead letter with its reason, and is tried no more")
    async def given_up(self, bus: EventBus, dead: Any) -> None:
        bad = Spy("bad", fails=lambda event: 99)
        (event,) = await _publish(bus, ["7"], bad)
        await _until(lambda: len(bad.tried) >= ATTEMPTS)
        await _until_await(dead)
        (letter,) = await dead()
        assert letter[:2] == (event.id, ATTEMPTS)
        assert "not now" in letter[2]
        await asyncio.sleep(0.1)
        assert len(bad.tried) == ATTEMPTS

    @rule("BUS-05", "a subject's later events wait behind one that is to be tried again")
    async def in_order(self, bus: EventBus) -> None:
        spy = Spy(fails=lambda event: 2 if event.data.get("n") == 0 else 0)
        await _publish(bus, ["7", "7", "7"], spy)
        await _until(lambda: len(spy.events) == 3)
        assert [event.data["n"] for event in spy.events] == [0, 1, 2]

    @rule("BUS-06", "events of other subjects pass it")
    async def others_pass(self, bus: EventBus) -> None:
        spy = Spy(fails=lambda event: 2 if event.subject == "bad" else 0)
        await _publish(bus, ["bad", "7"], spy)
        await _until(lambda: len(spy.events) == 2)
        assert spy.seen == ["7", "bad"]

    @rule("BUS-07", "behind a dead letter its subject goes on")
    async def goes_on(self, bus: EventBus) -> None:
        spy = Spy(fails=lambda event: 99 if event.data.get("n") == 0 else 0)
        await _publish(bus, ["7", "7"], spy)
        await _until(lambda: spy.seen)
        assert [event.data["n"] for event in spy.events] == [1]

    @rule("BUS-08", "a batch arrives in its order, and so does what is published after it")
    async def batches(self, bus: EventBus) -> None:
        spy = Spy()
        await _publish(bus, ["7"] * 50, spy)
        await bus.publish(_event("7", 50))
        await _until(lambda: len(spy.events) == 51)
        assert [event.data["n"] for event in spy.events] == list(range(51))

    @rule("BUS-09", "an event that a handler does not want counts as handled")
    async def unwanted(self, bus: EventBus, dead: Any) -> None:
        spy = Spy()
        await _publish(bus, ["unwanted", "7"], spy)
        await _until(lambda: spy.seen)
        assert spy.seen == ["7"]
        assert await dead() == []

    @rule("BUS-10", "an event that nobody subscribed to is no error")
    async def nobody(self, bus: EventBus, dead: Any) -> None:
        await bus.publish(_event("7", 0))
        await bus.publish_batch([])
        assert await dead() == []

    @rule("BUS-11", "a handler may unsubscribe itself, and gets nothing more")
    async def unsubscribes_itself(self, bus: EventBus) -> None:
        class Once(Spy):
            async def handle(self, event: DomainEvent) -> None:
                await super().handle(event)
                if len(self.events) == 1:
                    await bus.unsubscribe("user.renamed", self.id)

        once, other = Once("once"), Spy("other")
        await _publish(bus, ["7"], once, other)
        await _until(lambda: once.seen and other.seen)
        await bus.publish(_event("8", 1))
        await _until(lambda: len(other.seen) == 2)
        assert once.seen == ["7"]
        with raised(KeyError):
            await bus.unsubscribe("user.renamed", "once")

    @rule("BUS-12", "a handler may publish, and need not wait for what it set off")
    async def publishes(self, bus: EventBus) -> None:
        class Chain(Spy):
            async def handle(self, event: DomainEvent) -> None:
                await super().handle(event)
                if event.data["n"] < 3:
                    await bus.publish(_event("7", event.data["n"] + 1))

        chain = Chain("chain")
        await _publish(bus, ["7"], chain)
        await _until(lambda: len(chain.events) == 4)

    @rule("BUS-13", "what cannot handle is refused when it subscribes, with what to write instead", full=True)
    async def bad_handlers(self, bus: EventBus) -> None:
        await bus.subscribe("user.renamed", Spy("taken"))
        plain: Any = Handler("user.renamed", cast(Any, print), id="plain")
        bad: list[tuple[Any, type[Exception], str]] = [
            (plain, TypeError, "async def"),
            (object(), TypeError, "async def"),
            (Spy(""), ValueError, "needs an `id`"),
            (Spy("taken"), ValueError, "another id"),
        ]
        for handler, kind, says in bad:
            with raised(kind) as errors:
                await bus.subscribe("user.renamed", handler)
            assert says in str(errors[0])
        with raised(ValueError) as others:
            await bus.subscribe("order.placed", Spy())
        assert "order.placed" in str(others[0])

    @rule("BUS-14", "a handler that is cancelled from within has failed; the publisher goes on", full=True)
    async def cancelled_within(self, bus: EventBus) -> None:
        class Cancels(Spy):
            async def handle(self, event: DomainEvent) -> None:
                self.tried.append(event.id)
                if len(self.tried) == 1:
                    raise asyncio.CancelledError
                self.events.append(event)

        spy = Cancels("spy")
        await _publish(bus, ["7"], spy)
        await _until(lambda: spy.seen)
        assert len(spy.tried) == 2

    @rule("BUS-15", "50 tasks that publish at once lose nothing, and keep each subject's order", full=True)
    async def crowd(self, bus: EventBus) -> None:
        class Slow(Spy):
            async def handle(self, event: DomainEvent) -> None:
                await asyncio.sleep(0)
                await super().handle(event)

        spy = Slow()
        await bus.subscribe("user.renamed", spy)

        async def publish(subject: str) -> None:
            for n in range(4):
                await bus.publish(_event(subject, n))

        await asyncio.gather(*(publish(str(n)) for n in range(50)))
        await _until(lambda: len(spy.events) == 200)
        for subject in map(str, range(50)):
            assert [one.data["n"] for one in spy.events if one.subject == subject] == [0, 1, 2, 3]

    @rule("BUS-16", "a handler that never returns is cut off, and that is a failed attempt", needs="timeout")
    async def hangs(self, bus: EventBus, dead: Any) -> None:
        class Hangs(Spy):
            async def handle(self, event: DomainEvent) -> None:
                await asyncio.sleep(60)

        await _publish(bus, ["7"], Hangs("hangs"))
        await _until_await(dead)
        assert "no end within" in (await dead())[0][2]

    @rule(
        "BUS-17",
        "an event that cannot be written, or is too large, is refused, and none of its batch is sent",
        needs="bytes",
    )
    async def bad_events(self, bus: EventBus, dead: Any) -> None:
        spy = Spy()
        await bus.subscribe("user.renamed", spy)
        good, large = _event("7", 0), _event("7", "x" * LARGEST)
        lock, nan = _event("7", asyncio.Lock()), _event("7", float("nan"))
        for bad, kind in ((lock, NotSerialisable), (nan, NotSerialisable), (large, EventTooLarge)):
            with raised(Refused) as errors:
                await bus.publish_batch([good, bad])
            assert isinstance(errors[0].failure, kind)
            assert bad.id in str(errors[0])
        await bus.publish(_event("8", 0))
        await _until(lambda: spy.seen)
        assert spy.seen == ["8"]
        assert await dead() == []


def _event(subject: str, n: Any) -> DomainEvent:
    return DomainEvent(
        type="user.renamed", subject=subject, data={"n": n}, time=datetime(2026, 1, 1, tzinfo=UTC)
    )


async def _publish(bus: EventBus, subjects: Sequence[str], *spies: Spy) -> list[DomainEvent]:
    """Subscribe the spies, and publish an event for each subject, numbered in `data["n"]`."""
    for spy in spies:
        await bus.subscribe(spy.event_type, spy)
    await bus.publish_batch(events := [_event(subject, n) for n, subject in enumerate(subjects)])
    return events


async def _until(done: Callable[[], Any]) -> None:
    while not done():  # the rule's own time limit ends it
        await asyncio.sleep(0.002)


async def _until_await(done: Callable[[], Any]) -> None:
    while not await done():
        await asyncio.sleep(0.005)
