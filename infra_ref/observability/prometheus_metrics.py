"""Metrics for Prometheus to fetch, of one process or of several that a server forks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from infra_ref.observability.decisions.measurement import BOUNDS, OTHER, SETS, Labels, LabelSets, amount
from infra_ref.observability.port import Metrics

_KINDS: dict[str, tuple[Callable[..., Any], str, dict[str, Any]]] = {
    "counter": (Counter, "", {}),  # the client adds `_total`
    "gauge": (Gauge, "", {"multiprocess_mode": "livemostrecent"}),
    "duration": (Histogram, "_seconds", {"buckets": BOUNDS}),
}


class PrometheusMetrics(Metrics):
    """Keeps what it measures in `registry`; `page` is what Prometheus fetches.

    Prometheus wants the same names of labels in all that has one name: those of the first call. A
    later call's missing ones are empty, further ones are left out.

    In a server with several workers, set `PROMETHEUS_MULTIPROC_DIR` to an empty folder before
    prometheus_client is imported. Then counts outlive the worker that made them; call
    `prometheus_client.multiprocess.mark_process_dead(pid)` when one ends, so that its gauges do not.
    """

    def __init__(self, registry: CollectorRegistry | None = None, *, sets: int = SETS) -> None:
        self.registry = registry or CollectorRegistry()
        self._sets = {kind: LabelSets(partial(self._new, kind), sets) for kind in _KINDS}
        self._families: dict[tuple[str, str], tuple[Any, tuple[str, ...]]] = {}

    def count(self, name: str, by: float = 1.0, /, **labels: str) -> None:
        if (grown := amount(by)) is not None:
            self._sets["counter"].of(name, labels).inc(grown)

    def gauge(self, name: str, value: float, /, **labels: str) -> None:
        if (level := amount(value, least=-math.inf)) is not None:
            self._sets["gauge"].of(name, labels).set(level)

    def record_duration(self, name: str, seconds: float, /, **labels: str) -> None:
        if (took := amount(seconds)) is not None:
            self._sets["duration"].of(name, labels).observe(took)

    def page(self, folder: str | None = None) -> tuple[bytes, str]:
        """Return the figures and their media type; of all workers, given the folder that they share."""
        registry = self.registry
        if folder is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _new(self, kind: str, name: str, key: Labels) -> Any:
        given = {_named(label): value for label, value in key}
        if (kind, name) not in self._families:
            self._families[kind, name] = self._register(kind, _named(name), tuple(given))
        family, names = self._families[kind, name]
        if key == OTHER:
            given = dict.fromkeys(names, "other")
        return family.labels(*(given.get(label, "") for label in names)) if names else family

    def _register(self, kind: str, name: str, labels: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
        makes, suffix, more = _KINDS[kind]
        for full in (name + suffix, f"{name}_{kind}"):  # the second where another kind has the first
            try:
                return makes(full, name, labels, registry=self.registry, **more), labels
            except ValueError:
                continue
        return makes(
            name, name, labels, registry=None, **more
        ), labels  # both belong to who shares the registry


def _named(name: str) -> str:
    """Return the name with the letters that Prometheus knows, and not one that it keeps for itself."""
    plain = re.sub(r"[^a-zA-Z0-9_]", "_", name).lstrip("_") or "x"
    return f"x_{plain}" if plain[0].isdigit() or plain in {"le", "quantile"} else plain
