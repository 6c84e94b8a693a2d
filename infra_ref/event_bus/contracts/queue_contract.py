"""What every `MessageQueue` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from infra_ref.contract import Contract, Passing, raised, rule
from infra_ref.event_bus.errors import LeaseLost, QueueFull
from infra_ref.event_bus.queue_port import Consumer, Delivery, Message, MessageQueue
from infra_ref.failures import Failure, Refused

LIMIT = 20
"""What the queue under test has room for."""


class MessageQueueContract(Contract):
    """The queue under test is empty, has room for `LIMIT` messages, and a lease of about a second."""

    port = MessageQueue

    @rule("QUEUE-01", "a message is received as it was sent, as its first attempt")
    async def round_trip(self, queue: MessageQueue) -> None:
        sent = Message(id="ünï 1", key="a b/c", body=b"\x00\xff\r\n{}", generation=3, to="g")
        await queue.send([sent])
        (got,) = await received(await queue.join("g"))
        assert got.message == sent
        assert got.attempt == 1

    @rule("QUEUE-02", "messages come in the order in which they were sent")
    async def in_the_order_sent(self, queue: MessageQueue) -> None:
        await queue.send(some("a1", "a2", "a3"))
        await queue.send(some("a4"))
        assert ids(await received(await queue.join("g"))) == ["a1", "a2", "a3", "a4"]

    @rule("QUEUE-03", "what was acknowledged comes no more")
    async def acked_is_done(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(some("a1", "b1"))
        consumer = await queue.join("g")
        await consumer.ack(await received(consumer))
        await clock.advance(consumer.lease * 1.2)
        assert await consumer.receive() == []
        assert await (await queue.join("g")).receive() == []

    @rule("QUEUE-04", "what was not settled goes to another once the lease has lapsed")
    async def taken_over(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(some("a1", "b1"))
        dead, alive = await queue.join("g"), await queue.join("g")
        await dead.ack((await received(dead))[:1])
        await clock.advance(dead.lease * 1.2)
        assert ids(await received(alive)) == ["b1"]

    @rule("QUEUE-05", "nobody gets what another holds, as long as that one extends its lease")
    async def heartbeat(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(some("a1", "b1"))
        slow, other = await queue.join("g"), await queue.join("g")
        got = await received(slow)
        for _ in range(3):
            await clock.advance(slow.lease * 0.5)
            await slow.extend()
            assert await other.receive() == []
        await slow.ack(got)

    @rule("QUEUE-06", "who lost the lease writes nothing: its ack, retry, give_back and extend are refused")
    async def late(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(some("a1", "b1"))
        late, owner = await queue.join("g"), await queue.join("g")
        (one, _) = await received(late)
        await clock.advance(late.lease * 1.2)
        held = await received(owner)
        writes: list[Callable[[], Any]] = [
            lambda: late.ack([one]),
            lambda: late.retry(one, after=0),
            lambda: late.give_back([one]),
            late.extend,
        ]
        for write in writes:
            assert isinstance(await refusal(write()), LeaseLost)
        await owner.give_back(held)
        assert [(got.message.id, got.attempt) for got in await received(owner)] == [("a1", 1), ("b1", 1)]

    @rule("QUEUE-07", "a message whose lease has lapsed is not to be begun")
    async def lapsed(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(some("a1"))
        consumer = await queue.join("g")
        (got,) = await received(consumer)
        assert consumer.holds(got)
        await clock.advance(consumer.lease * 1.2)
        assert not consumer.holds(got)

    @rule("QUEUE-08", "a retry comes after its time, with its attempt counted")
    async def retried(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(some("a1"))
        consumer = await queue.join("g")
        (got,) = await received(consumer)
        await consumer.retry(got, after=consumer.lease / 2)
        assert await consumer.receive() == []
        await clock.advance(consumer.lease * 0.6)
        (again,) = await received(consumer)
        assert (again.message, again.attempt) == (got.message, 2)

    @rule("QUEUE-09", "behind a message that waits for its retry, later ones of its key wait; others pass")
    async def keeps_order(self, queue: MessageQueue, clock: Passing) -> None:
        await queue.send(some("a1", "a2", "b1"))
        consumer = await queue.join("g")
        a1, a2, b1 = await received(consumer)
        await consumer.retry(a1, after=consumer.lease / 2)
        await consumer.give_back([a2])
        await consumer.ack([b1])
        await queue.send(some("a3", "c1"))
        assert ids(await received(consumer)) == ["c1"]
        await clock.advance(consumer.lease * 0.6)
        assert ids(await received(consumer)) == ["a1", "a2", "a3"]

    @rule("QUEUE-10", "where order is not asked for, later ones of the key pass", full=True)
    async def passes(self, queue: MessageQueue) -> None:
        await queue.send(some("a1"))
        consumer = await queue.join("g", in_order=False)
        (a1,) = await received(consumer)
        await consumer.retry(a1, after=60)
        await queue.send(some("a2"))
        assert ids(await received(consumer)) == ["a2"]

    @rule("QUEUE-11", "what is given back comes again at once, and no attempt is counted")
    async def given_back(self, queue: MessageQueue) -> None:
        await queue.send(some("a1"))
        consumer = await queue.join("g")
        await consumer.give_back(await received(consumer))
        (again,) = await received(consumer)
        assert (again.message.id, again.attempt) == ("a1", 1)

    @rule("QUEUE-12", "after a close another gets at once what was not settled, and no attempt is counted")
    async def closed(self, queue: MessageQueue) -> None:
        await queue.send(some("a1", "b1"))
        first, second = await queue.join("g"), await queue.join("g")
        await first.ack((await received(first))[:1])
        await first.close()
        assert [(got.message.id, got.attempt) for got in await received(second)] == [("b1", 1)]

    @rule("QUEUE-13", "each group gets every message")
    async def groups(self, queue: MessageQueue) -> None:
        one, two = await queue.join("one"), await queue.join("two")
        await queue.send(some("a1", "b1"))
        await one.ack(await received(one))
        assert ids(await received(two)) == ["a1", "b1"]

    @rule("QUEUE-14", "who takes over knows of the attempts that were counted", needs="lasting attempts")
    async def attempts_last(self, queue: MessageQueue) -> None:
        await queue.send(some("a1"))
        first, second = await queue.join("g"), await queue.join("g")
        (got,) = await received(first)
        await first.retry(got, after=0)
        await first.close()
        (again,) = await received(second)
        assert again.attempt == 2

    @rule("QUEUE-15", "a full queue takes no message of a batch, and takes more when some are done")
    async def pushes_back(self, queue: MessageQueue) -> None:
        consumer = await queue.join("g")
        await queue.send(some(*(f"a{n}" for n in range(LIMIT))))
        assert isinstance(await refusal(queue.send(some("b1", "b2"))), QueueFull)
        await consumer.ack(await received(consumer, LIMIT))
        await queue.send(some("c1"))
        assert ids(await received(consumer)) == ["c1"]

    @rule("QUEUE-16", "a receive that waits is woken by what is sent")
    async def woken(self, queue: MessageQueue) -> None:
        consumer = await queue.join("g")
        waiting = asyncio.create_task(consumer.receive(wait=30))
        await asyncio.sleep(0.05)
        await queue.send(some("a1"))
        assert ids(await asyncio.wait_for(waiting, 5)) == ["a1"]

    @rule("QUEUE-17", "a receive that is cancelled takes no message along")
    async def cancelled(self, queue: MessageQueue, clock: Passing) -> None:
        consumer = await queue.join("g")
        waiting = asyncio.create_task(consumer.receive(wait=30))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.wait({waiting})
        await queue.send(some("a1"))
        assert ids(await received(consumer)) == ["a1"]

    @rule(
        "QUEUE-18",
        "the age of the oldest message that is not settled is known, None without one",
        full=True,
    )
    async def age(self, queue: MessageQueue, clock: Passing) -> None:
        consumer = await queue.join("g")
        assert await consumer.oldest() is None
        await queue.send(some("a1"))
        a_while = consumer.lease * 0.4
        await clock.advance(a_while)
        assert 0.9 * a_while < (await consumer.oldest() or 0) < 5
        got = await received(consumer)
        await clock.advance(a_while)
        assert 1.9 * a_while < (await consumer.oldest() or 0) < 5
        await consumer.ack(got)
        assert await consumer.oldest() is None

    @rule("QUEUE-19", "dropping duplicates never drops the next generation of a message")
    async def generations(self, queue: MessageQueue) -> None:
        consumer, (first,) = await queue.join("g"), some("a1")
        await queue.send([first])
        await consumer.ack(await received(consumer))
        await queue.send([replace(first, generation=1)])
        assert [one.message.generation for one in await received(consumer)] == [1]

    @rule("QUEUE-20", "a group's name with other characters is refused with what to write instead", full=True)
    async def names(self, queue: MessageQueue) -> None:
        for name in ("", "a b", "a.b", "*", ">"):
            with raised(ValueError, repr(name)) as errors:
                await queue.join(name)
            assert "letters, digits" in str(errors[0])

    @rule("QUEUE-21", "what is settled cannot be settled again", full=True)
    async def settled_once(self, queue: MessageQueue) -> None:
        await queue.send(some("a1"))
        consumer = await queue.join("g")
        got = await received(consumer)
        await consumer.ack(got)
        assert isinstance(await refusal(consumer.ack(got)), LeaseLost)


def some(*ids: str) -> list[Message]:
    """Return messages with these ids, the first letter of each being its key."""
    return [Message(id=one, key=one[0], body=one.encode()) for one in ids]


def ids(deliveries: Sequence[Delivery]) -> list[str]:
    """Return the ids of the messages."""
    return [one.message.id for one in deliveries]


async def received(consumer: Consumer, at_least: int = 1) -> list[Delivery]:
    """Receive until that many are there and nothing more comes, or nothing comes for two seconds."""
    found = list[Delivery]()
    while more := await consumer.receive(wait=0.0 if len(found) >= at_least else 2.0):
        found += more
    return found


async def refusal(call: Any) -> Failure:
    """Return what the call is refused with."""
    with raised(Refused) as errors:
        await call
    return errors[0].failure
