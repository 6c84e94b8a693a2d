"""What a `Relay` promises that sends from an `Outbox`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from infra_ref.backoff import Backoff
from infra_ref.contract import Contract, Passing, rule, tool
from infra_ref.event_bus.contracts.outbox_contract import LEASE, add
from infra_ref.event_bus.dead_letter_port import DeadLetter
from infra_ref.event_bus.delivery.event_codec import EventTooLarge
from infra_ref.event_bus.errors import QueueUnavailable
from infra_ref.event_bus.outbox_port import Outbox
from infra_ref.event_bus.queue_port import Message
from infra_ref.event_bus.testing.dying import Died, Steps
from infra_ref.failures import Failure, Refused

BATCH, BACKOFF = 4, Backoff(base=0.5, longest=60, jitter=0)
"""What the relays under test are made with."""


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
        added = await add(outbox, database, *"abcabcabc")
        await _drain(relays(queue, Letters(), outbox))
        assert [one.id for one in queue.sent] == added
        assert await outbox.oldest() is None

    @rule("RELAY-02", "an outage loses nothing, kills nothing, and is over when it is over")
    async def outage(self, relays: Any, outbox: Any, database: Any, clock: Passing) -> None:
        queue, letters = Transport(), Letters()
        added = await add(outbox, database, *"aabb")
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
        added = await add(outbox, database, *"aba")
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
            added = await add(outbox, database, *"aabacb")
            queue.refuses = {added[4]: QueueUnavailable("send")} if at % 2 else {}
            dying, going = relays(steps.watch(queue), letters, steps.watch(outbox)), 1
            with suppress(Died):
                while going:
                    going = await dying.run_once()
                    assert not steps.died, f"step {at}: it caught what killed it, as it would a cancellation"
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
        added = await add(outbox, database, *"abcd" * 10)
        both = [relays(queue, Letters(), outbox) for _ in range(2)]
        await asyncio.gather(*(_drain(relay) for relay in both))
        await _drain(both[0])
        assert len(queue.sent) == len(added)
        for n, subject in enumerate("abcd"):
            assert queue.first_of(subject) == added[n::4]

    @rule("RELAY-06", "a message that never will be taken is a dead letter; its subject goes on", full=True)
    async def never_taken(self, relays: Any, outbox: Any, database: Any) -> None:
        queue, letters = Transport(), Letters()
        added = await add(outbox, database, *"aa")
        queue.refuses = {added[0]: EventTooLarge(added[0], 9, 1)}
        await _drain(relays(queue, letters, outbox))
        assert ([one.id for one in queue.sent], letters.ids) == ([added[1]], [added[0]])


async def _drain(relay: Any) -> None:
    while await relay.run_once():
        pass
