"""What a stored field can hold: the values that every store keeps and compares alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import repeat
from operator import contains
from typing import Any

LEAST, MOST = -(2**63), 2**63 - 1
"""The whole numbers that SQLite's INTEGER and PostgreSQL's bigint hold."""

EXACT = 2**53
"""Up to here a float holds every whole number."""


def unfit(kind: type, value: Any) -> str | None:
    """Say why a field of this kind cannot hold the value, without telling the value, or return None."""
    if check := SCALARS.get(kind):
        return check(value)
    return None if isinstance(value, kind) else f"give a {kind.__name__}, not {_a(value)}"


def surely_fit(kind: type, optional: bool, values: Sequence[Any]) -> bool:
    """Say quickly whether all these values fit; False where that takes a closer look at each of them."""
    kinds = set(map(type, values))
    if optional and type(None) in kinds:
        kinds.remove(type(None))
        values = [value for value in values if value is not None]
    return not values or (kinds == {kind} and (kind not in AT_ONCE or AT_ONCE[kind](values)))


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"give text, not {_a(value)}"
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return "text may not hold half of a surrogate pair"
    return "text may not hold NUL, which PostgreSQL cannot store" if "\0" in value else None


def _texts(values: Sequence[str]) -> bool:
    try:
        return not any(map(contains, map(str.encode, values), repeat(0)))
    except UnicodeEncodeError:
        return False


def _truth(value: Any) -> str | None:
    return None if isinstance(value, bool) else f"give True or False, not {_a(value)}"


def _whole(value: Any) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"give a whole number, not {_a(value)}"
    return None if LEAST <= value <= MOST else "whole numbers have at most 64 bits"


def _number(value: Any) -> str | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return f"give a number, not {_a(value)}"
    if isinstance(value, int) and abs(value) > EXACT:
        return "a whole number beyond 2**53 is not exact as a float"
    return "NaN equals nothing, not even itself, so it cannot be found again" if math.isnan(value) else None


def _moment(value: Any) -> str | None:
    if not isinstance(value, datetime):
        return f"give a datetime, not {_a(value)}"
    if value.utcoffset() is None:
        return "give a datetime with a zone: datetime(..., tzinfo=UTC)"
    try:
        value.astimezone(UTC)
    except OverflowError:
        return "the moment lies outside the years 1 to 9999 in UTC"
    return None


def _a(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


SCALARS: dict[type, Callable[[Any], str | None]] = {
    str: _text,
    bool: _truth,
    int: _whole,
    float: _number,
    datetime: _moment,
}
"""The kinds of value, each with what is wrong with one that does not fit. A StrEnum is stored as text."""

AT_ONCE: dict[type, Callable[[Sequence[Any]], bool]] = {
    str: _texts,
    int: lambda values: min(values) >= LEAST and max(values) <= MOST,
    float: lambda values: not any(map(math.isnan, values)),
    datetime: lambda values: all(value.tzinfo is UTC for value in values),
}
"""Of the kinds that do not hold every value of their type, whether they surely hold all these."""
