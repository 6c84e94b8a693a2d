"""`BulkheadHttpClient` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.gateway.contracts.bulkhead_contract import BulkheadContract
from infra_ref.gateway.decorators.bulkhead_http_client import BulkheadHttpClient


class TestBulkhead(BulkheadContract):
    def make(self) -> type[BulkheadHttpClient]:
        return BulkheadHttpClient
