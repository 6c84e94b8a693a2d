"""A logger on structlog: its processors, its context, and redaction after all of them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from infra_ref.observability.decisions.log_context import bound, in_context, never_raising
from infra_ref.observability.decisions.redaction import about_error, redact
from infra_ref.observability.port import Fields, Level, Logger

JSON = structlog.processors.JSONRenderer(ensure_ascii=False)


class StructlogLogger(Logger):
    """Writes to `output`, anything that structlog wraps: a `PrintLogger`, a `logging.Logger`.

    `processors` run first, then redaction, then `render` alone: what a processor adds is redacted too. Fields
    of `structlog.contextvars` are written too; records below `least`, a level of `logging`, are not.
    """

    def __init__(
        self, output: Any, *, processors: Iterable[Processor] = (), render: Processor = JSON, least: int = 0
    ) -> None:
        first = (structlog.contextvars.merge_contextvars, structlog.processors.add_log_level)
        self._logger = structlog.wrap_logger(
            output,
            processors=[*first, *processors, _redacted, render],
            wrapper_class=structlog.make_filtering_bound_logger(least),
            cache_logger_on_first_use=True,
        )

    def log(self, level: Level, message: str, fields: Fields, error: BaseException | None, /) -> None:
        with never_raising():
            getattr(self._logger, level)(message, **_free(in_context(fields) | about_error(error)))

    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        return bound(fields)  # not structlog's, whose end of a block takes away a later one's field


def _redacted(output: Any, method: str, record: EventDict) -> EventDict:
    shown: EventDict = redact(record)
    return shown


def _free(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields, those renamed that structlog's methods take for themselves."""
    return {f"{name}_" if name in {"event", "self"} else name: value for name, value in fields.items()}
