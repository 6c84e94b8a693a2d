"""The relay: sends what is in an outbox to a queue."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from infra_ref.backoff import Backoff
from infra_ref.event_bus.dead_letter_port import PUBLISH, DeadLetter, DeadLetterQueue
from infra_ref.event_bus.outbox_port import Outbox, Unsent
from infra_ref.event_bus.queue_port import MessageQueue
from infra_ref.failures import Refused


class Relay:
    """Claims subjects, sends their messages in order, and removes what was sent.

    Any number may run. One that dies after sending leaves at most `batch`
    messages that are sent again, once its claim of `lease` seconds has lapsed. A
    subject whose message is not taken is put off with `backoff`, and the others
    go on; a message that never will be taken goes to `dead_letters`.
    """

    def __init__(
        self,
        outbox: Outbox[object],
        queue: MessageQueue,
        dead_letters: DeadLetterQueue,
        *,
        batch: int = 100,
        lease: float = 30.0,
        poll: float = 0.5,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outbox, self._queue, self._dead_letters = outbox, queue, dead_letters
        self._batch, self._lease, self._poll, self._backoff = batch, lease, poll, backoff
        self._sleep = sleep
        self._owner = secrets.token_hex(8)
        self._failures: dict[str, int] = {}

    async def run(self) -> None:
        """Send until cancelled; an outage of the outbox or the queue is waited out."""
        outages = 0
        while True:
            try:
                sent, outages = await self.run_once(), 0
            except Refused:
                sent, outages = 0, outages + 1
            if not sent:
                await self._sleep(max(self._poll, self._backoff.wait(outages) if outages else 0))

    async def run_once(self) -> int:
        """Send one batch; return how many messages left the outbox."""
        claimed = await self._outbox.claim(self._owner, seconds=self._lease, limit=self._batch)
        if not claimed:
            return 0
        try:
            await self._queue.send([one.message for one in claimed])
            done: Sequence[Unsent] = claimed
        except Refused:
            done = await self._one_by_one(claimed)
        await self._outbox.sent(self._owner, done)
        for one in done:
            self._failures.pop(one.message.key, None)
        return len(done)

    async def _one_by_one(self, claimed: Sequence[Unsent]) -> list[Unsent]:
        """Send what can be sent; behind a message that was not taken, its subject waits."""
        done: list[Unsent] = []
        stuck: set[str] = set()
        for one in claimed:
            if one.message.key in stuck:
                continue
            try:
                await self._queue.send([one.message])
            except Refused as refused:
                if refused.failure.retryable:
                    stuck.add(one.message.key)
                    continue
                await self._give_up(one, refused)
            done.append(one)
        for subject in stuck:
            failures = self._failures[subject] = self._failures.get(subject, 0) + 1
            await self._outbox.put_off(self._owner, subject, seconds=self._backoff.wait(failures))
        return done

    async def _give_up(self, one: Unsent, refused: Refused) -> None:
        letter = DeadLetter(
            message=one.message, reason=str(refused), attempts=1, origin=PUBLISH, time=datetime.now(UTC)
        )
        await self._dead_letters.put(letter)
