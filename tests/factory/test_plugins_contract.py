"""`EntryPointPlugins` keep every rule of their contract."""

from __future__ import annotations

from typing import Any

from infra_ref.factory.contracts.plugins_contract import PluginsContract
from infra_ref.factory.plugins import EntryPointPlugins


class TestEntryPointPlugins(PluginsContract):
    kind: Any = EntryPointPlugins

    def make(self) -> Any:
        return self.kind
