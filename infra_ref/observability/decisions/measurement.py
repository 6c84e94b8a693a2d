"""What can be measured: a finite number under labels of text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]


def amount(value: Any, *, least: float = 0.0) -> float | None:
    """Return the value as it counts; None for one that must not: no number, not finite, or below `least`.

    One NaN makes every later sum NaN, and a counter that falls looks like a restart.

    >>> amount(2), amount(-1), amount(float("nan")), amount("two")
    (2, None, None, None)
    """
    try:
        return value if isinstance(value, int | float) and math.isfinite(value) and value >= least else None
    except OverflowError:  # a whole number that no float holds
        return None


def labelled(labels: Mapping[str, Any]) -> Labels:
    """Return the labels in the order of their names, each value as text.

    >>> labelled({"peer": "shop", "code": 503})
    (('code', '503'), ('peer', 'shop'))
    """
    return tuple(sorted((name, _text(value)) for name, value in labels.items()))


def share(part: float, whole: float) -> float | None:
    """Return what part of the whole it is, such as hits of reads; None of nothing."""
    return part / whole if whole else None


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001  measuring must not fail, whatever a __str__ does
        return f"({type(value).__name__})"
