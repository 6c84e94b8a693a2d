"""A contract: all rules of one port, and how an adapter is held to them."""

from __future__ import annotations

import asyncio
import inspect
import traceback
import unittest
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeVar

from infra_ref.clock import FakeClock
from infra_ref.contract.explain import Broken, readable
from infra_ref.contract.report import Report, Verdict
from infra_ref.contract.rule import Rule, Tool

T = TypeVar("T")

GRACE = 1.0
"""Seconds that a rule which ran out of time gets to clean up before it is abandoned."""


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
    """The rules of one port. A subclass says how to make one adapter.

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
    """Tools and capabilities that are missing here, each with the reason. An adapter may say so itself."""

    seconds_per_rule: ClassVar[float] = 10.0
    """A rule that has not held by then is broken: a hanging adapter does not hang the report."""

    _doing = ""

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
                        "not taken back. Take another name, or say what an adapter `lacks`"
                    )
        seen: dict[str, str] = {}
        for name, one in cls._named_rules():
            if seen.setdefault(one.number, name) != name:
                raise TypeError(
                    f"{cls.__name__}: {one.number} is the number of both {seen[one.number]} and {name}"
                )
            setattr(cls, f"test_{one.number.replace('-', '_')}_{name}", _as_test(one))

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
    async def verify(
        cls, make: Callable[..., Any] | None = None, *, only: str | tuple[str, ...] = ()
    ) -> Report:
        """Hold what `make` makes to every rule, or to `only` that number or those, and report.

        Without `make`, the class must say itself how to make its adapter. Never
        raises for what an adapter does. Raises TypeError when there is nothing to
        make, ValueError when a number of `only` is not a rule of this contract.
        """
        held = cls
        if make is not None:
            held = type(cls.__name__, (cls,), {"make": staticmethod(make), "__module__": cls.__module__})
        if not hasattr(held, "make"):
            raise TypeError(
                f"{held.__name__}.verify() needs to know what to make: {held.__name__}.verify(MyAdapter)"
            )
        only = (only,) if isinstance(only, str) else only
        rules = {one.number: one for one in held.rules()}
        if unknown := [number for number in only if number not in rules]:
            raise ValueError(f"{held.__name__} has no rule {', '.join(unknown)}; it has {', '.join(rules)}")
        verdicts = [await held().hold(rules[number]) for number in (only or rules)]
        name = _name(make) if make is not None else held.__name__.removeprefix("Test")
        return Report(_contract_name(held), name, tuple(verdicts))

    @cached_property
    def clock(self) -> Any:
        """A `FakeClock` where `make` takes one, `RealTime` where it does not."""
        return FakeClock() if _takes_clock(self.make) else RealTime()

    async def hold(self, one: Rule) -> Verdict:
        """Find out whether `one` holds. Raises only when cancelled itself."""
        trying = asyncio.create_task(self._try(one))
        try:
            await asyncio.wait({trying}, timeout=self.seconds_per_rule)
            in_time = trying.done()
        finally:
            if not trying.done():
                trying.cancel()
                await asyncio.wait({trying}, timeout=GRACE)
        if not in_time:
            stuck = "" if trying.done() else ", and it does not stop when cancelled"
            return Verdict(one, "broken", f"no answer within {self.seconds_per_rule:g} s{self._doing}{stuck}")
        if trying.cancelled():
            return Verdict(one, "broken", "cancelled from within")
        return trying.result()

    async def _try(self, one: Rule) -> Verdict:
        verdict = cancelled = Verdict(one, "broken", "cancelled from within")
        self._doing = " while making the adapter"
        try:
            async with self._open() as adapter:
                self._doing = ""
                verdict = await self._judge(one, adapter)  # raises nothing that __aexit__ could swallow
                self._doing = " while closing the adapter"
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an adapter raises is a verdict on it
            if verdict is cancelled or verdict.outcome != "broken":
                verdict = Verdict(one, "broken", _told(_first(error), one, self._doing), error=error)
        return verdict

    async def _judge(self, one: Rule, adapter: Any) -> Verdict:
        try:
            lacks = {**getattr(adapter, "lacks", {}), **self.lacks}
            for name in (*one.needs, *one.tools):
                if name in lacks:
                    return Verdict(one, "lacks", lacks[name])
            tools = {name: self._tool(name, one) for name in one.tools}
            for name, found in tools.items():
                if isinstance(found, Tool):
                    return Verdict(one, "lacks", f"the test bench has no `{name}` ({found.says})")
            await one.check(self, adapter, **tools)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            first = _first(error)
            if isinstance(first, Broken):
                return Verdict(one, "broken", first.seen, first.expected, error=first)
            return Verdict(one, "broken", _told(first, one), error=error)
        return Verdict(one, "holds")

    def _tool(self, name: str, one: Rule) -> Any:
        if not hasattr(type(self), name) and name not in vars(self):
            raise TypeError(
                f"{one.number} asks for `{name}`, which {_contract_name(type(self))} does not declare: "
                f"write {name} = tool('what it is') there"
            )
        return getattr(self, name)

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


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run in an event loop of its own, as `asyncio.run` does, but never wait long for what will not end.

    Raises RuntimeError where a loop runs already, as in a notebook: await the work there.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
    else:
        work.close()
        raise RuntimeError("an event loop runs here already: write `await ...` instead of run(...)")
    try:
        return loop.run_until_complete(work)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=GRACE))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _as_test(one: Rule) -> Callable[[Contract], None]:
    def test(self: Contract) -> None:
        __tracebackhide__ = True
        verdict = run(self.hold(one))
        if verdict.outcome == "lacks":
            raise unittest.SkipTest(verdict.seen)  # pytest and unittest both know it
        if verdict.outcome == "broken":
            raise AssertionError(str(verdict)) from verdict.error

    test.__doc__ = one.says
    return test


def _takes_clock(make: Callable[..., Any]) -> bool:
    try:
        return "clock" in inspect.signature(make).parameters
    except (TypeError, ValueError):  # a callable that does not tell its parameters takes none from us
        return False


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _told(error: BaseException, one: Rule, doing: str = "") -> str:
    """Say the error, what it interrupted, and the line of the rule at which it came up."""
    text = type(error).__name__
    try:
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        said = " ".join(line.strip() for line in str(error).splitlines()) + notes
        text = readable(f"{text}: {said}") if said else text
    except Exception:  # noqa: BLE001 - an error that cannot tell itself is still a verdict
        text += " (its text cannot be had)"
    code = one.check.__code__
    here = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == code.co_filename
    ]
    here = [frame for frame in here if frame.name == code.co_name] or here  # before a helper of the rule's
    return f"{text}{doing}   at: {here[-1].line or f'line {here[-1].lineno}'}" if here else text + doing


def _name(make: Callable[..., Any]) -> str:
    make = getattr(make, "func", make)  # of a functools.partial
    name = getattr(make, "__qualname__", type(make).__name__).rpartition("<locals>.")[2]
    return "an adapter" if name == "<lambda>" else name


def _contract_name(cls: type[Contract]) -> str:
    """Return the name of the nearest class that says its port or has rules of its own."""
    for base in cls.__mro__:
        if "port" in vars(base) or any(isinstance(one, Rule) for one in vars(base).values()):
            return base.__name__
    return cls.__name__
