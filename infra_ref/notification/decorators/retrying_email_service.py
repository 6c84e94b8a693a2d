"""A decorator that sends again to those for whom it may help, and to nobody else."""

from __future__ import annotations

import random
from collections.abc import Collection

from infra_ref.backoff import Backoff, Random
from infra_ref.clock import Clock, SystemClock
from infra_ref.notification.port import Email, EmailService, Receipts
from infra_ref.result import Err

BACKOFF = Backoff(base=15.0, longest=300.0)
"""A server that defers strangers (greylisting, RFC 6647) takes them after minutes."""


class RetryingEmailService:
    """Makes up to `attempts` in all, for those recipients whose error is `retryable`.

    `patience` is in seconds: a wait that would end later is not begun. All that is in memory: what
    must survive this process goes through an outbox first.
    """

    def __init__(
        self,
        inner: EmailService,
        *,
        attempts: int = 4,
        backoff: Backoff = BACKOFF,
        patience: float = 600.0,
        clock: Clock | None = None,
        random: Random = random.random,
    ) -> None:
        if attempts < 1:
            raise ValueError(f"attempts is 1 or more, the first included, not {attempts}")
        self._inner, self._attempts, self._backoff, self._patience = inner, attempts, backoff, patience
        self._clock, self._random = clock or SystemClock(), random

    async def send(self, email: Email, *, only: Collection[str] | None = None) -> Receipts:
        end = self._clock.monotonic() + self._patience
        receipts = await self._inner.send(email, only=only)
        for attempt in range(1, self._attempts):
            again = {one: receipt.error for one, receipt in receipts.items() if isinstance(receipt, Err)}
            again = {one: error for one, error in again.items() if error.retryable}
            asked = max((error.retry_after or 0.0 for error in again.values()), default=0.0)
            wait = max(asked, self._backoff.wait(attempt, self._random))
            if not again or self._clock.monotonic() + wait > end:
                break
            await self._clock.sleep(wait)
            receipts |= await self._inner.send(email, only=again)
        return receipts
