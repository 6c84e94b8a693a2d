"""`StructlogLogger` keeps every rule of its contract."""

from __future__ import annotations

from io import StringIO

import structlog

from infra_ref.observability.contracts.logger_contract import LoggerContract
from infra_ref.observability.structlog_logger import StructlogLogger


class TestStructlogLogger(LoggerContract):
    def make(self) -> StructlogLogger:
        self._output = StringIO()
        return StructlogLogger(structlog.PrintLogger(self._output))

    def written(self) -> list[str]:
        return self._output.getvalue().split("\n")[:-1]

    def fail(self) -> None:
        self._output.close()
