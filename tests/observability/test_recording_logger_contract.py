"""`RecordingLogger` keeps every rule of its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from infra_ref.observability.contracts.logger_contract import LoggerContract
from infra_ref.observability.testing.recording_logger import RecordingLogger


class TestRecordingLogger(LoggerContract):
    lacks: ClassVar[Mapping[str, str]] = {"fail": "a spy has no output that could fail"}
    kind: type[RecordingLogger] = RecordingLogger

    def make(self) -> RecordingLogger:
        self._logger = self.kind()
        return self._logger

    def written(self) -> list[str]:
        return [f"{record.level} {record.message} {record.fields}" for record in self._logger.records]
