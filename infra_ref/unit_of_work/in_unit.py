"""Run work in a unit, and run it again on fresh data when another unit was faster."""

from __future__ import annotations

import random as _random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from infra_ref.backoff import Backoff, Random
from infra_ref.clock import Clock, SystemClock
from infra_ref.failures import Refused
from infra_ref.repository.errors import WriteFailure
from infra_ref.result import Err, Ok, Result
from infra_ref.unit_of_work.port import UnitOfWork

T = TypeVar("T")
E = TypeVar("E")
U = TypeVar("U", bound=UnitOfWork)

BACKOFF = Backoff(base=0.01, longest=1.0)


async def in_unit(
    make_unit: Callable[[], U],
    work: Callable[[U], Awaitable[Result[T, E]]],
    *,
    attempts: int = 5,
    backoff: Backoff = BACKOFF,
    clock: Clock | None = None,
    random: Random = _random.random,
) -> Result[T, E | WriteFailure]:
    """Run `work` in a unit and commit it; return what it returned, or the failure.

    An `Err` from `work` rolls back, and so does a `Refused` that it raises, which
    comes back as an `Err`. After an error whose `retryable` is true, `work` runs
    again in a fresh unit, up to `attempts` times in total; so it should do nothing
    that a rollback does not undo. Raises ValueError for less than one attempt.
    """
    if attempts < 1:
        raise ValueError(f"attempts is 1 or more, not {attempts}")
    clock = clock or SystemClock()
    attempt = 0
    while True:
        result = await _once(make_unit(), work)
        attempt += 1
        if isinstance(result, Ok) or attempt == attempts or not _retryable(result.error):
            return result
        await clock.sleep(backoff.wait(attempt, random))


async def _once(unit: U, work: Callable[[U], Awaitable[Result[T, E]]]) -> Result[T, E | WriteFailure]:
    try:
        async with unit:
            result = await work(unit)
            if isinstance(result, Err):
                return result
            committed = await unit.commit()
            return committed if isinstance(committed, Err) else result
    except Refused as refused:  # from a savepoint, `exists` or `stream`, which return no Result
        return Err(cast(WriteFailure, refused.failure))


def _retryable(error: Any) -> bool:
    return bool(getattr(error, "retryable", False))
