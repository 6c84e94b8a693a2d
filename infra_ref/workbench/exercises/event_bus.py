"""The exercises of the notebook on the event bus, in its order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.event_bus.contracts.relay_contract import RelayContract
from infra_ref.event_bus.memory_outbox import MemoryOutbox
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.queue_port import Message
from infra_ref.event_bus.testing.designs import World
from infra_ref.event_bus.testing.dying import Died, Steps
from infra_ref.event_bus.testing.memory_tables import MemoryTables
from infra_ref.event_bus.testing.schedule_search import search
from infra_ref.failures import Refused
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

# A queue's retry


async def failing(attempt: Any, clock: FakeClock) -> tuple[list[tuple[float, int]], list[str], MemoryQueue]:
    """Let a handler fail for ever; return when it was tried, with which attempt, and what was buried."""
    queue, tried, buried = MemoryQueue(clock=clock, lease=60), list[tuple[float, int]](), list[str]()
    await queue.send([Message(id="1", key="a", body=b"")])
    consumer = await queue.join("mailer")

    async def bury(delivery: Any) -> None:
        buried.append(delivery.message.id)

    for _ in range(30):
        for delivery in await consumer.receive(1):
            tried.append((clock.monotonic(), delivery.attempt))
            await attempt(consumer, delivery, bury)
        await clock.advance(1)
    return tried, buried, queue


async def waits_longer(attempt: Any) -> None:
    """Look at the first three attempts."""
    tried, _, _ = await failing(attempt, FakeClock())
    assert tried[:3] == [(0, 1), (2, 2), (6, 3)]


async def gives_up(attempt: Any) -> None:
    """Look at what is buried, and what comes after that."""
    clock = FakeClock()
    tried, buried, queue = await failing(attempt, clock)
    assert (len(tried), buried) == (3, ["1"])
    await clock.advance(61)
    assert await (await queue.join("mailer")).receive() == []


async def loses_nothing(attempt: Any) -> None:
    """Die at each step of the last attempt."""
    for at in range(6):
        clock, buried, steps = FakeClock(), list[str](), Steps(at)
        queue = MemoryQueue(clock=clock, lease=60)
        await queue.send([Message(id="1", key="a", body=b"")])
        consumer = await queue.join("mailer")
        for _ in range(2):
            (delivery,) = await consumer.receive(1)
            await consumer.retry(delivery, after=0)
        (delivery,) = await consumer.receive(1)
        await die(attempt, steps, consumer, delivery, buried)
        await clock.advance(61)
        left = await (await queue.join("mailer")).receive(1)
        assert buried or left, "neither in the queue nor buried"


async def die(attempt: Any, steps: Steps, consumer: Any, delivery: Any, buried: list[str]) -> None:
    """Settle, and die at the step."""

    class Graveyard:
        async def bury(self, delivery: Any) -> None:
            buried.append(delivery.message.id)

    with suppress(Died):
        await attempt(steps.watch(consumer), delivery, steps.watch(Graveyard()).bury)


RETRY = Exercise(
    id="event_bus/retry",
    title="Again, and in the end no more",
    task="""
        A handler has failed on `delivery`. Here it comes again at once, for ever.
        Repair it: after the first failure it comes again after 2 s, after the second
        after 4 s (`consumer.retry(delivery, after=seconds)` counts the attempt), and
        after the third it is buried (`await bury(delivery)`) and acknowledged
        (`consumer.ack([delivery])`). No death in between may lose it.
    """,
    makes="settle",
    frame="""
        async def settle(consumer, delivery, bury):
            ____
    """,
    blank="""
        await consumer.give_back([delivery])
    """,
    solution="""
        if delivery.attempt < 3:
            await consumer.retry(delivery, after=2**delivery.attempt)
        else:
            await bury(delivery)
            await consumer.ack([delivery])
    """,
    wrong=(
        Wrong(
            "one attempt too many",
            """
            if delivery.attempt <= 3:
                await consumer.retry(delivery, after=2**delivery.attempt)
            else:
                await bury(delivery)
                await consumer.ack([delivery])
            """,
            breaks=("TWO",),
            feedback="""
                `attempt` counts the one that has just failed: after the third it is 3, and 3 is not less
                than 3. Total attempts, the first included.
            """,
        ),
        Wrong(
            "acknowledged before it is buried",
            """
            if delivery.attempt < 3:
                await consumer.retry(delivery, after=2**delivery.attempt)
            else:
                await consumer.ack([delivery])
                await bury(delivery)
            """,
            breaks=("THREE",),
            feedback="""
                Between the two lines the message is nowhere, and there the process may die. First keep it
                in the new place, then give up the old one: it may be buried twice, and that is harmless.
            """,
        ),
        Wrong(
            "the same wait each time",
            """
            if delivery.attempt < 3:
                await consumer.retry(delivery, after=2)
            else:
                await bury(delivery)
                await consumer.ack([delivery])
            """,
            breaks=("ONE",),
            feedback="""
                Who failed because the other side is overloaded should come less and less often:
                the wait doubles.
            """,
        ),
        Wrong(
            "buried, and not acknowledged",
            """
            if delivery.attempt < 3:
                await consumer.retry(delivery, after=2**delivery.attempt)
            else:
                await bury(delivery)
            """,
            breaks=("TWO",),
            feedback="""
                It is buried, and it is still in the queue: its subject's later messages wait behind it, and
                once the lease has lapsed it comes again.
            """,
        ),
    ),
    hints=(
        "`delivery.attempt` is 1 the first time. Two to the power of it is the wait.",
        "In the `else` there are two calls. Ask of each order: where is the message if we die in between?",
        "if delivery.attempt < 3:\n    await consumer.retry(delivery, after=2**delivery.attempt)\nelse: ...",
    ),
    notice="`delivery/worker.py` has the same lines, with the numbers in a `Retrying`.",
    checks=(
        Check("ONE", "it is tried at once, after 2 s and after 4 s more, its attempts counted", waits_longer),
        Check("TWO", "it is tried three times and buried once, and then it comes no more", gives_up),
        Check("THREE", "whoever dies in between leaves it in the queue, or buried", loses_nothing),
    ),
)

# A relay


class MemoryRelays(RelayContract):
    """Relays over an outbox in memory."""

    @cached_property
    def database(self) -> MemoryTables:
        """The tables."""
        return MemoryTables()

    @cached_property
    def outbox(self) -> MemoryOutbox:
        """The outbox in them."""
        return MemoryOutbox(self.database, now=self.clock.monotonic)


def as_relays(attempt: Any) -> Callable[..., Any]:
    """Make relays that send a batch as the attempt does; each has a name of its own."""
    names = iter(range(1_000_000))

    class Relay:
        def __init__(self, queue: Any, letters: Any, outbox: Any) -> None:
            self.queue, self.outbox, self.name = queue, outbox, f"relay {next(names)}"

        async def run_once(self) -> Any:
            try:
                return await attempt(self.outbox, self.queue, self.name)
            except Refused:
                return 0

    def make(clock: FakeClock) -> Any:
        return Relay

    return make


RELAY = Exercise(
    id="event_bus/relay",
    title="From the outbox to the queue",
    task="""
        This relay clears the outbox and then sends. Repair it, so that no outage and
        no death loses an event: `await queue.send(messages)` raises if it cannot, and
        `await outbox.sent(owner, claimed)` removes what was sent and ends the claims.
    """,
    makes="send_batch",
    frame="""
        async def send_batch(outbox, queue, owner):
            claimed = await outbox.claim(owner, seconds=10, limit=4)
            messages = [one.message for one in claimed]
            ____
            return len(claimed)
    """,
    blank="""
        await outbox.sent(owner, claimed)
        await queue.send(messages)
    """,
    solution="""
        await queue.send(messages)
        await outbox.sent(owner, claimed)
    """,
    wrong=(
        Wrong(
            "cleared whatever happens",
            """
            try:
                await queue.send(messages)
            finally:
                await outbox.sent(owner, claimed)
            """,
            breaks=("RELAY-02", "RELAY-04"),
            feedback="""
                `finally` also runs when nothing was sent. What was not sent stays: the claim lapses by
                itself, and the next round has it.
            """,
        ),
        Wrong(
            "each one cleared for itself",
            """
            for one in claimed:
                await queue.send([one.message])
                await outbox.sent(owner, [one])
            """,
            breaks=("RELAY-01", "RELAY-02", "RELAY-04", "RELAY-05"),
            feedback="""
                `sent` ends all claims of the owner, so from the second message on it has nothing to say, and
                they are sent again. It is meant for the whole batch, at its end.
            """,
        ),
        Wrong(
            "nothing gets out",
            """
            try:
                await queue.send(messages)
                await outbox.sent(owner, claimed)
            except BaseException:
                claimed = []
            """,
            breaks=("RELAY-04",),
            feedback="""
                A cancellation is a BaseException too: a relay that catches it cannot be stopped. Catch
                nothing here; whoever calls waits out what the queue refuses.
            """,
        ),
        Wrong(
            "the newest first",
            """
            await queue.send(messages[::-1])
            await outbox.sent(owner, claimed)
            """,
            breaks=("RELAY-01", "RELAY-04"),
            feedback="""
                A subject's events have an order, and whoever handles them relies on it: renamed, then
                removed.
            """,
        ),
    ),
    hints=(
        "Two lines. Which of the two may happen twice without harm?",
        "Dying between sending and clearing sends again. Dying between clearing and sending loses.",
        "await queue.send(messages)\nawait outbox.sent(...)",
    ),
    notice="""
        `relay.py` does the same, and if the batch is refused it sends one by one: a message that is
        not taken holds up its own subject and no other.
    """,
    contract=MemoryRelays,
    only=("RELAY-01", "RELAY-02", "RELAY-04", "RELAY-05"),
    bench=as_relays,
)

# An idempotent handler


def lost(world: World) -> str | None:
    """Say whether an order has no mail."""
    return None if set(world.orders) <= set(world.mails) else "an order without its mail"


def doubled(world: World) -> str | None:
    """Say whether an order has two mails."""
    return "two mails for one order" if len(world.mails) > len(set(world.mails)) else None


async def works(attempt: Any) -> None:
    """Let nothing go wrong."""
    world = World(orders=["1", "2"], queue=["1", "2"])
    for _ in attempt(world):
        assert len(world.queue) <= 2
    assert (world.mails, world.queue) == (["1", "2"], [])


async def loses_none(attempt: Any) -> None:
    """Look for a lost mail."""
    found = search({"the mailer": attempt}, lambda: World(orders=["1", "2"], queue=["1", "2"]), lost)
    assert found.breaks is None, str(found)


async def sends_none_twice(attempt: Any) -> None:
    """Look for a second mail, with an event that the relay sent twice."""
    found = search({"the mailer": attempt}, lambda: World(orders=["1"], queue=["1", "1"]), doubled)
    assert found.breaks is None, str(found)


MAILER = Exercise(
    id="event_bus/idempotent-mailer",
    title="One mail, however often the event comes",
    task="""
        This mailer acknowledges first. Repair it: an event that comes twice is mailed once, and no
        death loses a mail. What happens between two `yield`s happens in one transaction. `world.inbox`
        is a list of the events that were mailed; it outlives the mailer, as `world.queue` and
        `world.mails` do.
    """,
    makes="mailer",
    frame="""
        def mailer(world):
            while world.queue:
                ____
    """,
    blank="""
        event = world.queue.pop(0)
        yield "acknowledging"
        world.mails.append(event)
        yield "mailing"
    """,
    solution="""
        event = world.queue[0]
        if event not in world.inbox:
            world.inbox.append(event)
            world.mails.append(event)
            yield "mailing and noting the event"
        world.queue.pop(0)
        yield "acknowledging"
    """,
    wrong=(
        Wrong(
            "no inbox",
            """
            world.mails.append(world.queue[0])
            yield "mailing"
            world.queue.pop(0)
            yield "acknowledging"
            """,
            breaks=("THREE",),
            feedback="""
                Nothing is lost any more: the event stays until it is mailed. But who dies after mailing finds
                it there again, and mails again. Something must outlive the mailer that says "done".
            """,
        ),
        Wrong(
            "noted first, in a step of its own",
            """
            event = world.queue[0]
            if event not in world.inbox:
                world.inbox.append(event)
                yield "noting the event"
                world.mails.append(event)
                yield "mailing"
            world.queue.pop(0)
            yield "acknowledging"
            """,
            breaks=("TWO",),
            feedback="""
                Between the note and the mail is a place to die: then the note says "done", and nothing was.
                The note and the effect belong into one transaction.
            """,
        ),
        Wrong(
            "noted last, in a step of its own",
            """
            event = world.queue[0]
            if event not in world.inbox:
                world.mails.append(event)
                yield "mailing"
                world.inbox.append(event)
                yield "noting the event"
            world.queue.pop(0)
            yield "acknowledging"
            """,
            breaks=("THREE",),
            feedback="""
                Between the mail and the note is a place to die: then the mail is out, and nothing says so.
                The note and the effect belong into one transaction.
            """,
        ),
    ),
    hints=(
        "Look at the event (`world.queue[0]`) and take it off the queue only when all is done.",
        "An event that is in `world.inbox` needs no mail, only its acknowledgement.",
        "if event not in world.inbox:\n    ... both lists, then one yield",
    ),
    notice="""
        `sql_inbox.py` does it with a primary key: the insert of the event's id and the effect are in one
        transaction, and a second insert finds the first.
    """,
    checks=(
        Check("ONE", "two events are mailed in order, and acknowledged", works),
        Check("TWO", "no death loses a mail", loses_none),
        Check("THREE", "no death, and no event that comes twice, makes two mails", sends_none_twice),
    ),
    may_pass={
        "without `yield 'acknowledging'`": "no other step lies between it and the next one",
        "without `yield 'mailing and noting the event'`": "one transaction with the queue, which none offers",
    },
)
