"""`MemoryAlerts` keeps every rule of its contract."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from infra_ref.clock import Clock, FakeClock
from infra_ref.observability.alert_port import AlertRule, Notify
from infra_ref.observability.contracts.alerts_contract import AlertsContract
from infra_ref.observability.memory_alerts import MemoryAlerts
from infra_ref.observability.testing.recording_logger import RecordingLogger


class TestMemoryAlerts(AlertsContract):
    kind: Any = MemoryAlerts

    def make(self, clock: FakeClock) -> Callable[..., MemoryAlerts]:
        def make(rules: Iterable[AlertRule], notify: Notify, /, *, clock: Clock) -> MemoryAlerts:
            made: MemoryAlerts = self.kind(rules, notify, RecordingLogger(), clock=clock)
            return made

        return make
