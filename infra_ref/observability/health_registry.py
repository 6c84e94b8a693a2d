"""The health checks of a process, asked side by side."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from functools import partial

from infra_ref.clock import Clock, SystemClock, timeout
from infra_ref.observability.health_port import Check, Health, HealthReport, Status
from infra_ref.observability.port import Logger
from infra_ref.single_flight import SingleFlight


class HealthRegistry(Health):
    """Keeps checks, and what they said for `fresh` seconds. Why one failed goes to `logger` alone."""

    def __init__(self, logger: Logger, *, fresh: float = 1.0, clock: Clock | None = None) -> None:
        self._logger, self._fresh, self._clock = logger, fresh, clock or SystemClock()
        self._checks: dict[str, Callable[[], Awaitable[Status]]] = {}
        self._asking: SingleFlight[str, HealthReport] = SingleFlight()
        self._last: tuple[float, HealthReport] | None = None

    def add(self, name: str, check: Check, *, critical: bool = True, seconds: float = 2.0) -> None:
        if name in self._checks:
            raise ValueError(f"there is a check {name!r} already: take another name")
        if not 0 < seconds < math.inf:
            raise ValueError(f"a check has some seconds to answer, such as 2.0, not {seconds!r}")
        self._checks[name] = partial(self._ask, name, check, critical, seconds)
        self._last = None

    async def live(self) -> HealthReport:
        return HealthReport("pass")

    async def ready(self) -> HealthReport:
        if self._last is not None and self._clock.monotonic() - self._last[0] < self._fresh:
            return self._last[1]
        return await self._asking.run("ready", self._ask_all)

    async def _ask_all(self) -> HealthReport:
        checks = dict(self._checks)
        found = await asyncio.gather(*(ask() for ask in checks.values()))
        worst: Status = "fail" if "fail" in found else "warn" if "warn" in found else "pass"
        report = HealthReport(worst, dict(zip(checks, found, strict=True)))
        self._last = (self._clock.monotonic(), report)
        return report

    async def _ask(self, name: str, check: Check, critical: bool, seconds: float) -> Status:
        task = asyncio.ensure_future(check())
        try:
            async with timeout(self._clock, seconds):
                await asyncio.wait({task})
                task.result()
        except (Exception, asyncio.CancelledError) as error:
            if (asking := asyncio.current_task()) is not None and asking.cancelling():
                raise
            self._logger.warning("a health check failed", check=name, critical=critical, why=error)
            return "fail" if critical else "warn"
        finally:
            task.cancel()  # one that does not end by that is left behind, and delays nobody
            task.add_done_callback(lambda left: left.cancelled() or left.exception())
        return "pass"
