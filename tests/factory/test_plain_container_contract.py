"""`PlainContainer` keeps every rule of its contract."""

from __future__ import annotations

from typing import Any

from infra_ref.factory.contracts.container_contract import ContainerContract
from infra_ref.factory.plain_container import PlainContainer


class TestPlainContainer(ContainerContract):
    kind: Any = PlainContainer

    def make(self) -> Any:
        return self.kind
