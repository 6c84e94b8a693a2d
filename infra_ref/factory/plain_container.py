"""`PlainContainer`: how a dependency injection container works, in a page of standard library."""

from __future__ import annotations

import asyncio
import inspect
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

from infra_ref.factory.errors import ContainerClosed, WiringError
from infra_ref.factory.port import Objects, Provider, Scope
from infra_ref.factory.resources import Resources
from infra_ref.factory.wiring import check, needs

T = TypeVar("T")
Resolve = Callable[[type[Any]], Awaitable[Any]]


class _Kept(Resources):
    """The objects of one scope, each made once."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[type[Any], Any] = {}
        self._making: defaultdict[type[Any], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._closed = False

    async def get(self, provider: Provider, known: dict[type[Any], Provider], resolve: Resolve) -> Any:
        async with self._making[provider.gives]:
            if self._closed:
                raise ContainerClosed(f"{provider.gives.__name__} was asked for after its scope had ended")
            if provider.gives not in self._made:
                arguments = {name: await resolve(kind) for name, kind in needs(provider, known)}
                self._made[provider.gives] = await self._make(provider.make, arguments)
            return self._made[provider.gives]

    async def _make(self, make: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        if inspect.isasyncgenfunction(make):
            return await self.open(asynccontextmanager(make)(**arguments))
        made = make(**arguments)
        return await made if inspect.isawaitable(made) else made

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        await super().__aexit__(kind, error, trace)


class PlainContainer:
    """A `Container`. Raises WiringError, with all problems, for providers that do not fit."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        if problems := check(providers):
            raise WiringError(problems)
        self._known = {one.gives: one for one in providers}
        self._layers: list[tuple[set[type[Any]], _Kept]] = [(set(self._known), _Kept())]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._layers[0][1].__aexit__(kind, error, trace)

    async def get(self, kind: type[T]) -> T:
        made: T = await self._resolve(kind, None)
        return made

    @asynccontextmanager
    async def request(self) -> AsyncGenerator[Objects]:
        async with _Kept() as kept:
            yield _Request(self, kept)

    @asynccontextmanager
    async def override(self, provider: Provider) -> AsyncGenerator[None]:
        if provider.gives not in self._known:
            raise WiringError([f"{provider.gives.__name__} is overridden, and nothing gives it"])
        before = self._known
        known = before | {provider.gives: provider}
        if problems := check(list(known.values())):
            raise WiringError(problems)
        async with _Kept() as kept:
            layer = (_affected(provider.gives, known), kept)
            self._known = known
            self._layers.append(layer)
            try:
                yield
            finally:
                self._known = before
                self._layers.remove(layer)

    async def _resolve(self, kind: type[Any], request: _Kept | None) -> Any:
        provider = self._known.get(kind)
        if provider is None:
            raise WiringError([f"{kind.__name__}: nothing gives it"])
        if provider.scope is Scope.APP:
            kept = next(kept for affected, kept in reversed(self._layers) if kind in affected)
        elif request is None:
            raise WiringError([f"{kind.__name__} lives for one request: ask within `container.request()`"])
        else:
            kept = request
        return await kept.get(provider, self._known, lambda one: self._resolve(one, request))


class _Request:
    def __init__(self, container: PlainContainer, kept: _Kept) -> None:
        self._container, self._kept = container, kept

    async def get(self, kind: type[T]) -> T:
        made: T = await self._container._resolve(kind, self._kept)
        return made


def _affected(changed: type[Any], known: dict[type[Any], Provider]) -> set[type[Any]]:
    """Return the type and all that need it, directly or not."""
    affected = {changed}
    while (
        more := {kind for kind, one in known.items() if affected & {need for _, need in needs(one, known)}}
        - affected
    ):
        affected |= more
    return affected
