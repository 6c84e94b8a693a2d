"""No timeout: a peer that hangs holds the caller for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from infra_ref.clock import Clock, FakeClock
from infra_ref.observability.health_port import Check, Health, HealthReport, Status
from infra_ref.observability.health_registry import HealthRegistry
from infra_ref.observability.stdlib_logger import StdlibLogger

UNIT = "of 20 probes were still waiting after an hour"

MakeHealth = Callable[[Clock], Health]


class PatientHealth(Health):
    """Asks all checks, and waits for each."""

    def __init__(self) -> None:
        self._checks: dict[str, tuple[Check, bool]] = {}

    def add(self, name: str, check: Check, *, critical: bool = True, seconds: float = 2.0) -> None:
        """Ask `check` too."""
        self._checks[name] = check, critical

    async def live(self) -> HealthReport:
        """Return that the process lives."""
        return HealthReport("pass")

    async def ready(self) -> HealthReport:
        """Return what the checks say."""
        found: dict[str, Status] = {}
        for name, (check, critical) in self._checks.items():
            try:
                await check()
                found[name] = "pass"
            except Exception:  # noqa: BLE001
                found[name] = "fail" if critical else "warn"
        worst: Status = "fail" if "fail" in found.values() else "warn" if "warn" in found.values() else "pass"
        return HealthReport(worst, found)


def bad(clock: Clock) -> Health:
    """Make the page that probes ask."""
    return PatientHealth()


def repaired(clock: Clock) -> Health:
    """Make the page that probes ask: each check has its seconds, and a storm of probes asks once."""
    unseen = logging.Logger("health", logging.ERROR)  # noqa: LOG001  its warnings are no part of this
    return HealthRegistry(StdlibLogger(unseen), clock=clock)


async def measure(make: MakeHealth) -> int:
    """Return how many of twenty probes have no answer an hour after the peer began to hang."""
    clock = FakeClock()
    health = make(clock)
    health.add("rates", asyncio.Event().wait)
    probes = [asyncio.create_task(health.ready()) for _ in range(20)]
    await clock.advance(3600)
    waiting = [one for one in probes if not one.done()]
    for one in waiting:
        one.cancel()
    await asyncio.wait(probes)
    return len(waiting)
