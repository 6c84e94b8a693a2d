"""`HealthRegistry` keeps every rule of its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from infra_ref.clock import FakeClock
from infra_ref.observability.contracts.health_contract import HealthContract
from infra_ref.observability.health_registry import HealthRegistry
from infra_ref.observability.testing.recording_logger import RecordingLogger


class TestHealthRegistry(HealthContract):
    lacks: ClassVar[Mapping[str, str]] = {"ask": "it is shown over HTTP by HealthApp"}

    def make(self, clock: FakeClock) -> HealthRegistry:
        return HealthRegistry(RecordingLogger(), clock=clock)
