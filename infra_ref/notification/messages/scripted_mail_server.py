"""What a mail server received, and what it answers: for the fake, and for the real server of the tests."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Literal, TypeAlias

from infra_ref.notification.messages.received_mail import ReceivedMail

Fault: TypeAlias = Literal["gone", "hangs", "lost"]
"""No connection; no answer to a recipient; the mail is taken, and the answer does not come."""

CONTENT = "DATA"
"""Stands for a recipient where the answer to the mail itself is scripted."""


class ScriptedMailServer:
    """Takes every mail unless scripted; `received` holds them. `fault` is what is wrong with it now."""

    def __init__(self) -> None:
        self.received: list[ReceivedMail] = []
        self.fault: Fault | None = None
        self._codes: dict[str, deque[int]] = defaultdict(lambda: deque([250]))

    def answer(self, recipient: str, *codes: int) -> None:
        """Give these to the next mails for that recipient, one each, or to `CONTENT`; the last one stays."""
        self._codes[recipient] = deque(codes)

    def next(self, recipient: str) -> int:
        """Return what to answer now."""
        codes = self._codes[recipient]
        return codes.popleft() if len(codes) > 1 else codes[0]

    async def cut(self) -> None:
        """Be gone."""
        self.fault = "gone"

    async def restore(self) -> None:
        """Be back."""
        self.fault = None
