"""A contract: all rules of one port, and how an adapter is checked against them."""

from __future__ import annotations

import asyncio
import inspect
import math
import time
import unittest
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeGuard

from infra_ref.clock import FakeClock
from infra_ref.contract.blocking import not_blocked_for
from infra_ref.contract.event_loop import run
from infra_ref.contract.progress import Progress
from infra_ref.contract.report import Report, Verdict
from infra_ref.contract.rule import Rule, Tool, unknown_numbers
from infra_ref.contract.trial import Trial


class Passing(Protocol):
    """Time that a rule can let pass: a `FakeClock`, or `RealTime`."""

    async def advance(self, seconds: float) -> None:
        """Return once that much time has passed for the adapter."""
        ...


class RealTime:
    """Passes time by waiting, for an adapter whose clock is not ours, such as a server's."""

    async def advance(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(seconds)


class Contract:
    """The rules of one port. A subclass defines how to make one adapter.

        class TestMemoryCache(CacheContract):
            def make(self, clock: FakeClock) -> MemoryCache[Any]:
                return MemoryCache(clock=clock)

    pytest collects it for its name, a test for each rule, with no plug-in; each
    rule has an event loop, a contract and an adapter of its own. Anywhere else:

        await CacheContract.verify(MemoryCache)

    Tools that rules ask for by name are attributes of the contract. `clock` is
    always there; a port declares others with `tool`, and the subclass defines
    those that it can provide.
    """

    port: ClassVar[type]
    """The Protocol whose promise this is."""

    lacks: ClassVar[Mapping[str, str]] = {}
    """What is exempt here, each with the reason: tools, capabilities, or single rules by number.

    An adapter may declare `lacks` itself. A rule declined by number is tried all the
    same: if it holds, that is reported as broken, so that no exemption outlives its reason.
    """

    seconds_per_rule: ClassVar[float] = 10.0
    """A rule that has not held by then is broken."""

    seconds_blocked: ClassVar[float] = 5.0
    """Seconds for which an adapter may block the event loop before `verify` interrupts it."""

    make: Callable[..., Any]
    """Make a fresh adapter: plain, awaitable, or an async context manager that closes it and
    removes its traces. It may take `clock`, a `FakeClock` that the rules will advance."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        for base in cls.__mro__:
            for name, one in vars(base).items():
                if isinstance(one, Rule) and getattr(getattr(cls, name), "number", None) != one.number:
                    raise TypeError(
                        f"{cls.__name__}.{name} hides {one.number}, a rule of {base.__name__}: a promise is "
                        "not taken back. Take another name, or declare what an adapter `lacks`"
                    )
        seen: dict[str, str] = {}
        for name, one in cls._named_rules():
            if seen.setdefault(one.number, name) != name:
                raise TypeError(
                    f"{cls.__name__}: {one.number} is the number of both {seen[one.number]} and {name}"
                )
            setattr(cls, f"test_{one.number.replace('-', '_')}_{name}", _as_test(one))
        if seen and (unknown := unknown_numbers(cls.lacks, seen)):
            raise TypeError(f"{cls.__name__}: `lacks` names {', '.join(unknown)}, which is no rule of it")

    @classmethod
    def rules(cls) -> Iterator[Rule]:
        """Give all rules in the order they are written, those of a base contract first."""
        for _, one in cls._named_rules():
            yield one

    @classmethod
    def _named_rules(cls) -> Iterator[tuple[str, Rule]]:
        names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
        for name in names:
            if isinstance(one := getattr(cls, name), Rule):
                yield name, one

    @classmethod
    def wants(cls) -> str:
        """Return as a sentence what a subclass must define before a rule can be tried, empty if nothing."""
        names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
        tools = {name: one for name in names if isinstance(one := getattr(cls, name), Tool) and one.required}
        wanted = " and ".join(f"`{name}` ({one.says})" for name, one in tools.items())
        return f"{cls._contract_name()} wants {wanted}: define them in a subclass of it" if wanted else ""

    @classmethod
    async def verify(
        cls,
        make: Callable[..., Any] | None = None,
        *,
        only: str | tuple[str, ...] = (),
        core: bool = False,
        limit: float | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """Check what `make` makes against every rule, or `only` those numbers, or the `core` ones.

        Once a rule hangs or blocks the event loop, or `limit` seconds have passed in all,
        the other rules are not tried. Without `make`, the class must define it. Raises
        nothing that an adapter raises, except KeyboardInterrupt. Raises TypeError when there is
        nothing to make or a required tool is missing, ValueError when a number of `only` is not
        a rule of this contract.
        """
        held = cls
        if make is not None:
            held = type(cls.__name__, (cls,), {"make": staticmethod(make), "__module__": cls.__module__})
        if not hasattr(held, "make"):
            raise TypeError(
                f"{held.__name__}.verify() needs to know what to make: {held.__name__}.verify(MyAdapter)"
            )
        if wants := held.wants():
            raise TypeError(wants)
        verdicts = await _all_verdicts(held, held._chosen(only, core), limit, progress or Progress())
        name = _name(make) if make is not None else held.__name__.removeprefix("Test")
        return Report(held._contract_name(), name, tuple(verdicts))

    @classmethod
    def _chosen(cls, only: str | tuple[str, ...], core: bool) -> list[Rule]:
        only = (only,) if isinstance(only, str) else only
        rules = {one.number: one for one in cls.rules()}
        if unknown := [number for number in only if number not in rules]:
            raise ValueError(f"{cls.__name__} has no rule {', '.join(unknown)}; it has {', '.join(rules)}")
        return [rules[number] for number in (only or rules) if rules[number].core or not core]

    @classmethod
    def _contract_name(cls) -> str:
        """Return the name of the nearest class that defines its port or has rules of its own."""
        for base in cls.__mro__:
            if "port" in vars(base) or any(isinstance(one, Rule) for one in vars(base).values()):
                return base.__name__
        return cls.__name__

    @cached_property
    def clock(self) -> Any:
        """A `FakeClock` where `make` takes one, `RealTime` where it does not."""
        return FakeClock() if _takes_clock(self.make) else RealTime()

    async def hold(self, one: Rule) -> Verdict:
        """Find out whether `one` holds. Raises only when cancelled itself, and KeyboardInterrupt."""
        return await Trial(self, one).verdict()

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[Any]:
        made = self.make(clock=self.clock) if _takes_clock(self.make) else self.make()
        if inspect.isasyncgen(made) or inspect.isgenerator(made):
            raise TypeError("make yields: put @contextlib.asynccontextmanager above it, and make it async")
        if inspect.isawaitable(made):
            made = await made
        if isinstance(made, AbstractAsyncContextManager):
            async with made as adapter:
                yield adapter
        else:
            yield made


async def _all_verdicts(
    held: type[Contract], rules: list[Rule], limit: float | None, progress: Progress
) -> list[Verdict]:
    ends = math.inf if limit is None else time.monotonic() + limit
    verdicts: list[Verdict] = []
    why_not = ""
    async with not_blocked_for(min(held.seconds_blocked, limit or math.inf)):
        for one in rules:
            bench = held()
            bench.seconds_per_rule = min(held.seconds_per_rule, ends - time.monotonic())  # type: ignore[misc]
            if bench.seconds_per_rule <= 0:
                why_not = why_not or f"the limit of {limit:g} s had passed"
            if why_not:
                verdicts.append(Verdict(one, "not tried", why_not))
                continue
            progress.starts(one)
            try:
                verdict = await bench.hold(one)
            finally:
                progress.ends(one)
            verdicts.append(verdict)
            if verdict.hung:
                why_not = f"{one.number} hung"
    return verdicts


def _as_test(one: Rule) -> Callable[[Contract], None]:
    def test(self: Contract) -> None:
        __tracebackhide__ = True
        verdict = run(self.hold(one))
        if verdict.outcome == "exempt":
            raise unittest.SkipTest(verdict.seen)  # pytest and unittest both know it
        if verdict.outcome == "broken":
            if _is_pytests(verdict.error):
                raise verdict.error
            raise AssertionError(str(verdict)) from verdict.error

    test.__doc__ = one.says
    return test


def _is_pytests(error: BaseException | None) -> TypeGuard[BaseException]:
    """Return whether it is a skip or a fail that a fixture or `make` asked pytest for."""
    return any(base.__name__ == "OutcomeException" for base in type(error).__mro__)


def _takes_clock(make: Callable[..., Any]) -> bool:
    try:
        return "clock" in inspect.signature(make).parameters
    except (TypeError, ValueError):  # a callable without a signature gets no clock
        return False


def _name(make: Callable[..., Any]) -> str:
    make = getattr(make, "func", make)  # of a functools.partial
    name = getattr(make, "__qualname__", type(make).__name__).rpartition("<locals>.")[2]
    return "an adapter" if name == "<lambda>" else name
