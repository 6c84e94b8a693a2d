"""`AuthenticatedHttpClient` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.gateway.contracts.authenticated_contract import AuthenticatedContract
from infra_ref.gateway.decorators.authenticated_http_client import (
    AuthenticatedHttpClient,
)


class TestAuthenticated(AuthenticatedContract):
    def make(self) -> type[AuthenticatedHttpClient]:
        return AuthenticatedHttpClient
