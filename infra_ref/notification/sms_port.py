"""The port of SMS."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

from infra_ref.notification.errors import Undelivered
from infra_ref.notification.port import Accepted
from infra_ref.result import Result


@dataclass(frozen=True, slots=True)
class Sms:
    """A text to a number in the form of E.164, `+4915112345678`. Raises ValueError for any other.

    With an `idempotency_key` a repeat does not arrive a second time.
    """

    to: str
    text: str = field(repr=False)
    idempotency_key: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", self.to):
            raise ValueError(f"write a number with its country, such as +4915112345678, not {self.to!r}")


class SmsService(Protocol):
    """Sends texts to telephones."""

    async def send_text(self, sms: Sms) -> Result[Accepted, Undelivered]:
        """Hand it to the provider; an `Err` says whether trying again can help, and is safe."""
        ...
