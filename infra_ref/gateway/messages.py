"""What goes out and what comes back: a request with its options, and a response."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from infra_ref.gateway.authentication import Authentication

Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

SAFE: frozenset[Method] = frozenset({"GET", "HEAD"})
"""Methods that change nothing at the peer (RFC 9110, section 9.2.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """How to make one call. Raises ValueError for what cannot be.

    `timeout` bounds one attempt, from connecting to the last byte, in seconds;
    `deadline` the whole call with all attempts and waits, None for no such limit.
    `attempts` is the text's `retries`, which counts the first one too; None
    leaves it to the client. `idempotency_key` makes a repeat safe at peers that
    know it, and so allows one. `accept` is the media type that the answer must
    have; `max_body` the bytes that it may have once decompressed.
    """

    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    timeout: float = 30.0
    deadline: float | None = None
    attempts: int | None = None
    authentication: Authentication | None = None
    idempotency_key: str | None = None
    accept: str = "application/json"
    max_body: int = 10 * 1024 * 1024

    def __post_init__(self) -> None:
        for name, seconds in (("timeout", self.timeout), ("deadline", self.deadline)):
            if seconds is not None and not (seconds > 0 and math.isfinite(seconds)):
                raise ValueError(
                    f"{name} is in seconds and above 0, not {seconds!r}; leave it out for the default"
                )
        if self.attempts is not None and self.attempts < 1:
            raise ValueError(f"attempts counts the first one too, so it is 1 or more, not {self.attempts!r}")
        for name, value in (*self.headers.items(), ("idempotency-key", self.idempotency_key or "")):
            if any(sign in f"{name}{value}" for sign in "\r\n\0"):
                raise ValueError(
                    f"the header {name!r} has a line break in it, which would forge another header"
                )


DEFAULTS = HttpOptions()


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `data` goes out as JSON, bytes as they are, and None means no body."""

    method: Method
    url: str
    data: Any = field(default=None, repr=False)
    options: HttpOptions = field(default=DEFAULTS, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of the 2xx kind.

    Names in `headers` are in lower case. `data` is the decoded JSON; it is None
    where there is no body, or where `accept` asked for something else: see `body`.
    `redirected` says that it is the answer of another URL than was asked.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    data: Any = field(repr=False)
    redirected: bool = False
