"""`Recorder`: who called whom, when, and what came of it; shown as a sequence diagram or a timeline.

seen = Recorder(clock)
cache = seen.watch(MemoryCache(clock=clock), "cache")
load = seen.watch(load_user, "database")
await cache.get("user:7")
seen                      # the sequence diagram
seen.timeline()           # the same on an axis of time
"""

from __future__ import annotations

import asyncio
import re
import reprlib
import types
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from infra_ref.clock import Clock
from infra_ref.workbench.teaching.proxy import Call, stand_between
from infra_ref.workbench.teaching.recorded import Ended, Kind, Recorded
from infra_ref.workbench.teaching.sequence import Sequence
from infra_ref.workbench.teaching.svg import short
from infra_ref.workbench.teaching.timeline import Timeline

P = TypeVar("P")

MOST = 400
"""Events that are kept; after them only a count. Nobody reads more, and a page must not grow without end."""


@dataclass
class Recorder:
    """Records calls between named parties, in their order and on the time of `clock`.

    Without a clock all happens at 0. `start` is who calls when nobody else is known
    to; `show` turns a value into the words that stand on an arrow, and may hide
    what should not be seen.
    """

    clock: Clock | None = None
    start: str = "caller"
    title: str = "What happened"
    show: Callable[[object], str] = field(default_factory=lambda: shown)

    def __post_init__(self) -> None:
        self.events: list[Recorded] = []
        self.missed = 0
        self._order = 0
        self._speaker: ContextVar[str] = ContextVar("speaker", default=self.start)
        self._zero = self.clock.monotonic() if self.clock else 0.0

    def watch(self, port: P, name: str) -> P:
        """Return what behaves as `port` does and is recorded under that name.

        All async methods are; a function is one call. What is called from within
        a call is recorded as called by that party. A clock's `sleep` is a wait.
        """

        @asynccontextmanager
        async def around(method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> AsyncGenerator[Call]:
            says = f"{method}({self._arguments(args, kwargs)})"
            event = self._open("call", self._speaker.get(), name, says)
            spoke = self._speaker.set(name)
            call = Call()
            try:
                yield call
            except asyncio.CancelledError:
                self._close(event, "cancelled", "cancelled")
                raise
            except BaseException as error:
                self._close(event, "raised", self.show(error))
                raise
            else:
                self._close(event, "returned", self.show(call.answer))
            finally:
                _reset(self._speaker, spoke)

        watched: P = stand_between(port, around)
        return watched

    def watch_clock(self, clock: Clock) -> Clock:
        """Return a clock whose sleeps are recorded as waits of whoever sleeps."""
        return _WatchedClock(self, clock)

    @contextmanager
    def speaking(self, name: str) -> Generator[None]:
        """Record what is called inside as called by `name`."""
        spoke = self._speaker.set(name)
        try:
            yield
        finally:
            self._speaker.reset(spoke)

    def note(self, says: str, party: str | None = None) -> None:
        """Write a remark at a party, at this moment."""
        who = party or self._speaker.get()
        self._close(self._open("note", who, who, says), "returned", "")

    def state(self, party: str, says: str) -> None:
        """Say that from now on a party is in this state (`open`, `closed`); a timeline shows it as a band."""
        self._close(self._open("state", party, party, says), "returned", "")

    def clear(self) -> None:
        """Forget all events, and count time from now."""
        self.events.clear()
        self.missed = self._order = 0
        self._zero = self.clock.monotonic() if self.clock else 0.0

    def sequence(self) -> Sequence:
        """Return the sequence diagram of what was recorded so far."""
        return Sequence(tuple(self.events), self.title, self.start, self.missed)

    def timeline(self) -> Timeline:
        """Return what was recorded so far on an axis of time: attempts, states and waits."""
        return Timeline(tuple(self.events), self.title, self._now(), self.missed)

    def __repr__(self) -> str:
        return repr(self.sequence())

    def _repr_html_(self) -> str:
        return self.sequence()._repr_html_()

    def _now(self) -> float:
        return self.clock.monotonic() - self._zero if self.clock else 0.0

    def _tick(self) -> int:
        self._order += 1
        return self._order

    def _open(self, kind: Kind, caller: str, callee: str, says: str) -> Recorded:
        event = Recorded(kind, caller, callee, says, self._now(), self._tick())
        if len(self.events) < MOST:
            self.events.append(event)
        else:
            self.missed += 1
        return event

    def _close(self, event: Recorded, outcome: Ended, told: str) -> None:
        event.ended, event.closed, event.outcome, event.told = self._now(), self._tick(), outcome, told

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        return ", ".join(
            [*map(self.show, args), *(f"{name}={self.show(value)}" for name, value in kwargs.items())]
        )


class _WatchedClock:
    def __init__(self, recorder: Recorder, inner: Clock) -> None:
        self._recorder, self._inner = recorder, inner
        self.now, self.monotonic = inner.now, inner.monotonic

    async def sleep(self, seconds: float) -> None:
        recorder = self._recorder
        who = recorder._speaker.get()
        event = recorder._open("wait", who, who, f"waits {seconds:g} s")
        try:
            await self._inner.sleep(seconds)
        except BaseException:
            recorder._close(event, "cancelled", "cancelled")
            raise
        recorder._close(event, "returned", "")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _reset(speaker: ContextVar[str], spoke: Any) -> None:
    with suppress(ValueError):  # an async generator may be closed in another task, which has its own speaker
        speaker.reset(spoke)


_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def shown(value: object) -> str:
    """Say a value in a few words that are the same on every run: no address, sets sorted.

    >>> shown({"b", "a"}), shown(len), shown(object())
    ("{'a', 'b'}", 'len', 'object')
    """
    return _SHORT.repr(value)


def _says_nothing(value: Any) -> bool:
    kind: Any = type(value)
    return kind.__repr__ is object.__repr__


class _Short(reprlib.Repr):
    def repr_instance(self, x: Any, level: int) -> str:
        if isinstance(x, types.FunctionType | types.BuiltinFunctionType | types.MethodType | type):
            return x.__name__
        if isinstance(x, BaseException):
            says = f"{type(x).__name__}: {x}".removesuffix(": ")
        elif _says_nothing(x):
            says = type(x).__name__
        else:
            try:
                says = repr(x)
            except Exception as error:  # noqa: BLE001 - a broken repr must not break the call that is watched
                says = f"<{type(x).__name__}, whose repr raised {type(error).__name__}>"
        return short(_ADDRESS.sub("", says), self.maxother)  # the address first: cut, it would not be seen

    def repr1(self, x: Any, level: int) -> str:
        """As for a plain type only if it is one: a subclass may say itself better."""
        plain = type(x) in (int, str, list, tuple, dict, set, frozenset, deque)
        return super().repr1(x, level) if plain else self.repr_instance(x, level)


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = 4
