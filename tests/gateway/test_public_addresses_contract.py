"""`PublicAddresses` keeps every rule of its contract."""

from __future__ import annotations

from infra_ref.gateway.contracts.address_guard_contract import AddressGuardContract
from infra_ref.gateway.public_addresses import PublicAddresses


class TestPublicAddresses(AddressGuardContract):
    def make(self) -> type[PublicAddresses]:
        return PublicAddresses
