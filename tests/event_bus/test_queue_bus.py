"""What the bus over a queue promises beyond its contract: heartbeats, shutdowns, bad bytes, names."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from infra_ref.backoff import Backoff
from infra_ref.contract import run
from infra_ref.event_bus.dead_letter_port import PUBLISH
from infra_ref.event_bus.delivery.event_codec import encode
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.errors import QueueFull, QueueUnavailable
from infra_ref.event_bus.make_event_queue import make_event_queue
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.port import Handler
from infra_ref.event_bus.queue_bus import QueueBus, group_of
from infra_ref.event_bus.queue_port import Message
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused

RETRYING = Retrying(attempts=3, backoff=Backoff(base=0.01, jitter=0))


async def until(noted: list[str], many: int = 1) -> None:
    while len(noted) < many:  # noqa: ASYNC110 - the bus tells nobody
        await asyncio.sleep(0.005)


def event(subject: str, kind: str = "t") -> DomainEvent:
    return DomainEvent(type=kind, subject=subject, id=subject)


def test_a_handler_that_takes_longer_than_the_lease_keeps_its_message() -> None:
    async def story() -> list[str]:
        began: list[str] = []

        async def handle(event: DomainEvent) -> None:
            began.append(event.id)
            await asyncio.sleep(1.5)

        queue = MemoryQueue(lease=0.6)
        dead = MemoryDeadLetters(queue)
        async with QueueBus(queue, dead) as one, QueueBus(queue, dead) as two:
            for bus in (one, two):
                await bus.subscribe("t", Handler("t", handle, id="h"))
            await one.publish(event("a"))
            await asyncio.sleep(2.0)
        return began

    assert run(story()) == ["a"]


def test_what_was_fetched_is_not_begun_once_the_lease_has_lapsed() -> None:
    async def story() -> list[str]:
        began: list[str] = []

        async def handle(event: DomainEvent) -> None:
            began.append(event.id)
            if len(began) == 1:
                time.sleep(1)  # noqa: ASYNC251 - the loop stands still, so nothing renews the lease

        queue = MemoryQueue(lease=0.6)
        async with QueueBus(queue, MemoryDeadLetters(queue)) as bus:
            await bus.subscribe("t", Handler("t", handle, id="h"))
            await bus.publish_batch([DomainEvent(type="t", subject="s", id=one) for one in "ab"])
            await until(began, 3)
        return began

    assert run(story())[:3] == ["a", "a", "b"]


def test_a_shutdown_lets_the_running_end_and_gives_back_what_was_not_begun() -> None:
    async def story() -> Any:
        began, ended, queue = list[str](), list[str](), MemoryQueue()

        async def handle(event: DomainEvent) -> None:
            began.append(event.id)
            await asyncio.sleep(0.1)
            ended.append(event.id)

        async with QueueBus(queue, MemoryDeadLetters(queue)) as bus:
            await bus.subscribe("t", Handler("t", handle, id="h"))
            # One subject: they are fetched together, and handled one after the other.
            messages = [Message(id=str(n), key="k", body=encode(event(str(n)))) for n in range(5)]
            await queue.send(messages)
            await until(began)
        left = await (await queue.join(group_of("t", "h"))).receive()
        return began, ended, [(one.message.id, one.attempt) for one in left]

    assert run(story()) == (["0"], ["0"], [("1", 1), ("2", 1), ("3", 1), ("4", 1)])


def test_a_shutdown_that_will_not_wait_gives_back_what_runs() -> None:
    async def story() -> Any:
        queue, began = MemoryQueue(), asyncio.Event()

        async def handle(event: DomainEvent) -> None:
            began.set()
            await asyncio.sleep(60)

        bus = QueueBus(queue, MemoryDeadLetters(queue))
        await bus.subscribe("t", Handler("t", handle, id="h"))
        await bus.publish(event("a"))
        await began.wait()
        await bus.close(within=0.05)
        return [one.attempt for one in await (await queue.join(group_of("t", "h"))).receive()]

    assert run(story()) == [1]


def test_what_cannot_be_decoded_is_dead_at_once_and_does_not_loop() -> None:
    async def story() -> Any:
        queue, handled = MemoryQueue(), list[str]()
        dead = MemoryDeadLetters(queue)

        async def handle(event: DomainEvent) -> None:
            handled.append(event.id)

        async with QueueBus(queue, dead, retrying=RETRYING) as bus:
            await bus.subscribe("t", Handler("t", handle, id="h"))
            await queue.send([Message(id="bad", key="k", body=b"\xff")])
            await bus.publish(event("k"))
            await until(handled)
            letters = await dead.letters()
        return [(letter.message.body, letter.attempts) for letter in letters]

    assert run(story()) == [(b"\xff", 1)]


def test_an_outage_longer_than_all_attempts_leaves_nothing_dead() -> None:
    class Flaky(MemoryQueue):
        down = False

        async def join(self, group: str, *, in_order: bool = True) -> Any:
            queue, consumer = self, await super().join(group, in_order=in_order)
            for name in ("receive", "ack", "retry", "give_back", "extend"):
                call = getattr(consumer, name)

                async def calling(*args: Any, call: Any = call, **more: Any) -> Any:
                    if queue.down:
                        raise Refused(QueueUnavailable("do it"))
                    return await call(*args, **more)

                setattr(consumer, name, calling)
            return consumer

    async def story() -> Any:
        queue, tried = Flaky(), list[str]()
        dead = MemoryDeadLetters(queue)

        async def handle(event: DomainEvent) -> None:
            tried.append(event.id)
            queue.down = len(tried) == 1

        async with QueueBus(queue, dead, retrying=RETRYING) as bus:
            await bus.subscribe("t", Handler("t", handle, id="h"))
            await bus.publish(event("a"))
            await asyncio.sleep(0.3)
            queue.down = False
            await bus.publish(event("b"))
            await until(tried, 2)
        return tried, await dead.letters()

    assert run(story()) == (["a", "b"], [])


@pytest.mark.parametrize(
    ("failure", "letters"), [(QueueUnavailable("send"), ["a", "b"]), (QueueFull(1), list[str]())]
)
def test_what_cannot_be_sent_is_a_dead_letter_unless_the_queue_pushes_back(
    failure: Any, letters: list[str]
) -> None:
    class Down(MemoryQueue):
        async def send(self, messages: Any) -> None:
            raise Refused(failure)

    async def story() -> Any:
        dead = MemoryDeadLetters(MemoryQueue())
        async with QueueBus(Down(), dead) as bus:
            with pytest.raises(Refused) as caught:
                await bus.publish_batch([event("a"), event("b")])
        assert caught.value.failure is failure
        found = await dead.letters()
        assert all(letter.origin == PUBLISH and letter.message.to is None for letter in found)
        return [letter.message.id for letter in found]

    assert run(story()) == letters


def test_a_group_has_a_name_of_its_own() -> None:
    names = {group_of(kind, name) for kind in ("a.b", "a_b", "a-b", "ab") for name in ("x", "y")}
    assert len(names) == 8


def test_retrying_knows_how_long_it_takes() -> None:
    assert Retrying(attempts=3, timeout=10, backoff=Backoff(base=1, jitter=1)).longest() == 30 + 2 + 4
    with pytest.raises(ValueError, match="at least one attempt"):
        Retrying(attempts=0)


@pytest.mark.parametrize("url", ["amqp://h", "", "shop.db"])
def test_an_unknown_url_is_refused_with_what_to_write(url: str) -> None:
    async def story() -> None:
        async with make_event_queue(url, name="x"):
            raise AssertionError

    with pytest.raises(ValueError, match="memory://"):
        run(story())
