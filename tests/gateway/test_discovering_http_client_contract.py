"""`DiscoveringHttpClient` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.gateway.contracts.discovering_contract import DiscoveringContract
from infra_ref.gateway.decorators.discovering_http_client import DiscoveringHttpClient


class TestDiscovering(DiscoveringContract):
    def make(self) -> type[DiscoveringHttpClient]:
        return DiscoveringHttpClient
