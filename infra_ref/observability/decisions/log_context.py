"""What is around the writing of a record: the fields that a block binds, and what becomes of a failure."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

_BOUND: ContextVar[tuple[Mapping[str, Any], ...]] = ContextVar("_BOUND", default=())


@contextmanager
def bound(fields: Mapping[str, Any]) -> Generator[None]:
    """Bind the fields until the end, for this task and those that it starts; nothing else changes."""
    _BOUND.set((*_BOUND.get(), fields))
    try:
        yield
    finally:  # not a reset: another block may have begun within this one, and end later
        _BOUND.set(tuple(one for one in _BOUND.get() if one is not fields))


def in_context(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bound fields and these; of two with one name, the last one counts."""
    return {name: value for some in (*_BOUND.get(), fields) for name, value in some.items()}


@contextmanager
def never_raising() -> Generator[None]:
    """Write a line to stderr where the output of a log fails: work does not end for want of its log."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  a closed file, a full disk, a processor's bug
        with suppress(Exception):
            sys.stderr.write(f"a record was not written: {type(error).__name__}\n")
