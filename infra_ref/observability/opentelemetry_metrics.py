"""Metrics on OpenTelemetry."""

from __future__ import annotations

import math
import re
from typing import Any

from opentelemetry.metrics import Meter

from infra_ref.observability.decisions.measurement import BOUNDS, SETS, LabelSets, amount
from infra_ref.observability.port import Metrics

_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9_./-]")


class OpenTelemetryMetrics(Metrics):
    """Measures with the instruments of `meter`, a name's labels as attributes. Durations are in seconds."""

    def __init__(self, meter: Meter, *, sets: int = SETS) -> None:
        self._meter = meter
        self._attributes = LabelSets(lambda _, labels: dict(labels), sets)
        self._instruments: dict[tuple[str, str], Any] = {}

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if (grown := amount(by)) is not None:
            self._one("counter", name).add(grown, self._attributes.of(name, labels))

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        if (level := amount(value, least=-math.inf)) is not None:
            self._one("gauge", name).set(level, self._attributes.of(name, labels))

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        if (took := amount(seconds)) is not None:
            self._one("duration", name).record(took, self._attributes.of(name, labels))

    def _one(self, kind: str, name: str) -> Any:
        if (instrument := self._instruments.get((kind, name))) is None:
            instrument = self._instruments[kind, name] = self._new(kind, name)
        return instrument

    def _new(self, kind: str, name: str) -> Any:
        name = _NOT_ALLOWED.sub("_", name)[:200]
        name = name if name[:1].isalpha() else f"x{name}"
        match kind:
            case "counter":
                return self._meter.create_counter(name)
            case "gauge":
                return self._meter.create_gauge(name)
            case _:
                return self._meter.create_histogram(
                    name,
                    unit="s",
                    explicit_bucket_boundaries_advisory=BOUNDS,
                )
