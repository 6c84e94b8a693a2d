"""What was asked of a learner's code, and what came back: the calls that a judge makes on it."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import groupby
from types import FunctionType
from typing import Any

from infra_ref.workbench.teaching.bounded import EndNow
from infra_ref.workbench.teaching.recorder import shown

_WITHIN: ContextVar[bool] = ContextVar("within", default=False)
"""Whether the learner's code runs: what it calls of itself is its own affair."""

_WATCHED = ("__aenter__", "__aexit__", "__call__", "__enter__", "__exit__")
MOST = 6
"""Calls that are shown of a rule."""


@dataclass(slots=True)
class Call:
    """One call: what was asked, and what came back."""

    name: str
    asked: str
    back: str = "no answer"

    def __str__(self) -> str:
        return f"{self.asked} -> {self.back}"


class Calls:
    """Watches an attempt, a function or a class, and keeps the calls that come from outside."""

    def __init__(self) -> None:
        self.all: list[Call] = []
        self.gave: dict[str, bool] = {}  # by name: whether it ever returned anything but None

    def watching(self, attempt: Any) -> Any:
        """Return what does the same as `attempt`, and is watched."""
        if isinstance(attempt, FunctionType):
            return self._watched(attempt, is_method=False)
        if not isinstance(attempt, type):
            return attempt
        own: dict[str, Any] = {
            name: self._watched(one, is_method=True)
            for name, one in vars(attempt).items()
            if isinstance(one, FunctionType) and (not name.startswith("_") or name in _WATCHED)
        }
        own |= {"__module__": attempt.__module__, "__qualname__": attempt.__qualname__}
        try:
            return type(attempt)(attempt.__name__, (attempt,), own)
        except Exception:  # noqa: BLE001 - a class that cannot be inherited from is judged without it
            return attempt

    def taken(self) -> list[Call]:
        """Return the calls since the last time."""
        calls, self.all = self.all, []
        return calls

    def _answered(self, call: Call, value: Any) -> Any:
        self.gave[call.name] = self.gave.get(call.name, False) or value is not None
        call.back = shown(value)
        return value

    def _watched(self, function: FunctionType, *, is_method: bool) -> Callable[..., Any]:
        def begin(arguments: tuple[Any, ...], more: dict[str, Any]) -> Call:
            words = [shown(one) for one in arguments[is_method:]]
            words += [f"{name}={shown(one)}" for name, one in more.items()]
            call = Call(function.__name__, f"{function.__name__}({', '.join(words)})")
            self.all.append(call)
            return call

        if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
            return function

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*arguments: Any, **more: Any) -> Any:
                if _WITHIN.get():
                    return await function(*arguments, **more)
                call, token = begin(arguments, more), _WITHIN.set(True)
                try:
                    return self._answered(call, await function(*arguments, **more))
                except BaseException as error:
                    _failed(call, error)
                    raise
                finally:
                    _WITHIN.reset(token)

            return awaited

        @functools.wraps(function)
        def called(*arguments: Any, **more: Any) -> Any:
            if _WITHIN.get():
                return function(*arguments, **more)
            call, token = begin(arguments, more), _WITHIN.set(True)
            try:
                return self._answered(call, function(*arguments, **more))
            except BaseException as error:
                _failed(call, error)
                raise
            finally:
                _WITHIN.reset(token)

        return called


def _failed(call: Call, error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        call.back = "cancelled"
    elif not isinstance(error, EndNow):
        call.back = f"raised {type(error).__name__}"


def as_lines(calls: list[Call]) -> tuple[str, ...]:
    """Return calls as lines: equal ones in a row as one, of many the first and the last."""
    told = [(text, len(list(equal))) for text, equal in groupby(map(str, calls))]
    lines = [f"{text}   ({times} times)" if times > 1 else text for text, times in told]
    if len(lines) > MOST:
        lines = [*lines[:2], f"... {len(lines) - MOST + 1} more", *lines[-MOST + 3 :]]
    return tuple(lines)


def first_difference(calls: list[Call], right: list[Call]) -> str:
    """Return the first call of the right ones that another one stands for, or nothing."""
    for at, one in enumerate(right):
        if at >= len(calls) or (calls[at].asked == one.asked and calls[at].back != one.back):
            return str(one)
        if calls[at].asked != one.asked:
            return ""
    return ""
