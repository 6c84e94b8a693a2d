"""Metrics for Prometheus to fetch, of one process or of several that a server forks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import prometheus_client as prometheus
from prometheus_client.multiprocess import MultiProcessCollector

from infra_ref.observability.decisions.series import BOUNDS, OTHER, SETS, BoundedMetrics, Kind, Labels, Take

_KINDS: dict[Kind, tuple[Callable[..., Any], str, str, dict[str, Any]]] = {
    "counter": (prometheus.Counter, "inc", "", {}),  # the client adds `_total`
    "gauge": (prometheus.Gauge, "set", "", {"multiprocess_mode": "livemostrecent"}),
    "duration": (prometheus.Histogram, "observe", "_seconds", {"buckets": BOUNDS}),
}


class PrometheusMetrics(BoundedMetrics):
    """Keeps what it measures in `registry`; `page` is what Prometheus fetches.

    Prometheus wants the same names of labels in all that has one name: those of the first call. A
    later call's missing ones are empty, further ones are left out.

    In a server with several workers, set `PROMETHEUS_MULTIPROC_DIR` to an empty folder before
    prometheus_client is imported. Then counts outlive the worker that made them; call
    `prometheus_client.multiprocess.mark_process_dead(pid)` when one ends, so that its gauges do not.
    """

    def __init__(self, registry: prometheus.CollectorRegistry | None = None, *, sets: int = SETS) -> None:
        super().__init__(sets=sets)
        self.registry = registry or prometheus.CollectorRegistry()
        self._families: dict[tuple[Kind, str], tuple[Any, tuple[str, ...]]] = {}

    def page(self, folder: str | None = None) -> tuple[bytes, str]:
        """Return the figures and their media type; of all workers, given the folder that they share."""
        registry = self.registry
        if folder is not None:
            registry = prometheus.CollectorRegistry()
            MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        return prometheus.generate_latest(registry), prometheus.CONTENT_TYPE_LATEST

    def _series(self, kind: Kind, name: str, labels: Labels) -> Take:
        given = {_named(label): value for label, value in labels}
        if (kind, name) not in self._families:
            self._families[kind, name] = self._registered(kind, _named(name), tuple(given)), tuple(given)
        family, names = self._families[kind, name]
        if labels == OTHER:
            given = dict.fromkeys(names, "other")
        child = family.labels(*(given.get(one, "") for one in names)) if names else family
        take: Take = getattr(child, _KINDS[kind][1])
        return take

    def _registered(self, kind: Kind, name: str, labels: tuple[str, ...]) -> Any:
        make, _, suffix, more = _KINDS[kind]
        for full in (name + suffix, f"{name}_{kind}"):  # the second where another kind has the first
            try:
                return make(full, name, labels, registry=self.registry, **more)
            except ValueError:
                continue
        return make(name, name, labels, registry=None, **more)  # both belong to who shares the registry


def _named(name: str) -> str:
    """Return the name with the letters that Prometheus knows, and not one that it keeps for itself."""
    plain = re.sub(r"[^a-zA-Z0-9_]", "_", name).lstrip("_") or "x"
    return f"x_{plain}" if plain[0].isdigit() or plain in {"le", "quantile"} else plain
