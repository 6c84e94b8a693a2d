"""What an email service promises that sends once for a key. The adapter is the constructor of one."""

from __future__ import annotations

import asyncio
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.notification.contracts.email_service_contract import ANN, BOB, error, mail
from infra_ref.notification.contracts.inner import Inner, accepted, deferred, rejected, unknown
from infra_ref.notification.errors import OutcomeUnknown, Unavailable
from infra_ref.notification.port import Accepted, EmailService
from infra_ref.result import Ok

KEY: dict[str, Any] = {"idempotency_key": "order 7"}


class OnceEmailContract(Contract):
    """`wrap(inner)` makes one on the store of this bench, each time the same: they are like processes."""

    port = EmailService

    outage: Any = tool("cut() takes the store away")

    @rule("ONCE-01", "with the same key a mail is sent once, by whichever process, and is then accepted")
    async def once(self, wrap: Any) -> None:
        inner = Inner()
        for _ in range(3):
            assert await wrap(inner).send(mail(ANN, **KEY)) == {ANN: Ok(Accepted())}
        assert inner.calls == [(ANN,)]

    @rule("ONCE-02", "mails with other keys, and without one, are all sent")
    async def others(self, wrap: Any) -> None:
        inner = Inner()
        for key in ("order 7", "order 8", None, None):
            assert await wrap(inner).send(mail(ANN, idempotency_key=key)) == {ANN: Ok(Accepted())}
        assert len(inner.calls) == 4

    @rule("ONCE-03", "who was refused may be sent to again with the same key, and nobody else")
    async def refused(self, wrap: Any) -> None:
        inner = Inner()
        inner.script(BOB, deferred, rejected, accepted)
        for _ in range(3):
            await wrap(inner).send(mail(ANN, BOB, **KEY))
        receipts = await wrap(inner).send(mail(ANN, BOB, **KEY))
        assert receipts == {ANN: Ok(Accepted()), BOB: Ok(Accepted())}
        assert inner.calls == [(ANN, BOB), (BOB,), (BOB,)]

    @rule("ONCE-04", "of many at once one sends, and the others may try again")
    async def at_once(self, wrap: Any) -> None:
        inner = Inner()
        many = await asyncio.gather(*(wrap(inner).send(mail(ANN, **KEY)) for _ in range(10)))
        assert inner.calls == [(ANN,)]
        assert all(one[ANN] == Ok(Accepted()) or error(one, ANN, Unavailable).retryable for one in many)

    @rule("ONCE-05", "a fate that is not known stays so, and nothing is sent again")
    async def fate_unknown(self, wrap: Any) -> None:
        inner = Inner()
        inner.script(ANN, unknown, accepted)
        for _ in range(2):
            assert not error(await wrap(inner).send(mail(ANN, **KEY)), ANN, OutcomeUnknown).retryable
        assert inner.calls == [(ANN,)]

    @rule("ONCE-06", "while its store is down nothing with a key is sent, and may be later")
    async def store_down(self, wrap: Any, outage: Any) -> None:
        inner = Inner()
        await outage.cut()
        assert error(await wrap(inner).send(mail(ANN, **KEY)), ANN, Unavailable).retryable
        assert inner.calls == []

    @rule("ONCE-07", "with `only`, the others are not taken for sent to")
    async def some_of_them(self, wrap: Any) -> None:
        inner = Inner()
        await wrap(inner).send(mail(ANN, BOB, **KEY), only=[ANN])
        await wrap(inner).send(mail(ANN, BOB, **KEY))
        assert inner.calls == [(ANN,), (BOB,)]
