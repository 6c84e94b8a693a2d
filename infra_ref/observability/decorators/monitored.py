"""`monitored`: any port, measured and logged at every call."""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from functools import partial, wraps
from typing import Any, TypeAlias, TypeVar, cast

from infra_ref.clock import Clock
from infra_ref.observability.decisions.call_outcome import Call, Watch
from infra_ref.observability.port import Logger, Metrics

T = TypeVar("T")

IsHit: TypeAlias = Callable[..., bool]


def _is_hit(value: Any, key: str, default: Any = None) -> bool:
    return value is not default


CACHE_READS: Mapping[str, IsHit] = {"get": _is_hit}
"""A cache's `get` is a hit unless it gives the default. A stored None needs a default of its own."""


def monitored(
    inner: T,
    metrics: Metrics,
    *,
    name: str,
    logger: Logger | None = None,
    hits: Mapping[str, IsHit] | None = None,
    clock: Clock | None = None,
) -> T:
    """Return `inner` with every call of a public method measured: its port, its answers.

        users = monitored(users, metrics, name="users", logger=logger)
        cache = monitored(cache, metrics, name="cache", hits=CACHE_READS)

    `call_duration`, in seconds, has the labels `port`, which is `name`, `method`, `outcome` and `error`.
    The outcome is `ok`; `failed` for an `Err` and for what is raised, with the type as `error`, in snake
    case; `cancelled`, which is no failure. A method in `hits` gives `hit` or `miss` instead of `ok`:
    its function takes the answer and the arguments.

    Each call is logged at debug, a failed one at warning. No argument and no answer is shown, as
    either may be a secret; only the text of an error. Put it outside the retries to measure calls,
    inside to measure attempts.
    """
    watch = Watch(name, metrics, logger, clock.monotonic if clock else time.monotonic, hits or {})
    kind = _MonitoredBlock if hasattr(inner, "__aenter__") else _Monitored
    return cast("T", kind(inner, watch))


class _Monitored:
    """Has all of `inner`; a method is measured from when it is first asked for."""

    def __init__(self, inner: Any, watch: Watch) -> None:
        self._inner, self._watch = inner, watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name.startswith("_") or not inspect.isroutine(found):
            return found
        measured = self.__dict__[name] = _measured(found, partial(Call, self._watch, name))
        return measured


class _MonitoredBlock(_Monitored):
    """Of what is used in `async with`."""

    async def __aenter__(self) -> Any:
        entered = await self._inner.__aenter__()
        return self if entered is self._inner else entered

    async def __aexit__(self, *error: object) -> Any:
        return await self._inner.__aexit__(*error)


def _measured(method: Any, call: Callable[[], Call]) -> Any:
    @wraps(method)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        with call() as one:
            return one.answered(await method(*args, **kwargs), args, kwargs)

    @wraps(method)
    async def iterated(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        with call() as one:
            async with aclosing(method(*args, **kwargs)) as items:
                async for item in items:
                    yield item
            one.answered(None, args, kwargs)

    @wraps(method)
    def called(*args: Any, **kwargs: Any) -> Any:
        with call() as one:
            return one.answered(method(*args, **kwargs), args, kwargs)

    if inspect.isasyncgenfunction(method):
        return iterated
    return awaited if inspect.iscoroutinefunction(method) else called
