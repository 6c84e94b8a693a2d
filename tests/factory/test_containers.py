"""Containers by their contract, and one that breaks each rule."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.factory import plain_container
from infra_ref.factory.contracts.container_contract import ContainerContract
from infra_ref.factory.errors import ContainerClosed, WiringError
from infra_ref.factory.plain_container import PlainContainer
from infra_ref.factory.port import Provider, Scope
from infra_ref.factory.testing.wired import Egg, Orders, Store, Users, app, note
from infra_ref.factory.wiring import check, needs
from tests.factory import test_plain_container_contract as ready

# For each rule one that breaks it


def forgives(part: str) -> Any:
    """Return a container that does not see the problems which have `part` in them."""

    class Forgives(PlainContainer):
        def __init__(self, providers: Sequence[Provider]) -> None:
            problems = [one for one in check(providers) if part not in one]
            if problems:
                raise WiringError(problems)
            last = {one.gives: one for one in providers}
            plain_container.PlainContainer.__init__(self, [])
            self._known = last
            self._layers[0][0].update(last)

    return Forgives


class CyclesOfClasses(forgives("Mail")):  # type: ignore[misc]
    """Sees no cycle that passes a port."""


class OneAtATime(PlainContainer):
    def __init__(self, providers: Sequence[Provider]) -> None:
        try:
            super().__init__(providers)
        except WiringError as error:
            raise WiringError(error.problems[-1:]) from None


class NoLock:
    async def __aenter__(self) -> None: ...
    async def __aexit__(self, *_: object) -> None: ...


class Racing(PlainContainer):
    def __init__(self, providers: Sequence[Provider]) -> None:
        super().__init__(providers)
        slow = any(getattr(one.make, "__name__", "") == "slow" for one in providers)
        if slow:
            self._layers[0][1]._making.default_factory = NoLock  # type: ignore[assignment]


class Eager(PlainContainer):
    async def __aenter__(self) -> Any:
        if len(self._known) == 2 and {Store, Users} == set(self._known) and _opens(self._known[Users]):
            note("open store") if next(iter(self._known)) is Store else None
        return self


def _opens(provider: Provider) -> bool:
    return getattr(provider.make, "__name__", "") == "opened_users"


class ClosesInOrder(PlainContainer):
    async def __aexit__(self, *error: object) -> None:
        if next(iter(self._known)) is Users:
            self._layers[0][1]._opened.reverse()
        await super().__aexit__(*error)


class LastFailureOnly(PlainContainer):
    async def __aexit__(self, *error: object) -> None:
        try:
            await super().__aexit__(*error)
        except ExceptionGroup as group:
            raise group.exceptions[-1] from None


class LeavesOpen(PlainContainer):
    async def __aexit__(self, *error: object) -> None:
        if isinstance(error[1], ConnectionError) and str(error[1]) == "no users":
            self._layers[0][1]._opened.clear()
        await super().__aexit__(*error)


class SharesRequests(PlainContainer):
    @asynccontextmanager
    async def request(self) -> Any:
        if not hasattr(self, "_shared"):
            self._shared: Any = plain_container._Kept()
        opens = any(getattr(one.make, "__name__", "") == "opened_session" for one in self._known.values())
        if opens:
            async with super().request() as request:
                yield request
        else:
            used = plain_container._Request(self, self._shared)
            yield used
            await asyncio.sleep(0.002)
            self._shared._closed = True


class LeaksRequests(PlainContainer):
    @asynccontextmanager
    async def request(self) -> Any:
        kept = plain_container._Kept()
        yield plain_container._Request(self, kept)
        await kept.__aexit__(None, None, None)


class NeverCloses(PlainContainer):
    async def get(self, kind: Any) -> Any:
        self._layers[0][1]._closed = False
        return await super().get(kind)


class Hides(PlainContainer):
    async def _resolve(self, kind: Any, request: Any) -> Any:
        try:
            return await super()._resolve(kind, request)
        except ConnectionError:
            if getattr(self._known[kind].make, "__name__", "") == "away":
                return Store()
            raise


class NeverRestores(PlainContainer):
    @asynccontextmanager
    async def override(self, provider: Provider) -> Any:
        if len(self._known) > 1 or provider.gives is Egg:
            async with super().override(provider):
                yield
        else:
            self._known = self._known | {provider.gives: provider}
            self._layers.append(({provider.gives}, plain_container._Kept()))
            yield


class Shallow(PlainContainer):
    @asynccontextmanager
    async def override(self, provider: Provider) -> Any:
        async with super().override(provider):
            if len(self._known) > 1:
                self._layers[-1][0].intersection_update({provider.gives})
            yield


class OverridesAnything(PlainContainer):
    @asynccontextmanager
    async def override(self, provider: Provider) -> Any:
        if provider.gives not in self._known:
            yield
        else:
            async with super().override(provider):
                yield


class SessionsForAll(PlainContainer):
    async def get(self, kind: Any) -> Any:
        known = self._known.get(kind)
        if known and known.scope is Scope.REQUEST:
            return await self._resolve(kind, plain_container._Kept())
        return await super().get(kind)


BROKEN: dict[str, Any] = {
    "DI-01": forgives("nothing gives"),
    "DI-02": forgives("Egg"),
    "DI-03": CyclesOfClasses,
    "DI-04": forgives("for ever"),
    "DI-05": OneAtATime,
    "DI-06": forgives("twice"),
    "DI-07": Racing,
    "DI-08": Eager,
    "DI-09": ClosesInOrder,
    "DI-10": LastFailureOnly,
    "DI-11": LeavesOpen,
    "DI-12": SharesRequests,
    "DI-13": LeaksRequests,
    "DI-14": NeverCloses,
    "DI-15": Hides,
    "DI-16": NeverRestores,
    "DI-17": Shallow,
    "DI-18": OverridesAnything,
    "DI-19": SessionsForAll,
}
AT_ONCE = {"DI-01", "DI-02", "DI-06"}
"""Who does not see one kind of problem does not see it among others either."""


def test_each_rule_has_a_container_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in ContainerContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_container_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (ready.TestPlainContainer,), {"kind": BROKEN[number]}).verify())
    along = {"DI-05"} if number in AT_ONCE else set()
    assert set(report.broken) - along == {number}, report


# What the contract does not say


def test_a_report_has_a_path_for_each_problem() -> None:
    assert check([app(Orders), app(Users)]) == ["Orders -> Users -> Store: nothing gives Store"]


def test_an_annotation_that_cannot_be_read_says_so() -> None:
    def make(nowhere: Nowhere) -> Store:  # type: ignore[name-defined]  # noqa: F821
        return Store()

    with pytest.raises(WiringError, match="make: name 'Nowhere' is not defined: import it"):
        check([app(Store, make)])


def test_an_optional_parameter_gets_what_is_given() -> None:
    def make(store: Store | None = None, name: str = "plain", *rest: int) -> Users:
        return Users(store or Store())

    assert list(needs(app(Users, make), {Store: 1})) == [("store", Store)]
    assert list(needs(app(Users, make), {})) == []


def test_whoever_makes_it_first_may_be_cancelled() -> None:
    async def slow() -> Store:
        await asyncio.sleep(0.01)
        return Store()

    async def story() -> None:
        async with PlainContainer([app(Store, slow)]) as container:
            first, second = (asyncio.create_task(container.get(Store)) for _ in range(2))
            await asyncio.sleep(0.001)
            first.cancel()
            assert (await second).name == "store"
            assert first.cancelled()

    run(story())


def test_what_failed_is_made_anew() -> None:
    tries: list[int] = []

    async def flaky() -> Store:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("not yet")
        return Store()

    async def story() -> None:
        async with PlainContainer([app(Store, flaky)]) as container:
            with pytest.raises(ConnectionError):
                await container.get(Store)
            await container.get(Store)
        with pytest.raises(ContainerClosed):
            await container.get(Store)

    run(story())
