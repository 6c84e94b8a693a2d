"""What every `MessageQueue` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from infra_ref.contract import Contract, Passing, raised, rule, tool
from infra_ref.event_bus.errors import LeaseLost, QueueFull, QueueUnavailable
from infra_ref.event_bus.queue_port import Consumer, Delivery, Message, MessageQueue
from infra_ref.failures import Failure, Refused

LIMIT = 20
"""What the queue under test has room for."""


class MessageQueueContract(Contract):
    """The queue under test is empty, has room for `LIMIT` messages, and a lease of well under a second."""

    port = MessageQueue

    outage = tool("cuts the queue off: `await outage.cut()`, `await outage.restore()`")
    plant = tool("puts bytes into the queue that no `send` wrote: `await plant(b'...')`")
    vanish = tool("removes a message behind the queue's back: `await vanish(delivery)`")
    kept = tool("says how many messages the store holds: `await kept()`")

    @rule("QUEUE-01", "a message is received as it was sent, as its first attempt")
    async def round_trip(self, queue: MessageQueue) -> None:
        sent = Message(id="ünï 1", key="a b/c", body=b"\x00\xff\r\n{}", generation=3, to="g")
        await queue.send([sent])
        (got,) = await _received(await queue.join("g"))
        assert got.message == sent
        assert got.attempt == 1

    @rule("QUEUE-02", "messages come in the order in which they were sent")
    async def in_the_order_sent(self, queue: MessageQueue) -> None:
        await queue.send(_some("a1", "a2", "a3"))
        await queue.send(_some("a4"))
        assert _ids(await _received(await queue.join("g"))) == ["a1", "a2", "a3", "a4"]

    @rule("QUEUE-03", "what was acknowledged comes no more")
    async def acked_is_done(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(_some("a1", "b1"))
        consumer = await queue.join("g")
        await consumer.ack(await _received(consumer))
        await clock.advance(consumer.lease * 1.2)
        assert await consumer.receive() == []
        assert await (await queue.join("g")).receive() == []

    @rule("QUEUE-04", "what was not settled goes to another once the lease has lapsed")
    async def taken_over(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(_some("a1", "b1"))
        dead, alive = await queue.join("g"), await queue.join("g")
        await dead.ack((await _received(dead))[:1])
        await clock.advance(dead.lease * 1.2)
        assert _ids(await _received(alive)) == ["b1"]

    @rule("QUEUE-05", "nobody gets what another holds, as long as that one extends its lease")
    async def heartbeat(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(_some("a1", "b1"))
        slow, other = await queue.join("g"), await queue.join("g")
        got = await _received(slow)
        for _ in range(3):
            await clock.advance(slow.lease * 0.5)
            await slow.extend()
            assert await other.receive() == []
        assert all(slow.holds(one) for one in got)
        await slow.ack(got)

    @rule("QUEUE-06", "who lost the lease writes nothing: its ack, retry, give_back and extend are refused")
    async def late(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(_some("a1", "b1"))
        late, owner = await queue.join("g"), await queue.join("g")
        (one, _) = await _received(late)
        await clock.advance(late.lease * 1.2)
        held = await _received(owner)
        writes: list[Callable[[], Any]] = [
            lambda: late.ack([one]),
            lambda: late.retry(one, after=0),
            lambda: late.give_back([one]),
            late.extend,
        ]
        for write in writes:
            assert isinstance(await _refusal(write()), LeaseLost)
        await owner.give_back(held)
        assert [(got.message.id, got.attempt) for got in await _received(owner)] == [("a1", 1), ("b1", 1)]

    @rule("QUEUE-07", "a message whose lease has lapsed is not to be begun")
    async def lapsed(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(_some("a1"))
        consumer = await queue.join("g")
        (got,) = await _received(consumer)
        assert consumer.holds(got)
        await clock.advance(consumer.lease * 1.2)
        assert not consumer.holds(got)

    @rule("QUEUE-08", "a retry comes after its time, with its attempt counted")
    async def retried(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(_some("a1"))
        consumer = await queue.join("g")
        (got,) = await _received(consumer)
        await consumer.retry(got, after=consumer.lease / 2)
        assert await consumer.receive() == []
        await clock.advance(consumer.lease * 0.6)
        (again,) = await _received(consumer)
        assert (again.message, again.attempt) == (got.message, 2)

    @rule("QUEUE-09", "behind a message that waits for its retry, later ones of its key wait; others pass")
    async def keeps_order(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(_some("a1", "a2", "b1"))
        consumer = await queue.join("g")
        a1, a2, b1 = await _received(consumer)
        await consumer.retry(a1, after=consumer.lease / 2)
        await consumer.give_back([a2])
        await consumer.ack([b1])
        await queue.send(_some("a3", "c1"))
        assert _ids(await _received(consumer)) == ["c1"]
        await clock.advance(consumer.lease * 0.6)
        assert _ids(await _received(consumer)) == ["a1", "a2", "a3"]

    @rule("QUEUE-10", "where order is not asked for, later ones of the key pass")
    async def passes(self, queue: MessageQueue) -> None:
        await queue.send(_some("a1"))
        consumer = await queue.join("g", in_order=False)
        (a1,) = await _received(consumer)
        await consumer.retry(a1, after=60)
        await queue.send(_some("a2"))
        assert _ids(await _received(consumer)) == ["a2"]

    @rule("QUEUE-11", "what is given back comes again at once, and no attempt is counted")
    async def given_back(self, queue: MessageQueue) -> None:
        await queue.send(_some("a1"))
        consumer = await queue.join("g")
        await consumer.give_back(await _received(consumer))
        (again,) = await _received(consumer)
        assert (again.message.id, again.attempt) == ("a1", 1)

    @rule("QUEUE-12", "after a close another gets at once what was not settled, and no attempt is counted")
    async def closed(self, queue: MessageQueue) -> None:
        await queue.send(_some("a1", "b1"))
        first, second = await queue.join("g"), await queue.join("g")
        await first.ack((await _received(first))[:1])
        await first.close()
        assert [(got.message.id, got.attempt) for got in await _received(second)] == [("b1", 1)]

    @rule("QUEUE-13", "each group gets every message")
    async def groups(self, queue: MessageQueue) -> None:
        one, two = await queue.join("one"), await queue.join("two")
        await queue.send(_some("a1", "b1"))
        await one.ack(await _received(one))
        assert _ids(await _received(two)) == ["a1", "b1"]

    @rule("QUEUE-14", "who takes over knows of the attempts that were counted", needs="lasting attempts")
    async def attempts_last(self, queue: MessageQueue) -> None:
        await queue.send(_some("a1"))
        first, second = await queue.join("g"), await queue.join("g")
        (got,) = await _received(first)
        await first.retry(got, after=0)
        await first.close()
        (again,) = await _received(second)
        assert again.attempt == 2

    @rule("QUEUE-15", "a full queue takes no message of a batch, and takes more when some are done")
    async def pushes_back(self, queue: MessageQueue) -> None:
        consumer = await queue.join("g")
        await queue.send(_some(*(f"a{n}" for n in range(LIMIT))))
        assert isinstance(await _refusal(queue.send(_some("b1", "b2"))), QueueFull)
        await consumer.ack(await _received(consumer, LIMIT))
        await queue.send(_some("c1"))
        assert _ids(await _received(consumer)) == ["c1"]

    @rule("QUEUE-16", "a receive that waits is woken by what is sent")
    async def woken(self, queue: MessageQueue) -> None:
        consumer = await queue.join("g")
        waiting = asyncio.create_task(consumer.receive(wait=30))
        await asyncio.sleep(0.05)
        await queue.send(_some("a1"))
        assert _ids(await asyncio.wait_for(waiting, 5)) == ["a1"]

    @rule("QUEUE-17", "a receive that is cancelled takes no message along")
    async def cancelled(self, queue: MessageQueue, clock: Passing) -> None:
        consumer = await queue.join("g")
        waiting = asyncio.create_task(consumer.receive(wait=30))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.wait({waiting})
        await queue.send(_some("a1"))
        assert _ids(await _received(consumer)) == ["a1"]

    @rule("QUEUE-18", "the age of the oldest message that is not settled is known, and None without one")
    async def age(self, queue: MessageQueue, clock: Passing) -> None:
        consumer = await queue.join("g")
        assert await consumer.oldest() is None
        await queue.send(_some("a1"))
        a_while = consumer.lease * 0.4
        await clock.advance(a_while)
        assert 0.9 * a_while < (await consumer.oldest() or 0) < 5
        got = await _received(consumer)
        await clock.advance(a_while)
        assert 1.9 * a_while < (await consumer.oldest() or 0) < 5
        await consumer.ack(got)
        assert await consumer.oldest() is None

    @rule("QUEUE-19", "dropping duplicates never drops the next generation of a message")
    async def generations(self, queue: MessageQueue) -> None:
        consumer, (first,) = await queue.join("g"), _some("a1")
        await queue.send([first])
        await consumer.ack(await _received(consumer))
        await queue.send([replace(first, generation=1)])
        assert [one.message.generation for one in await _received(consumer)] == [1]

    @rule("QUEUE-20", "a group's name with other characters is refused, with what to write instead")
    async def names(self, queue: MessageQueue) -> None:
        for name in ("", "a b", "a.b", "*", ">"):
            with raised(ValueError) as errors:
                await queue.join(name)
            assert "letters, digits" in str(errors[0])

    @rule("QUEUE-21", "what is settled cannot be settled again")
    async def settled_once(self, queue: MessageQueue) -> None:
        await queue.send(_some("a1"))
        consumer = await queue.join("g")
        got = await _received(consumer)
        await consumer.ack(got)
        assert isinstance(await _refusal(consumer.ack(got)), LeaseLost)


class StoredQueueContract(MessageQueueContract):
    """The rules of a queue, and those of one whose store can fail and be tampered with."""

    @rule(
        "QUEUE-30",
        "cut off, it is unavailable, which can be retried; then nothing is lost and no attempt counted",
    )
    async def outage_is_no_poison(self, queue: MessageQueue, outage: Any, clock: Passing) -> None:
        consumer = await queue.join("g")
        await queue.send(_some("a1", "b1"))
        one, two = await _received(consumer, 2)
        await outage.cut()
        calls: list[Callable[[], Any]] = [
            lambda: queue.send(_some("c1")),
            consumer.receive,
            lambda: consumer.ack([one]),
            lambda: consumer.retry(two, after=0),
        ]
        for call in calls:
            failure = await _refusal(call())
            assert isinstance(failure, QueueUnavailable) and failure.retryable
        await outage.restore()
        await clock.advance(consumer.lease * 1.2)
        attempts = {one.message.id: one.attempt for one in await _received(consumer, 2)}
        # What was asked for while it was cut off may have been done, and its answer alone was lost.
        assert attempts["b1"] == 1 and attempts.get("a1", 1) == 1

    @rule("QUEUE-31", "bytes that no queue of ours wrote are received, and can be settled")
    async def planted(self, queue: MessageQueue, plant: Any) -> None:
        consumer = await queue.join("g")
        await plant(b"\xff not ours")
        await queue.send(_some("a1"))
        got = await _received(consumer, 2)
        assert len(got) == 2 and got[1].message.id == "a1"
        await consumer.ack(got)
        assert await consumer.receive() == []

    @rule("QUEUE-32", "a message that vanished while it was pending is reported once, with an empty body")
    async def vanished(self, queue: MessageQueue, vanish: Any) -> None:
        await queue.send(_some("a1", "b1"))
        first, second = await queue.join("g"), await queue.join("g")
        got = await _received(first)
        await vanish(got[0])
        await first.close()
        again = await _received(second)
        assert sorted(one.message.body for one in again) == [b"", b"b1"]
        await second.ack(again)
        await second.close()
        assert await (await queue.join("g")).receive() == []

    @rule("QUEUE-33", "what all groups have settled is removed from the store, and nothing else is")
    async def trimmed(self, queue: MessageQueue, kept: Any) -> None:
        one, two = await queue.join("one"), await queue.join("two")
        await queue.send(_some("a1", "a2", "a3", "a4"))
        await one.ack(await _received(one))
        await two.ack((await _received(two))[:2])
        await one.close()
        await two.close()
        assert await kept() == 2
        assert _ids(await _received(await queue.join("two"))) == ["a3", "a4"]


def _some(*ids: str) -> list[Message]:
    return [Message(id=one, key=one[0], body=one.encode()) for one in ids]


def _ids(deliveries: Sequence[Delivery]) -> list[str]:
    return [one.message.id for one in deliveries]


async def _received(consumer: Consumer, at_least: int = 1) -> list[Delivery]:
    """Receive until that many are there, or nothing more comes."""
    found: list[Delivery] = []
    while more := await consumer.receive(wait=0.0 if len(found) >= at_least else 2.0):
        found += more
    return found


async def _refusal(call: Any) -> Failure:
    with raised(Refused) as errors:
        await call
    return errors[0].failure
