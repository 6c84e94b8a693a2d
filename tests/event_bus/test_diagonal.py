"""Every rule has a broken adapter that fails it, and fails no other."""

from __future__ import annotations

from typing import Any

import pytest

from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, run
from infra_ref.event_bus.contracts.bus_contract import ATTEMPTS, LARGEST, EventBusContract
from infra_ref.event_bus.contracts.dead_letter_contract import DeadLetterContract
from infra_ref.event_bus.contracts.inbox_contract import InboxContract
from infra_ref.event_bus.contracts.outbox_contract import OutboxContract
from infra_ref.event_bus.contracts.queue_contract import LIMIT, MessageQueueContract
from infra_ref.event_bus.contracts.relay_contract import RelayContract
from infra_ref.event_bus.contracts.store_contract import UPCASTS, EventStoreContract, SnapshotStoreContract
from infra_ref.event_bus.contracts.stored_queue_contract import StoredQueueContract
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue
from tests.event_bus import (
    test_memory_bus_contract as memory_bus,
)
from tests.event_bus import (
    test_memory_dead_letters_contract as memory_dead_letters,
)
from tests.event_bus import (
    test_memory_inbox_contract as memory_inbox,
)
from tests.event_bus import (
    test_memory_outbox_contract as memory_outbox,
)
from tests.event_bus import (
    test_queue_bus_contract as queue_bus,
)
from tests.event_bus import (
    test_relay_contract as relay,
)
from tests.event_bus.benches import FakeRedisBench
from tests.event_bus.broken import boxes, buses, letters, queues, stores


def numbers(contract: type[Contract], than: type[Contract] | None = None) -> list[str]:
    base = {one.number for one in than.rules()} if than else set()
    return [one.number for one in contract.rules() if one.number not in base]


def fails_alone(bench: type[Contract], number: str, seconds: float = 1.5) -> None:
    bench.seconds_per_rule = seconds
    verdicts = [run(bench().hold(rule)) for rule in bench.rules()]
    broken = [verdict for verdict in verdicts if verdict.outcome == "broken"]
    assert [verdict.rule.number for verdict in broken] == [number], broken


@pytest.mark.parametrize("number", queues.BROKEN)
def test_a_broken_queue(number: str) -> None:
    def make(self: Any, clock: FakeClock) -> Any:
        return queues.BROKEN[number](clock=clock, lease=0.5, limit=LIMIT)

    fails_alone(type("Held", (MessageQueueContract,), {"make": make}), number)


@pytest.mark.parametrize("number", queues.STORED)
def test_a_broken_stored_queue(number: str) -> None:
    class Held(FakeRedisBench, StoredQueueContract):
        async def a_queue(self, *, lease: float = 0.8) -> Any:
            return queues.STORED[number](await self.connect(), name=self.name, lease=lease, limit=LIMIT)

    fails_alone(Held, number, 3.0)


@pytest.mark.parametrize("number", letters.BROKEN)
def test_a_broken_dead_letter_queue(number: str) -> None:
    class Held(memory_dead_letters.TestMemoryDeadLetters):
        def make(self) -> MemoryDeadLetters:
            self.queue = MemoryQueue()
            self.dead = letters.BROKEN[number](self.queue)
            return self.dead

    fails_alone(Held, number)


@pytest.mark.parametrize("number", buses.BROKEN)
def test_a_broken_bus(number: str) -> None:
    class Held(memory_bus.TestMemoryBus):
        def make(self) -> Any:
            self.undelivered = []

            async def dead(one: Any) -> None:
                self.undelivered.append(one)

            return buses.BROKEN[number](dead=dead, attempts=ATTEMPTS, backoff=memory_bus.BACKOFF)

    fails_alone(Held, number)


@pytest.mark.parametrize("number", buses.OVER_QUEUE)
def test_a_broken_bus_over_a_queue(number: str) -> None:
    class Held(queue_bus.TestQueueBus):
        def make(self) -> Any:
            queue = MemoryQueue()
            self.letters = MemoryDeadLetters(queue)
            return buses.OVER_QUEUE[number](queue, self.letters, retrying=queue_bus.RETRYING, largest=LARGEST)

    fails_alone(Held, number, 4.0)


def store_bench(contract: type[Contract], kind: Any) -> type[Contract]:
    class Held(contract):  # type: ignore[valid-type,misc]
        def make(self) -> Any:
            store = kind(upcasts=UPCASTS)
            self.slow_writer = getattr(store, "slow_writer", None)
            return store

    return Held


def test_the_model_store_keeps_every_rule() -> None:
    report = run(store_bench(EventStoreContract, stores.Model).verify())
    assert (report.broken, report.exempt) == ((), ()), report


@pytest.mark.parametrize("number", stores.BROKEN)
def test_a_broken_store(number: str) -> None:
    fails_alone(store_bench(EventStoreContract, stores.BROKEN[number]), number)


@pytest.mark.parametrize("number", stores.SNAPSHOTS)
def test_a_broken_snapshot_store(number: str) -> None:
    fails_alone(store_bench(SnapshotStoreContract, stores.SNAPSHOTS[number]), number)


@pytest.mark.parametrize("number", boxes.OUTBOXES)
def test_a_broken_outbox(number: str) -> None:
    fails_alone(
        type("Held", (memory_outbox.TestMemoryOutbox,), {"kind": boxes.OUTBOXES[number]}),
        number,
    )


@pytest.mark.parametrize("number", boxes.RELAYS)
def test_a_broken_relay(number: str) -> None:
    fails_alone(type("Held", (relay.TestRelay,), boxes.RELAYS[number]), number)


@pytest.mark.parametrize("number", boxes.INBOXES)
def test_a_broken_inbox(number: str) -> None:
    fails_alone(type("Held", (memory_inbox.TestMemoryInbox,), {"kind": boxes.INBOXES[number]}), number)


def test_no_rule_is_without_one() -> None:
    assert list(stores.BROKEN) == numbers(EventStoreContract)
    assert list(stores.SNAPSHOTS) == numbers(SnapshotStoreContract)
    assert list(boxes.OUTBOXES) == numbers(OutboxContract)
    assert list(boxes.RELAYS) == numbers(RelayContract)
    assert list(boxes.INBOXES) == numbers(InboxContract)
    assert list(queues.BROKEN) == numbers(MessageQueueContract)
    assert list(queues.STORED) == numbers(StoredQueueContract, MessageQueueContract)
    assert list(letters.BROKEN) == numbers(DeadLetterContract)
    assert [*buses.BROKEN, *buses.OVER_QUEUE] == numbers(EventBusContract)
