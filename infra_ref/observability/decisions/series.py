"""What can be measured: a finite number under few labels of text, none of them a secret."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from infra_ref.observability.decisions.redaction import redact
from infra_ref.observability.port import Metrics

Kind: TypeAlias = Literal["counter", "gauge", "duration"]
Labels: TypeAlias = tuple[tuple[str, str], ...]
Take: TypeAlias = Callable[[float], object]

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper bounds of a histogram's buckets. The defaults of Prometheus' clients."""
SETS = 100
"""Sets of labels that one name may have; what comes after is counted together as `other`."""
OTHER: Labels = (("other", "true"),)
LONGEST = 200
"""Characters of a label's value."""
LARGEST = sys.float_info.max
"""A value beyond it is no number that a float holds."""


class BoundedMetrics(Metrics):
    """What the adapters share: what counts, and under which labels. One of them writes `_series`."""

    def __init__(self, *, sets: int = SETS) -> None:
        self._sets = sets
        self._made: dict[tuple[Kind, str], dict[Labels, Take]] = {}
        self._seen: dict[tuple[Kind, str], dict[tuple[tuple[str, Any], ...], Take]] = {}

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if counts(by):
            self._take("counter", name, labels)(by)

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        if counts(value, least=-LARGEST):
            self._take("gauge", name, labels)(value)

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        if counts(seconds):
            self._take("duration", name, labels)(seconds)

    @abstractmethod
    def _series(self, kind: Kind, name: str, labels: Labels) -> Take:
        """Return what takes the numbers under these labels. Asked once for each set of them."""

    def _take(self, kind: Kind, name: str, labels: Mapping[str, Any]) -> Take:
        given = tuple(labels.items())
        try:
            return self._seen[kind, name][given]
        except (KeyError, TypeError):  # not seen before, or not hashable
            key, made = labelled(labels), self._made.setdefault((kind, name), {})
        if key not in made and len(made) >= self._sets:
            key = OTHER
        if key not in made:
            made[key] = self._series(kind, name, key)
        seen = self._seen.setdefault((kind, name), {})
        if len(seen) < 2 * self._sets and all(type(value) is str for _, value in given):
            seen[given] = made[key]
        return made[key]


def counts(value: Any, *, least: float = 0.0) -> bool:
    """Return whether the value is a finite number, and not below `least`.

    One NaN makes every later sum NaN, and a counter that falls looks like a restart.

    >>> counts(2), counts(-1), counts(float("nan")), counts("two")
    (True, False, False, False)
    """
    return isinstance(value, int | float) and least <= value <= LARGEST


def labelled(labels: Mapping[str, Any]) -> Labels:
    """Return the labels in the order of their names, each value as text without secrets.

    >>> labelled({"peer": "shop", "code": 503, "url": "https://ann:pw@api.test"})
    (('code', '503'), ('peer', 'shop'), ('url', 'https://***@api.test'))
    """
    return tuple(sorted((name, str(value)[:LONGEST]) for name, value in redact(labels).items()))
