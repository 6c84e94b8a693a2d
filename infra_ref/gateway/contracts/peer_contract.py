"""What the contracts share that need a peer to call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from infra_ref.contract import Contract, Rule, Verdict, tool
from infra_ref.contract.rule import Tool
from infra_ref.gateway.port import HttpError, Response
from infra_ref.result import Err, Ok, Result

E = TypeVar("E", bound=HttpError)

ONCE: dict[str, Any] = {"attempts": 1}
QUICK, LONGER = 0.2, 0.4
"""Seconds: a timeout, and a time in which it has passed and the call has come back."""


class PeerContract(Contract):
    """The base of contracts that need a `peer`: a `LoopbackServer` on sockets, a `MemoryServer` in memory."""

    peer: Any = tool("a server that answers as scripted: LoopbackServer or MemoryServer")

    async def hold(self, one: Rule) -> Verdict:
        """Find out whether `one` holds, with the peer up."""
        if isinstance(self.peer, Tool):
            return await super().hold(one)
        async with self.peer:
            return await super().hold(one)


def value(result: Result[Response, HttpError]) -> Response:
    """Return the answer of an `Ok`; an `Err` breaks the rule."""
    assert isinstance(result, Ok), f"an answer was expected, and it {result.error}"
    return result.value


def failure(result: Result[object, HttpError], kind: type[E]) -> E:
    """Return the error of an `Err` of that kind; anything else breaks the rule."""
    assert isinstance(result, Err), f"{kind.__name__} was expected, and there was an answer"
    assert isinstance(result.error, kind), f"{kind.__name__} was expected, not {result.error!r}"
    return result.error


async def until(holds: Callable[[], bool], seconds: float = 2.0) -> None:
    """Return once it holds, or after that long."""
    for _ in range(round(seconds / 0.002)):
        if holds():
            return
        await asyncio.sleep(0.002)
