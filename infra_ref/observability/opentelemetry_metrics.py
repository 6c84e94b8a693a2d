"""Metrics on OpenTelemetry."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from opentelemetry.metrics import Meter

from infra_ref.observability.decisions.series import BOUNDS, SETS, BoundedMetrics, Kind, Labels, Take


class OpenTelemetryMetrics(BoundedMetrics):
    """Measures with the instruments of `meter`, a name's labels as attributes. Durations are in seconds."""

    def __init__(self, meter: Meter, *, sets: int = SETS) -> None:
        super().__init__(sets=sets)
        self._meter = meter

    def _series(self, kind: Kind, name: str, labels: Labels) -> Take:
        name = re.sub(r"[^a-zA-Z0-9_./-]", "_", name)[:200]
        name = name if name[:1].isalpha() else f"x{name}"
        take: Any
        match kind:  # the meter gives the instrument that it has, where it has one of that name
            case "counter":
                take = self._meter.create_counter(name).add
            case "gauge":
                take = self._meter.create_gauge(name).set
            case "duration":
                take = self._meter.create_histogram(
                    name, unit="s", explicit_bucket_boundaries_advisory=BOUNDS
                ).record
        return partial(take, attributes=dict(labels))
