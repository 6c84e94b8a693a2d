"""`StdlibLogger` keeps every rule of its contract."""

from __future__ import annotations

import logging
import uuid

from infra_ref.observability.contracts.logger_contract import LoggerContract
from infra_ref.observability.stdlib_logger import StdlibLogger


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.fails = False

    def emit(self, record: logging.LogRecord) -> None:
        if self.fails:
            raise OSError("no space left on device")
        self.lines += self.format(record).split("\n")


class TestStdlibLogger(LoggerContract):
    kind: type[StdlibLogger] = StdlibLogger

    def make(self) -> StdlibLogger:
        logger = logging.getLogger(f"test-{uuid.uuid4()}")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        self._handler = Lines()
        logger.addHandler(self._handler)
        return self.kind(logger)

    def written(self) -> list[str]:
        return self._handler.lines

    def fail(self) -> None:
        self._handler.fails = True
