"""`Resources`: opened one after another, closed in reverse, whatever goes wrong."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class Resources:
    """Like `contextlib.AsyncExitStack`, but every failure to close is reported, not the last alone.

        async with Resources() as resources:
            cache = await resources.open(make_cache(url, namespace="shop"))

    Raises an ExceptionGroup of all errors in closing; a cancellation stays one.
    """

    def __init__(self) -> None:
        self._opened: list[AbstractAsyncContextManager[object]] = []

    async def open(self, resource: AbstractAsyncContextManager[T]) -> T:
        """Open one more; it is closed before those that were opened earlier."""
        opened = await resource.__aenter__()
        self._opened.append(resource)
        return opened

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failed: list[BaseException] = []
        while self._opened:
            try:
                await self._opened.pop().__aexit__(kind, error, trace)
            except BaseException as failure:  # noqa: BLE001 - the others are closed first, then it is raised
                if failure is not error:
                    failed.append(failure)
        errors = [one for one in failed if isinstance(one, Exception)]
        group = ExceptionGroup("not everything could be closed", errors) if errors else None
        for one in failed:
            if not isinstance(one, Exception):
                raise one from group
        if group:
            raise group
