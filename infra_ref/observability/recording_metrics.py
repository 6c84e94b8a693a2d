"""A spy: keeps every single measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from infra_ref.observability.decisions.measurement import amount, labelled
from infra_ref.observability.port import Metrics

Kind: TypeAlias = Literal["count", "duration", "gauge"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One call of a `Metrics`."""

    kind: Kind
    name: str
    value: float
    labels: dict[str, str]


class RecordingMetrics(Metrics):
    """Keeps all in `measured`, in order."""

    lacks: ClassVar[Mapping[str, str]] = {
        "bound": "a spy keeps every single measurement",
        "ratio": "a spy records and does not calculate",
    }

    def __init__(self) -> None:
        self.measured: list[Measured] = []

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        self._keep("count", name, amount(by), labels)

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        self._keep("duration", name, amount(seconds), labels)

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        self._keep("gauge", name, amount(value, least=-math.inf), labels)

    def _keep(self, kind: Kind, name: str, value: float | None, labels: dict[str, str]) -> None:
        if value is not None:
            self.measured.append(Measured(kind, name, value, dict(labelled(labels))))
