"""Notes which rule a broken adapter breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def noting(broken: dict[str, T]) -> Callable[[str], Callable[[T], T]]:
    def breaks(number: str) -> Callable[[T], T]:
        def note(adapter: T) -> T:
            assert number not in broken
            broken[number] = adapter
            return adapter

        return note

    return breaks
