"""The types of value that every store keeps and compares alike."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

STORABLE: dict[type, str] = {
    str: "text",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    datetime: "a datetime",
}
"""The types of a stored field, besides StrEnum, which is stored as text."""


def why_invalid(kind: type, value: Any) -> str | None:
    """Return why a field of this type cannot hold the value, or None. Never shows the value."""
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or isinstance(value, bool) is not (kind is bool):
        given = "None" if value is None else f"a {type(value).__name__}"
        return f"give {STORABLE.get(kind) or f'a {kind.__name__}'}, not {given}"
    match value:
        case str():
            return _why_invalid_text(value)
        case int():
            within = abs(value) <= 2**53 if kind is float else -(2**63) <= value < 2**63
            return None if within else "whole numbers have at most 64 bits, in a float field at most 53"
        case float() if math.isnan(value):
            return "NaN equals nothing, not even itself, so it cannot be found again"
        case datetime():
            return _why_invalid_moment(value)
        case _:
            return None


def _why_invalid_text(value: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return "text may not hold half of a surrogate pair"
    return "text may not hold NUL, which PostgreSQL cannot store" if "\0" in value else None


def _why_invalid_moment(value: datetime) -> str | None:
    if value.utcoffset() is None:
        return "give a datetime with a zone: datetime(..., tzinfo=UTC)"
    try:
        value.astimezone(UTC)
    except OverflowError:
        return "the moment lies outside the years 1 to 9999 in UTC"
    return None
