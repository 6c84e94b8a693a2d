"""`RetryingHttpClient` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.gateway.contracts.retrying_contract import RetryingContract
from infra_ref.gateway.decorators.retrying_http_client import RetryingHttpClient


class TestRetrying(RetryingContract):
    def make(self) -> type[RetryingHttpClient]:
        return RetryingHttpClient
