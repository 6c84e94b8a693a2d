"""What the process uses of the machine, as gauges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import psutil  # type: ignore[import-untyped]

from infra_ref.clock import Clock, SystemClock
from infra_ref.observability.port import Logger, Metrics

Pools: TypeAlias = Mapping[str, Callable[[], tuple[int, int]]]
"""For each pool, what returns how many connections are in use and how many there may be."""

TICK = 0.1
"""Seconds between two looks at the event loop."""


class ResourceUse:
    """Measures the process: memory in bytes, open files, the event loop's lag in seconds, and its pools.

        pools = {"shop": lambda: (engine.pool.checkedout(), engine.pool.size())}
        watching = asyncio.create_task(ResourceUse(metrics, logger, pools).run())

    The lag is how late the loop woke a sleeper at worst: for so long something blocked it.
    """

    def __init__(
        self, metrics: Metrics, logger: Logger, pools: Pools | None = None, *, clock: Clock | None = None
    ) -> None:
        self._metrics, self._logger, self._pools = metrics, logger, pools or {}
        self._clock, self._process = clock or SystemClock(), psutil.Process()

    async def run(self, every: float = 15.0) -> None:
        """Measure every so many seconds, until it is cancelled."""
        while True:
            self.measure(await self._worst_lag(every))

    def measure(self, lag: float = 0.0) -> None:
        """Set the gauges once."""
        with self._process.oneshot():
            files = getattr(self._process, "num_handles" if psutil.WINDOWS else "num_fds")()
            self._metrics.gauge("process_memory_bytes", self._process.memory_info().rss)
        self._metrics.gauge("process_open_files", files)
        self._metrics.gauge("event_loop_lag_seconds", lag)
        for name, pool in self._pools.items():
            try:
                used, size = pool()
            except Exception as error:  # noqa: BLE001  one pool stops no other gauge, and is logged
                self._logger.error("a pool's use is not known", error=error, pool=name)
                continue
            self._metrics.gauge("pool_connections_used", used, pool=name)
            self._metrics.gauge("pool_connections_size", size, pool=name)

    async def _worst_lag(self, seconds: float) -> float:
        start, worst = self._clock.monotonic(), 0.0
        while (now := self._clock.monotonic()) - start < seconds:
            await self._clock.sleep(TICK)
            worst = max(worst, self._clock.monotonic() - now - TICK)
        return worst
