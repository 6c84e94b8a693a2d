"""A logger on the standard library's, a JSON object each line."""

from __future__ import annotations

import json
import logging
from contextlib import AbstractContextManager
from typing import Any

from infra_ref.observability.decisions.log_context import bound, in_context, never_raising
from infra_ref.observability.decisions.redaction import about_error, redact, redact_text
from infra_ref.observability.port import Fields, Level, Logger

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class StdlibLogger(Logger):
    """Writes to a `logging.Logger` that the application has configured.

    A record's message is one line of JSON: `message` and the fields, redacted last of all. An error is
    shown with its type, its text and its origin, without the values of any variable.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def log(self, level: Level, message: str, fields: Fields, error: BaseException | None, /) -> None:
        if not self._logger.isEnabledFor(_LEVELS[level]):
            return
        with never_raising():
            record = {"message": redact_text(message)} | redact(in_context(fields) | about_error(error))
            # Not as its format: a % in it must stay what it is.
            self._logger.log(_LEVELS[level], "%s", json.dumps(record, ensure_ascii=False), stacklevel=3)

    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        return bound(fields)
