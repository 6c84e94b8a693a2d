"""Secrets in logs: whoever reads the log, or its backup, can log in."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from infra_ref.observability.port import Logger
from infra_ref.observability.stdlib_logger import StdlibLogger

UNIT = "of 2 secrets are in the log"
SECRETS = ("swordfish", "tok-4711")

MakeLogger = Callable[[logging.Logger], Logger]


class PlainLogger(Logger):
    """Writes what it is given."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, message: str, /, **fields: Any) -> None:
        """Log a detail."""
        self._logger.debug("%s %s", message, fields)

    def info(self, message: str, /, **fields: Any) -> None:
        """Log something expected."""
        self._logger.info("%s %s", message, fields)

    def warning(self, message: str, /, **fields: Any) -> None:
        """Log something that was handled."""
        self._logger.warning("%s %s", message, fields)

    def error(self, message: str, /, *, error: BaseException | None = None, **fields: Any) -> None:
        """Log something that was not."""
        self._logger.error("%s %s", message, fields, exc_info=error)

    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        """Bind nothing yet."""
        return nullcontext()


def repaired(logger: logging.Logger) -> Logger:
    """Return a logger that removes secrets, last of all, from fields, messages and errors."""
    return StdlibLogger(logger)


bad = PlainLogger


async def measure(make: MakeLogger) -> int:
    """Return how many of two secrets the log holds."""
    written = io.StringIO()
    logger, handler = logging.getLogger("infra_ref.anti_patterns.secrets"), logging.StreamHandler(written)
    logger.propagate = False
    logger.addHandler(handler)
    headers = {"Authorization": f"Bearer {SECRETS[1]}"}
    make(logger).warning(f"calling https://shop:{SECRETS[0]}@bank.test/rates", headers=headers)
    logger.removeHandler(handler)
    return sum(secret in written.getvalue() for secret in SECRETS)
