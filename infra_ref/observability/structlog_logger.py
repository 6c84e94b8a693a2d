"""A logger on structlog: its processors, its context, and redaction after all of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from infra_ref.observability.decisions.log_context import never_raising
from infra_ref.observability.decisions.redaction import about_error, redact
from infra_ref.observability.port import Logger


class StructlogLogger(Logger):
    """Writes to `output`, anything that structlog wraps: a `PrintLogger`, a `logging.Logger`.

    `processors` run first, then redaction, then `render` alone, which is JSON if not given: so nothing
    that a processor adds is written as it is. Fields that others bind with `structlog.contextvars` are
    in the records too. Records below `least`, a level of `logging`, are not written.
    """

    def __init__(
        self,
        output: Any,
        *,
        processors: Iterable[Processor] = (),
        render: Processor | None = None,
        least: int = logging.NOTSET,
    ) -> None:
        first = (structlog.contextvars.merge_contextvars, structlog.processors.add_log_level)
        self._logger = structlog.wrap_logger(
            output,
            processors=[*first, *processors, _redacted, render or _as_json],
            wrapper_class=structlog.make_filtering_bound_logger(least),
            cache_logger_on_first_use=True,
        )

    def debug(self, message: str, /, **fields: Any) -> None:
        self._write("debug", message, fields)

    def info(self, message: str, /, **fields: Any) -> None:
        self._write("info", message, fields)

    def warning(self, message: str, /, **fields: Any) -> None:
        self._write("warning", message, fields)

    def error(self, message: str, /, *, error: BaseException | None = None, **fields: Any) -> None:
        self._write("error", message, fields | about_error(error))

    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        return structlog.contextvars.bound_contextvars(**_free(fields))

    def _write(self, level: str, message: str, fields: dict[str, Any]) -> None:
        with never_raising():
            getattr(self._logger, level)(message, **_free(fields))


def _redacted(output: Any, method: str, record: EventDict) -> EventDict:
    shown: EventDict = redact(record)
    return shown


def _as_json(output: Any, method: str, record: EventDict) -> str:
    return json.dumps(record, ensure_ascii=False, default=str)


def _free(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields, those renamed that structlog's methods take for themselves."""
    return {f"{name}_" if name in {"event", "self"} else name: value for name, value in fields.items()}
