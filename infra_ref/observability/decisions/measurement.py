"""What can be measured: a finite number under few labels of text, none of them a secret."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

from infra_ref.observability.decisions.redaction import GONE, is_secret, redact_text

V = TypeVar("V")
Labels: TypeAlias = tuple[tuple[str, str], ...]

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper bounds of a histogram's buckets. The defaults of Prometheus' clients."""
SETS = 100
"""Sets of labels that one name may have; what comes after is counted together as `other`."""
OTHER: Labels = (("other", "true"),)
LONGEST = 200
"""Characters of a label's value."""


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
    """Return the labels in the order of their names, each value as text without secrets.

    >>> labelled({"peer": "shop", "code": 503, "url": "https://ann:pw@api.test"})
    (('code', '503'), ('peer', 'shop'), ('url', 'https://***@api.test'))
    """
    return tuple(sorted((redact_text(name), _text(name, value)) for name, value in labels.items()))


class LabelSets(Generic[V]):
    """Bounds the sets of labels of each name to `most`; for each, `make` makes what is kept of it, once."""

    def __init__(self, make: Callable[[str, Labels], V], most: int = SETS) -> None:
        self._make, self._most = make, most
        self._known: dict[str, dict[tuple[tuple[str, Any], ...], V]] = {}
        self._made: dict[str, dict[Labels, V]] = {}

    def of(self, name: str, labels: Mapping[str, Any]) -> V:
        """Return what was made of these labels; of `OTHER`, once the name has as many sets as it may."""
        given = tuple(labels.items())
        try:
            return self._known[name][given]
        except (KeyError, TypeError):  # not seen before, or not hashable
            return self._add(name, given, labelled(labels))

    def _add(self, name: str, given: tuple[tuple[str, Any], ...], key: Labels) -> V:
        made = self._made.setdefault(name, {})
        if key not in made and len(made) >= self._most:
            return made[OTHER] if OTHER in made else made.setdefault(OTHER, self._make(name, OTHER))
        if key not in made:
            made[key] = self._make(name, key)
        known = self._known.setdefault(name, {})
        if len(known) < 2 * self._most and all(type(value) is str for _, value in given):
            known[given] = made[key]
        return made[key]


def share(part: float, whole: float) -> float | None:
    """Return what part of the whole it is, such as hits of reads; None of nothing."""
    return part / whole if whole else None


def _text(name: str, value: Any) -> str:
    try:
        return GONE if is_secret(name) else redact_text(str(value))[:LONGEST]
    except Exception:  # noqa: BLE001  measuring must not fail, whatever a __str__ does
        return f"({type(value).__name__})"
