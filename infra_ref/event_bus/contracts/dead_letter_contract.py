"""What every `DeadLetterQueue` promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.event_bus.dead_letter_port import PUBLISH, DeadLetter, DeadLetterQueue
from infra_ref.event_bus.queue_port import Message, MessageQueue


class DeadLetterContract(Contract):
    """The dead letter queue under test is empty, and redrives to `queue`."""

    port = DeadLetterQueue

    queue = tool("the empty queue that it redrives to")
    fails_after_sending = tool("lets the next redrive fail once its message was sent")

    @rule("DEAD-01", "a letter is shown as it was put: payload, reason, attempts, origin, time")
    async def round_trip(self, dead: DeadLetterQueue) -> None:
        letter = _letter("1", body=b"\x00\xff{}", reason="ünï: line\nbreak")
        await dead.put(letter)
        assert await dead.show(letter.id) == letter
        assert await dead.letters() == [letter]

    @rule("DEAD-02", "the same letter put twice is there once, as it was first")
    async def put_twice(self, dead: DeadLetterQueue) -> None:
        await dead.put(_letter("1"))
        await dead.put(_letter("1", reason="later"))
        assert await dead.letters() == [_letter("1")]

    @rule("DEAD-03", "letters come oldest first, page by page")
    async def pages(self, dead: DeadLetterQueue) -> None:
        put = [_letter(str(n)) for n in (3, 1, 2)]
        for letter in put:
            await dead.put(letter)
        first = await dead.letters(limit=2)
        assert first == put[:2]
        assert await dead.letters(limit=2, after=first[-1].id) == put[2:]

    @rule("DEAD-04", "a redriven message has the event's id, and a new generation of the transport's")
    async def redriven(self, dead: DeadLetterQueue, queue: MessageQueue) -> None:
        letter = _letter("1", body=b"b")
        await dead.put(letter)
        assert await dead.redrive(letter.id) is True
        (sent,) = await _sent(queue)
        assert (sent.id, sent.generation, sent.body, sent.key) == ("1", 1, b"b", "k")
        assert sent.transport_id != letter.message.transport_id

    @rule("DEAD-05", "it is redriven to the group that failed alone; one that was never sent, to all")
    async def to_its_group(self, dead: DeadLetterQueue, queue: MessageQueue) -> None:
        for letter in (_letter("1"), _letter("2", origin=PUBLISH)):
            await dead.put(letter)
            await dead.redrive(letter.id)
        assert [one.to for one in await _sent(queue)] == ["mailer", None]

    @rule("DEAD-06", "a redriven letter is gone, and a second redrive sends nothing")
    async def redriven_once(self, dead: DeadLetterQueue, queue: MessageQueue) -> None:
        await dead.put(_letter("1"))
        await dead.redrive(_letter("1").id)
        assert await dead.letters() == []
        assert await dead.redrive(_letter("1").id) is False
        assert len(await _sent(queue)) == 1

    @rule("DEAD-07", "a discarded letter is gone, and its message is not sent")
    async def discarded(self, dead: DeadLetterQueue, queue: MessageQueue) -> None:
        await dead.put(_letter("1"))
        assert await dead.discard(_letter("1").id) is True
        assert await dead.discard(_letter("1").id) is False
        assert await dead.show(_letter("1").id) is None
        assert await _sent(queue) == []

    @rule(
        "DEAD-08",
        "a redrive that failed after sending can be repeated: the same message goes out, no new one",
    )
    async def safe_to_repeat(
        self, dead: DeadLetterQueue, queue: MessageQueue, fails_after_sending: Callable[[], Any]
    ) -> None:
        await dead.put(_letter("1"))
        fails_after_sending()
        try:
            await dead.redrive(_letter("1").id)
        except Exception:  # noqa: BLE001 - whatever the fault is
            assert await dead.show(_letter("1").id) is not None
        await dead.redrive(_letter("1").id)
        assert {one.transport_id for one in await _sent(queue)} == {"1.1"}

    @rule("DEAD-09", "what dies again after a redrive is a new letter", full=True)
    async def dies_again(self, dead: DeadLetterQueue) -> None:
        first = _letter("1")
        await dead.put(first)
        await dead.redrive(first.id)
        again = _letter("1", generation=1)
        await dead.put(again)
        assert await dead.letters() == [again]


def _letter(
    name: str,
    *,
    body: bytes = b"{}",
    reason: str = "Timeout: none",
    origin: str = "mailer",
    generation: int = 0,
) -> DeadLetter:
    return DeadLetter(
        message=Message(id=name, key="k", body=body, generation=generation),
        reason=reason,
        attempts=5,
        origin=origin,
        time=datetime(2026, 1, 1, 12, 30, 0, 250_000, tzinfo=UTC),
    )


async def _sent(queue: MessageQueue) -> list[Message]:
    consumer = await queue.join("look")
    got = await consumer.receive(wait=0.2)
    await consumer.close()
    return [one.message for one in got]
