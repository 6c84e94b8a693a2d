"""A spy: keeps every single measurement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from infra_ref.observability.port import Metrics


@dataclass(frozen=True, slots=True)
class Measured:
    """One call of a `Metrics`."""

    kind: Literal["count", "duration", "gauge"]
    name: str
    value: float
    labels: dict[str, str]


class RecordingMetrics(Metrics):
    """Keeps all in `measured`, in order."""

    def __init__(self) -> None:
        self.measured: list[Measured] = []

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        self.measured.append(Measured("count", name, by, labels))

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        self.measured.append(Measured("duration", name, seconds, labels))

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        self.measured.append(Measured("gauge", name, value, labels))
