"""The fake that works: an `EmailService` whose server is in memory, and shows what it received."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection

from infra_ref.notification.errors import Deferred, OutcomeUnknown, Rejected, Unavailable, Undelivered
from infra_ref.notification.messages.composing import compose
from infra_ref.notification.messages.scripted_mail_server import CONTENT, ReceivedMail, ScriptedMailServer
from infra_ref.notification.port import Accepted, Email, Receipts
from infra_ref.result import Err, Ok


class MemoryEmailService:
    """An `EmailService` that sends nothing. `server` has what was received, and is told what to answer.

    A server that hangs is waited for with `sleep`, for `timeout` seconds.
    """

    def __init__(
        self,
        server: ScriptedMailServer | None = None,
        *,
        timeout: float = 30.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.server = server or ScriptedMailServer()
        self._timeout, self._sleep = timeout, sleep

    async def send(self, email: Email, *, only: Collection[str] | None = None) -> Receipts:
        raw = compose(email)
        to = email.recipients_in(only)
        receipts: Receipts = {one: Err(Unavailable(recipient=one)) for one in to}
        await asyncio.sleep(0)
        if self.server.fault == "hangs":
            await self._sleep(self._timeout)
        if self.server.fault in {"gone", "hangs"} or not to:
            return receipts
        refused = {one: _refusal(one, self.server.next(one)) for one in to}
        if taken := tuple(one for one in to if refused[one] is None):
            content = self.server.next(CONTENT)
            refused |= {one: _refusal(one, content) for one in taken}
            if content < 400:
                self.server.received.append(ReceivedMail(email.sender.email, taken, raw))
            if self.server.fault == "lost":
                refused |= {one: OutcomeUnknown(recipient=one) for one in taken}
        return {one: Ok(Accepted()) if error is None else Err(error) for one, error in refused.items()}


def _refusal(recipient: str, code: int) -> Undelivered | None:
    if code < 400:
        return None
    return (Deferred if code < 500 else Rejected)(recipient=recipient, code=code)
