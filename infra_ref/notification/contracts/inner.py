"""The service inside a decorator: it answers as scripted and keeps what it was asked."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection

from infra_ref.notification.errors import Deferred, OutcomeUnknown, Rejected, Undelivered
from infra_ref.notification.port import Accepted, Email, Receipts
from infra_ref.result import Err, Ok, Result

Reply = Callable[[str], Result[Accepted, Undelivered]]


def accepted(_: str) -> Result[Accepted, Undelivered]:
    """Accept."""
    return Ok(Accepted())


def deferred(recipient: str, retry_after: float | None = None) -> Result[Accepted, Undelivered]:
    """Refuse for now."""
    return Err(Deferred(recipient=recipient, code=450, retry_after=retry_after))


def rejected(recipient: str) -> Result[Accepted, Undelivered]:
    """Refuse for good."""
    return Err(Rejected(recipient=recipient, code=550))


def unknown(recipient: str) -> Result[Accepted, Undelivered]:
    """Take it and not answer."""
    return Err(OutcomeUnknown(recipient=recipient))


class Inner:
    """An `EmailService`. `script` gives replies to one recipient, the last one stays; `calls` has to whom."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.emails: list[Email] = []
        self._replies: dict[str, deque[Reply]] = defaultdict(lambda: deque([accepted]))

    def script(self, recipient: str, *replies: Reply) -> None:
        """Give these to the next mails for that recipient."""
        self._replies[recipient] = deque(replies)

    async def send(self, email: Email, *, only: Collection[str] | None = None) -> Receipts:
        """Note it, and give the next replies."""
        to = email.recipients_in(only)
        self.calls.append(to)
        self.emails.append(email)
        await asyncio.sleep(0)
        return {one: self._next(one)(one) for one in to}

    def _next(self, recipient: str) -> Reply:
        replies = self._replies[recipient]
        return replies.popleft() if len(replies) > 1 else replies[0]
