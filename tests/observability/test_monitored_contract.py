"""`monitored` keeps every rule of its contract."""

from __future__ import annotations

from typing import Any

from infra_ref.clock import FakeClock
from infra_ref.observability.contracts.monitored_contract import MonitoredContract
from infra_ref.observability.decorators.monitored import monitored


class TestMonitored(MonitoredContract):
    decorate: Any = staticmethod(monitored)

    def make(self, clock: FakeClock) -> Any:
        return self.decorate
