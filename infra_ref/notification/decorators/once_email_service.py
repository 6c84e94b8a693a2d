"""A decorator that sends a mail with an idempotency key once to each recipient, across processes."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from infra_ref.caching.leasing_port import Lease, LeasingCache
from infra_ref.caching.port import CacheUnavailable
from infra_ref.notification.errors import OutcomeUnknown, Unavailable, Undelivered
from infra_ref.notification.port import Accepted, Email, EmailService, Receipts
from infra_ref.result import Err, Ok, Result

DAY = 86400.0
ACCEPTED, UNKNOWN = "accepted", "unknown"
"""What is kept of a recipient who is not to be sent to again."""


class OnceEmailService:
    """Keeps in `cache` who has got a mail, by its key and recipient; without a key it changes nothing.

    A key is kept for `keep` seconds; the cache must not evict. Whoever is being sent to now by
    another call is Unavailable, for at most `lease` seconds, which is longer than `inner` may
    take. Where the fate is unknown, it stays so and nothing is sent again. While the cache is
    down, nothing is sent.
    """

    def __init__(
        self, inner: EmailService, *, cache: LeasingCache[Any], keep: float = 7 * DAY, lease: float = 900.0
    ) -> None:
        self._inner, self._cache, self._keep, self._lease = inner, cache, keep, lease

    async def send(self, email: Email, *, only: Collection[str] | None = None) -> Receipts:
        if email.idempotency_key is None:
            return await self._inner.send(email, only=only)
        receipts: Receipts = {}
        leases: dict[str, Lease] = {}
        for one in email.recipients_in(only):
            claimed = await self._claim(f"{email.idempotency_key} {one}", one)
            if isinstance(claimed, Lease):
                leases[one] = claimed
            else:
                receipts[one] = claimed
        if leases:
            sent = await self._inner.send(email, only=leases)
            for one, receipt in sent.items():
                await self._settle(leases[one], receipt)
            receipts |= sent
        return receipts

    async def _claim(self, name: str, recipient: str) -> Lease | Result[Accepted, Undelivered]:
        try:
            if lease := await self._cache.lease(name, seconds=self._lease):
                return lease
            known = await self._cache.get(name)
        except CacheUnavailable as error:
            return Err(Unavailable(recipient=recipient, cause=error))
        if known == ACCEPTED:
            return Ok(Accepted())
        return Err((OutcomeUnknown if known == UNKNOWN else Unavailable)(recipient=recipient))

    async def _settle(self, lease: Lease, receipt: Result[Accepted, Undelivered]) -> None:
        with suppress(CacheUnavailable):  # it was sent all the same; the lease keeps others from it for now
            if isinstance(receipt, Ok):
                await self._cache.fill(lease, ACCEPTED, ttl=self._keep)
            elif isinstance(receipt.error, OutcomeUnknown):
                await self._cache.fill(lease, UNKNOWN, ttl=self._keep)
            else:
                await self._cache.release(lease)
