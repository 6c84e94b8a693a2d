"""Do it again, from the beginning, when somebody else was faster."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from infra_ref.clock import Clock, SystemClock
from infra_ref.repository.port import Refused, WriteRefusal
from infra_ref.result import Err, Ok, Result
from infra_ref.unit_of_work.port import UnitOfWork

T = TypeVar("T")
E = TypeVar("E")
U = TypeVar("U", bound=UnitOfWork)

FIRST_WAIT = 0.01
"""Seconds; the bound of the first wait. It doubles with each attempt."""

LONGEST_WAIT = 1.0


async def in_unit(
    make_unit: Callable[[], U],
    work: Callable[[U], Awaitable[Result[T, E]]],
    *,
    attempts: int = 5,
    clock: Clock | None = None,
    chance: Callable[[], float] = random.random,
) -> Result[T, E | WriteRefusal]:
    """Run `work` in a unit and commit it; return what it returned, or why it was refused.

    An `Err` of `work` rolls back, and so does a `Refused` that it raises, which
    comes back as an `Err`. An error whose `retryable` is true is met by
    another attempt, in a fresh unit, on fresh data, after a wait with full
    jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/);
    `work` may thus run several times, and should do nothing that a rollback
    does not undo. Raises ValueError for less than one attempt.
    """
    if attempts < 1:
        raise ValueError(f"attempts is 1 or more, not {attempts}")
    clock = clock or SystemClock()
    attempt = 0
    while True:
        result = await _once(make_unit(), work)
        attempt += 1
        if isinstance(result, Ok) or attempt == attempts or not _can_help(result.error):
            return result
        await clock.sleep(chance() * min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))


async def _once(unit: U, work: Callable[[U], Awaitable[Result[T, E]]]) -> Result[T, E | WriteRefusal]:
    try:
        async with unit:
            result = await work(unit)
            if isinstance(result, Err):
                return result
            committed = await unit.commit()
            return committed if isinstance(committed, Err) else result
    except Refused as refused:  # a savepoint, `exists` and `stream` have no Result to say it in
        return Err(cast(WriteRefusal, refused.refusal))


def _can_help(error: Any) -> bool:
    return bool(getattr(error, "retryable", False))
