"""What a `MessageQueue` promises whose store is a server: it can be cut off, and others can write to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_ref.contract import Passing, rule, tool
from infra_ref.event_bus.contracts.queue_contract import MessageQueueContract, ids, received, refusal, some
from infra_ref.event_bus.errors import QueueUnavailable
from infra_ref.event_bus.queue_port import MessageQueue


class StoredQueueContract(MessageQueueContract):
    """The rules of a queue, and those of one whose store can fail and be tampered with."""

    outage = tool("cuts the queue off: `await outage.cut()`, `await outage.restore()`")
    plant = tool("puts bytes into the queue that no `send` wrote: `await plant(b'...')`")
    vanish = tool("removes a message behind the queue's back: `await vanish(delivery)`")
    kept = tool("says how many messages the store holds: `await kept()`")

    @rule(
        "QUEUE-30",
        "cut off, it is unavailable, which can be retried; then nothing is lost and no attempt counted",
    )
    async def outage_is_no_poison(self, queue: MessageQueue, outage: Any, clock: Passing) -> None:
        consumer = await queue.join("g")
        await queue.send(some("a1", "b1"))
        one, two = await received(consumer, 2)
        await outage.cut()
        calls: list[Callable[[], Any]] = [
            lambda: queue.send(some("c1")),
            consumer.receive,
            lambda: consumer.ack([one]),
            lambda: consumer.retry(two, after=0),
        ]
        for call in calls:
            failure = await refusal(call())
            assert isinstance(failure, QueueUnavailable) and failure.retryable
        await outage.restore()
        await clock.advance(consumer.lease * 1.2)
        attempts = {one.message.id: one.attempt for one in await received(consumer, 2)}
        # What was asked for while it was cut off may have been done, and its answer alone was lost.
        assert attempts["b1"] == 1 and attempts.get("a1", 1) == 1

    @rule("QUEUE-31", "bytes that no queue of ours wrote are received, and can be settled")
    async def planted(self, queue: MessageQueue, plant: Any) -> None:
        consumer = await queue.join("g")
        await plant(b"\xff not ours")
        await queue.send(some("a1"))
        got = await received(consumer, 2)
        assert len(got) == 2 and got[1].message.id == "a1"
        await consumer.ack(got)
        assert await consumer.receive() == []

    @rule(
        "QUEUE-32",
        "a message that vanished while pending is reported once, with an empty body",
        full=True,
    )
    async def vanished(self, queue: MessageQueue, vanish: Any) -> None:
        await queue.send(some("a1", "b1"))
        first, second = await queue.join("g"), await queue.join("g")
        got = await received(first)
        await vanish(got[0])
        await first.close()
        again = await received(second)
        assert sorted(one.message.body for one in again) == [b"", b"b1"]
        await second.ack(again)
        await second.close()
        assert await (await queue.join("g")).receive() == []

    @rule("QUEUE-33", "what all groups have settled is removed from the store, and nothing else is")
    async def trimmed(self, queue: MessageQueue, kept: Any) -> None:
        one, two = await queue.join("one"), await queue.join("two")
        await queue.send(some("a1", "a2", "a3", "a4"))
        await one.ack(await received(one))
        await two.ack((await received(two))[:2])
        await one.close()
        await two.close()
        assert await kept() == 2
        assert ids(await received(await queue.join("two"))) == ["a3", "a4"]
