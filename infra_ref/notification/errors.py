"""Why something did not reach its recipient, each a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from infra_ref.failures import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered(Failure):
    """The base of them all. `recipient` is an address or a number, or the name of a channel."""

    recipient: str
    message: ClassVar[str] = "was not reached"

    def __str__(self) -> str:
        return f"{self.recipient} {self.message.format(self)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected(Undelivered):
    """Refused for good: SMTP's 5xx, or HTTP's 4xx. `reply` is what the server says, in one line."""

    code: int
    reply: str = ""
    message = "was rejected: {0.code} {0.reply}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred(Undelivered):
    """Refused for now: SMTP's 4xx, such as a mailbox that is full or greylisting; HTTP's 429 and 503."""

    code: int
    reply: str = ""
    retryable = True
    message = "was deferred: {0.code} {0.reply}"


class Unavailable(Undelivered):
    """Nothing was sent: no connection, or it broke or took too long before the server had it all."""

    __slots__ = ()
    retryable = True
    message = "was not reached: the service did not answer in time"


class OutcomeUnknown(Undelivered):
    """The service had it all and did not say what it did. Sent again, it might arrive twice."""

    __slots__ = ()
    message = "may have been reached: the service had it, and did not answer"


class Insecure(Undelivered):
    """Nothing was sent: the connection is not encrypted, or the server's certificate is not valid."""

    __slots__ = ()
    message = "was not reached: there is no encrypted connection to the service that can be trusted"
