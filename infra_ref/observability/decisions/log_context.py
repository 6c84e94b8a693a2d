"""What is around the writing of a record: the fields that a block binds, and what becomes of a failure."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

_BOUND: ContextVar[Mapping[str, Any]] = ContextVar("_BOUND", default=MappingProxyType({}))


@contextmanager
def bound(fields: Mapping[str, Any]) -> Generator[None]:
    """Bind the fields until the end, for this task and those that it starts; nothing else changes."""
    before = _BOUND.get()
    _BOUND.set({**before, **fields})
    try:
        yield
    finally:  # not a reset: another block may have begun within this one, and end later
        others = {name: value for name, value in _BOUND.get().items() if name not in fields}
        hidden = {name: before[name] for name in fields if name in before}
        _BOUND.set({**others, **hidden})


def in_context(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bound fields and these; of two with one name, these count."""
    return {**_BOUND.get(), **fields}


@contextmanager
def never_raising() -> Generator[None]:
    """Write a line to stderr where the output of a log fails: work does not end for want of its log."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  a closed file, a full disk, a processor's bug
        with suppress(Exception):
            sys.stderr.write(f"a record was not written: {type(error).__name__}\n")
