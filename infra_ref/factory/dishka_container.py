"""`DishkaContainer`: the same on dishka, a library that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import ClassVar, Self, TypeVar

import dishka
from dishka.exception_base import DishkaError
from dishka.exceptions import NoFactoryError

from infra_ref.factory.errors import ContainerClosed, WiringError
from infra_ref.factory.port import Objects, Provider, Scope

T = TypeVar("T")

_SCOPES = {Scope.APP: dishka.Scope.APP, Scope.REQUEST: dishka.Scope.REQUEST}


class DishkaContainer:
    """A `Container` without overrides. Raises WiringError for providers that do not fit.

    Unlike `PlainContainer`, it uses no default of a parameter: give a provider for each.
    """

    lacks: ClassVar[Mapping[str, str]] = {
        "all_at_once": "dishka stops at the first problem",
        "override": "dishka overrides when a container is made: make another, with other providers",
    }

    def __init__(self, providers: Sequence[Provider]) -> None:
        given = dishka.Provider()
        for one in providers:
            given.provide(one.make, provides=one.gives, scope=_SCOPES[one.scope])
        try:
            # The default settings let a second provider of a type replace the first unasked.
            container = dishka.make_async_container(given, validation_settings=dishka.STRICT_VALIDATION)
        except DishkaError as error:
            raise WiringError([str(error)]) from error
        self._container = container
        self._objects = _Objects(container)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._objects.closed = True
        await self._container.close(error)

    async def get(self, kind: type[T]) -> T:
        return await self._objects.get(kind)

    @asynccontextmanager
    async def request(self) -> AsyncGenerator[Objects]:
        async with self._container(lock_factory=asyncio.Lock) as scope:
            objects = _Objects(scope)
            try:
                yield objects
            finally:
                objects.closed = True

    def override(self, provider: Provider) -> AbstractAsyncContextManager[None]:
        raise NotImplementedError(self.lacks["override"])


class _Objects:
    def __init__(self, scope: dishka.AsyncContainer) -> None:
        self._scope = scope
        self.closed = False

    async def get(self, kind: type[T]) -> T:
        if self.closed:  # dishka would make it anew
            raise ContainerClosed(f"{kind.__name__} was asked for after its scope had ended")
        try:
            return await self._scope.get(kind)
        except NoFactoryError as error:
            raise WiringError([str(error)]) from error
