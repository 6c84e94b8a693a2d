"""What became of the messages that were given out, and how a queue is made to know it."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra_ref.clock import Clock
from infra_ref.event_bus.dead_letter_port import DeadLetter, DeadLetterQueue
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.queue_port import Consumer, Delivery
from infra_ref.failures import Refused


@dataclass(slots=True)
class Settlement:
    """The messages that are `done`, those that `failed` and with what, and those to give `back`."""

    group: str
    consumer: Consumer
    dead_letters: DeadLetterQueue
    retrying: Retrying
    clock: Clock
    done: list[Delivery] = field(default_factory=list[Delivery])
    failed: list[tuple[Delivery, Exception]] = field(default_factory=list[tuple[Delivery, Exception]])
    back: list[Delivery] = field(default_factory=list[Delivery])

    async def settle(self) -> None:
        """Settle what is not settled yet; raises Refused half way, and can be called again."""
        if self.done:
            await self.consumer.ack(self.done)
            self.done = []
        while self.failed:
            delivery, error = self.failed[0]
            if delivery.attempt >= self.retrying.attempts or _is_hopeless(error):
                # In this order: a death in between leaves it in both places, and never in none.
                await self.dead_letters.put(self._letter(delivery, error))
                await self.consumer.ack([delivery])
            else:
                await self.consumer.retry(delivery, after=self.retrying.backoff.wait(delivery.attempt))
            del self.failed[0]
        if self.back:
            await self.consumer.give_back(self.back)
            self.back = []

    def _letter(self, delivery: Delivery, error: Exception) -> DeadLetter:
        return DeadLetter(
            message=delivery.message,
            reason=f"{type(error).__name__}: {error}",
            attempts=delivery.attempt,
            origin=self.group,
            time=self.clock.now(),
        )


def _is_hopeless(error: Exception) -> bool:
    return isinstance(error, Refused) and not error.failure.retryable
