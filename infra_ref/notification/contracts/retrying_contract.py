"""What a retrying email service promises. The adapter is the constructor of one."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from typing import Any

from infra_ref.backoff import Backoff
from infra_ref.clock import FakeClock
from infra_ref.contract import Contract, rule
from infra_ref.notification.contracts.email_service_contract import ANN, BOB, CYD, mail
from infra_ref.notification.contracts.inner import Inner, accepted, deferred, rejected, unknown
from infra_ref.notification.port import Accepted, EmailService
from infra_ref.result import Err, Ok

STEADY = Backoff(base=15.0, jitter=0)
HOURS = 100_000.0


class RetryingEmailContract(Contract):
    """`wrap(inner, attempts=, backoff=, patience=, clock=)` makes one; time is a `FakeClock`."""

    port = EmailService

    @cached_property
    def clock(self) -> FakeClock:
        """The clock that the decorator is given."""
        return FakeClock()

    @rule("RESEND-01", "who was refused for now is sent to again, until accepted")
    async def again(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        inner.script(ANN, deferred, deferred, deferred, accepted)
        wrapped = wrap(inner, attempts=4, backoff=STEADY, clock=clock)
        assert await self._sent(wrapped, ANN) == {ANN: Ok(Accepted())}
        assert len(inner.calls) == 4

    @rule("RESEND-02", "who was accepted, or refused for good, gets nothing more")
    async def nobody_else(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        inner.script(ANN, deferred, accepted)
        inner.script(BOB, rejected)
        receipts = await self._sent(wrap(inner, backoff=STEADY, clock=clock), ANN, BOB, CYD)
        assert inner.calls == [(ANN, BOB, CYD), (ANN,)]
        assert [type(receipts[one]) for one in (ANN, BOB, CYD)] == [Ok, Err, Ok]

    @rule("RESEND-03", "a mail whose fate is not known is not sent again")
    async def not_when_unknown(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        inner.script(ANN, unknown)
        await self._sent(wrap(inner, backoff=STEADY, clock=clock), ANN)
        assert inner.calls == [(ANN,)]

    @rule("RESEND-04", "so often and no more, the first time included; then the last refusal is the result")
    async def bounded(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        inner.script(ANN, deferred)
        wrapped = wrap(inner, attempts=3, backoff=STEADY, patience=HOURS, clock=clock)
        assert await self._sent(wrapped, ANN) == {ANN: deferred(ANN)}
        assert len(inner.calls) == 3

    @rule("RESEND-05", "the waits grow, and are at least what the server asks for")
    async def waits(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        inner.script(ANN, deferred, partial(deferred, retry_after=200.0), accepted)
        sending = asyncio.create_task(wrap(inner, backoff=STEADY, clock=clock).send(mail(ANN)))
        seen = []
        for seconds in (29, 2, 198, 3):
            await clock.advance(seconds)
            seen.append(len(inner.calls))
        assert seen == [1, 2, 2, 3]
        await sending

    @rule("RESEND-06", "a wait that would go on past its patience is not begun")
    async def patience(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        inner.script(ANN, partial(deferred, retry_after=50.0))
        sending = asyncio.create_task(wrap(inner, backoff=STEADY, patience=40.0, clock=clock).send(mail(ANN)))
        await clock.advance(0)
        assert sending.done()
        assert (await sending, len(inner.calls)) == ({ANN: deferred(ANN)}, 1)

    @rule("RESEND-07", "a cancelled wait ends at once, and nothing is sent afterwards")
    async def cancelled(self, wrap: Any, clock: FakeClock) -> None:
        inner = Inner()
        inner.script(ANN, deferred)
        sending = asyncio.create_task(wrap(inner, backoff=STEADY, clock=clock).send(mail(ANN)))
        await clock.advance(1)
        sending.cancel()
        await asyncio.wait({sending})
        await clock.advance(HOURS)
        assert (sending.cancelled(), len(inner.calls)) == (True, 1)

    async def _sent(self, service: EmailService, *to: str) -> Any:
        sending = asyncio.create_task(service.send(mail(*to)))
        await self.clock.advance(HOURS)
        assert sending.done(), f"no result after {HOURS:,.0f} s of its clock: is another one waited for?"
        return await sending
