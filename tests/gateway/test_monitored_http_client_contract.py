"""`MonitoredHttpClient` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.gateway.contracts.monitored_contract import MonitoredContract
from infra_ref.gateway.decorators.monitored_http_client import MonitoredHttpClient


class TestMonitored(MonitoredContract):
    def make(self) -> type[MonitoredHttpClient]:
        return MonitoredHttpClient
