"""`ReloadingConfiguration` keeps every rule of its contract, on a source in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra_ref.configuration.contracts.configuration_contract import ConfigurationContract
from infra_ref.configuration.errors import Misconfigured, Problem
from infra_ref.configuration.reloading_configuration import ReloadingConfiguration
from infra_ref.observability.testing.recording_logger import RecordingLogger
from infra_ref.result import Err, Ok, Result


@dataclass(frozen=True)
class Pair:
    name: str
    again: str


class TestReloadingConfiguration(ConfigurationContract):
    kind: Any = ReloadingConfiguration

    def make(self) -> Any:
        self.source: Result[Pair, Misconfigured] = Ok(Pair("first", "first"))
        return self.kind(Pair("first", "first"), lambda: self.source, logger=RecordingLogger())

    def write(self, name: str) -> None:
        self.source = Ok(Pair(name, name))

    def spoil(self) -> None:
        self.source = Err(Misconfigured(problems=(Problem("the source", "is spoilt"),)))
