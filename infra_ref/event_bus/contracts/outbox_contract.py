"""What every `Outbox` promises, and a `Relay` that sends from it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

from infra_ref.backoff import Backoff
from infra_ref.contract import Contract, Passing, raised, rule, tool
from infra_ref.event_bus.errors import EventTooLarge, NotSerialisable, QueueUnavailable
from infra_ref.event_bus.outbox_port import Outbox, Unsent
from infra_ref.event_bus.queue_port import DeadLetter, Message
from infra_ref.event_bus.testing.dying import Died, Steps
from infra_ref.events import DomainEvent
from infra_ref.failures import Failure, Refused

LEASE, BATCH = 10.0, 4


class OutboxContract(Contract):
    """The outbox under test is empty, and goes by `clock`."""

    port = Outbox

    database = tool("the database that the outbox keeps its rows in: `await database.write(doing, work)`")

    @rule("OUTBOX-01", "committed events can be claimed, in the order in which they were added")
    async def committed(self, outbox: Outbox[Any], database: Any) -> None:
        event = DomainEvent(type="order.placed", subject="ä/1", data={"n": 1})
        await database.write("add", partial(_added, outbox, [event]))
        await _add(outbox, database, "b", "a")
        claimed = await outbox.claim("me", seconds=LEASE, limit=9)
        assert [one.message.key for one in claimed] == ["ä/1", "b", "a"]
        assert (claimed[0].message.id, b'"n":1' in claimed[0].message.body) == (event.id, True)
        assert [one.position for one in claimed] == sorted(one.position for one in claimed)

    @rule("OUTBOX-02", "after a rollback there is nothing to send")
    async def rolled_back(self, outbox: Outbox[Any], database: Any) -> None:
        def work(handle: Any) -> None:
            outbox.add(handle, [_event("a")])
            raise ZeroDivisionError

        with raised(ZeroDivisionError):
            await database.write("add", work)
        assert await outbox.claim("me", seconds=LEASE, limit=9) == []

    @rule(
        "OUTBOX-03", "a claimed subject is nobody else's, its later events included; other subjects are free"
    )
    async def claimed(self, outbox: Outbox[Any], database: Any) -> None:
        await _add(outbox, database, "a")
        await outbox.claim("me", seconds=LEASE, limit=9)
        await _add(outbox, database, "a", "b")
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["b"]

    @rule("OUTBOX-04", "a claim lapses, and another may have the subject")
    async def lapses(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        await _add(outbox, database, "a")
        await outbox.claim("dead", seconds=LEASE, limit=9)
        await clock.advance(LEASE + 1)
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["a"]

    @rule("OUTBOX-05", "what was sent is removed, and the rest can be claimed at once")
    async def sent(self, outbox: Outbox[Any], database: Any) -> None:
        await _add(outbox, database, "a", "a", "b", "c")
        claimed = await outbox.claim("me", seconds=LEASE, limit=3)
        await outbox.sent("me", claimed[:1])
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["a", "b", "c"]

    @rule("OUTBOX-06", "who lost a claim removes nothing")
    async def late(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        await _add(outbox, database, "a")
        claimed = await outbox.claim("late", seconds=LEASE, limit=9)
        await clock.advance(LEASE + 1)
        await outbox.claim("owner", seconds=LEASE, limit=9)
        await outbox.sent("late", claimed)
        await clock.advance(LEASE + 1)
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["a"]

    @rule("OUTBOX-07", "a subject that is put off is nobody's until then, and no other waits with it")
    async def put_off(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        await _add(outbox, database, "a", "b")
        await outbox.claim("me", seconds=LEASE, limit=9)
        await outbox.put_off("me", "a", seconds=5)
        await outbox.sent("me", [])
        assert _keys(await outbox.claim("me", seconds=LEASE, limit=9)) == ["b"]
        await clock.advance(6)
        assert _keys(await outbox.claim("me", seconds=LEASE, limit=9)) == ["a"]

    @rule("OUTBOX-08", "only its owner puts a subject off")
    async def not_his(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        await _add(outbox, database, "a")
        await outbox.claim("me", seconds=LEASE, limit=9)
        await outbox.put_off("other", "a", seconds=99)
        await clock.advance(LEASE + 1)
        assert _keys(await outbox.claim("other", seconds=LEASE, limit=9)) == ["a"]

    @rule("OUTBOX-09", "the age of the oldest unsent event is known, and None without one")
    async def age(self, outbox: Outbox[Any], database: Any, clock: Passing) -> None:
        assert await outbox.oldest() is None
        await _add(outbox, database, "a")
        await clock.advance(3)
        await _add(outbox, database, "b")
        assert round(await outbox.oldest() or 0, 3) == 3
        await outbox.sent("me", await outbox.claim("me", seconds=LEASE, limit=9))
        assert await outbox.oldest() is None

    @rule("OUTBOX-10", "an event that cannot be written takes its transaction with it")
    async def bad_event(self, outbox: Outbox[Any], database: Any) -> None:
        bad = DomainEvent(type="x", subject="a", data={"lock": asyncio.Lock()})
        with raised(Refused) as errors:
            await database.write("add", partial(_added, outbox, [_event("a"), bad]))
        assert isinstance(errors[0].failure, NotSerialisable)
        assert await outbox.oldest() is None


class Transport:
    """A queue that keeps what it is sent, and refuses what `refuses` gives a failure for."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.refuses: dict[str, Failure] = {}

    async def send(self, messages: Sequence[Message]) -> None:
        await asyncio.sleep(0)
        for message in messages:
            if (failure := self.refuses.get(message.key) or self.refuses.get(message.id)) is not None:
                raise Refused(failure)
        self.sent += messages

    def first_of(self, subject: str) -> list[str]:
        """Return the ids of the subject's messages, each where it came first."""
        return list(dict.fromkeys(message.id for message in self.sent if message.key == subject))


class Letters:
    """Keeps the ids of dead letters."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def put(self, letter: DeadLetter) -> None:
        self.ids.append(letter.message.id)


class RelayContract(Contract):
    """What is under test makes relays: `relays(queue, letters, outbox)`; the outbox goes by `clock`.

    A relay is made with a batch of `BATCH`, a lease of `LEASE` seconds and a backoff of one second.
    """

    port = Outbox

    outbox = tool("the outbox that the relays send from")
    database = tool("the database that the outbox keeps its rows in")

    @rule("RELAY-01", "what is in the outbox is sent in order, and then gone")
    async def sends(self, relays: Any, outbox: Any, database: Any) -> None:
        queue = Transport()
        added = await _add(outbox, database, *"abcabcabc")
        await _drain(relays(queue, Letters(), outbox))
        assert [one.id for one in queue.sent] == added
        assert await outbox.oldest() is None

    @rule("RELAY-02", "an outage loses nothing, kills nothing, and is over when it is over")
    async def outage(self, relays: Any, outbox: Any, database: Any, clock: Passing) -> None:
        queue, letters = Transport(), Letters()
        added = await _add(outbox, database, *"aabb")
        relay = relays(queue, letters, outbox)
        queue.refuses = {"a": QueueUnavailable("send"), "b": QueueUnavailable("send")}
        for _ in range(20):
            assert await relay.run_once() == 0
            await clock.advance(61)
        queue.refuses = {}
        await _drain(relay)
        assert (sorted(one.id for one in queue.sent), letters.ids) == (sorted(added), [])

    @rule(
        "RELAY-03", "behind a message that is not taken its subject waits, also with two relays; others go on"
    )
    async def waits(self, relays: Any, outbox: Any, database: Any, clock: Passing) -> None:
        queue = Transport()
        one, two = relays(queue, Letters(), outbox), relays(queue, Letters(), outbox)
        added = await _add(outbox, database, *"aba")
        queue.refuses = {added[0]: QueueUnavailable("send")}
        for relay in (one, two, one, two):
            await relay.run_once()
        assert [message.key for message in queue.sent] == ["b"]
        queue.refuses = {}
        await clock.advance(61)
        await _drain(two)
        assert queue.first_of("a") == [added[0], added[2]]

    @rule(
        "RELAY-04",
        "a relay may die before or after any step: nothing is lost, at most a batch comes twice, in order",
    )
    async def dies_anywhere(self, relays: Any, outbox: Any, database: Any, clock: Passing) -> None:
        for at in itertools.count():
            queue, letters, steps = Transport(), Letters(), Steps(at)
            added = await _add(outbox, database, *"aabacb")
            queue.refuses = {added[4]: QueueUnavailable("send")} if at % 2 else {}
            dying = relays(steps.watch(queue), letters, steps.watch(outbox))
            try:
                while await dying.run_once():
                    pass
            except Died:
                pass
            queue.refuses = {}
            await clock.advance(LEASE + 61)
            await _drain(relays(queue, letters, outbox))
            assert sorted({one.id for one in queue.sent}) == sorted(added), f"lost, dying at step {at}"
            assert len(queue.sent) - len(added) <= BATCH, f"more came twice than a batch, dying at step {at}"
            for n, subject in enumerate("abc"):
                assert queue.first_of(subject) == [added[i] for i in ([0, 1, 3], [2, 5], [4])[n]], (
                    f"step {at}"
                )
            if not steps.died and not at % 2:
                assert at > 8
                return

    @rule("RELAY-05", "two relays at once lose nothing, send nothing twice, and keep each subject's order")
    async def two_at_once(self, relays: Any, outbox: Any, database: Any) -> None:
        queue = Transport()
        added = await _add(outbox, database, *"abcd" * 10)
        both = [relays(queue, Letters(), outbox) for _ in range(2)]
        await asyncio.gather(*(_drain(relay) for relay in both))
        await _drain(both[0])
        assert len(queue.sent) == len(added)
        for n, subject in enumerate("abcd"):
            assert queue.first_of(subject) == added[n::4]

    @rule("RELAY-06", "a message that never will be taken is a dead letter, and its subject goes on")
    async def never_taken(self, relays: Any, outbox: Any, database: Any) -> None:
        queue, letters = Transport(), Letters()
        added = await _add(outbox, database, *"aa")
        queue.refuses = {added[0]: EventTooLarge(added[0], 9, 1)}
        await _drain(relays(queue, letters, outbox))
        assert ([one.id for one in queue.sent], letters.ids) == ([added[1]], [added[0]])


def _event(subject: str) -> DomainEvent:
    return DomainEvent(type="order.placed", subject=subject)


def _added(outbox: Outbox[Any], events: Sequence[DomainEvent], handle: Any) -> None:
    outbox.add(handle, events)


async def _add(outbox: Any, database: Any, *subjects: str) -> list[str]:
    events = [_event(subject) for subject in subjects]
    await database.write("add", partial(_added, outbox, events))
    return [event.id for event in events]


def _keys(claimed: Sequence[Unsent]) -> list[str]:
    return [one.message.key for one in claimed]


async def _drain(relay: Any) -> None:
    while await relay.run_once():
        pass


BACKOFF = Backoff(base=0.5, longest=60, jitter=0)
"""What the relays under test are made with."""
