"""What an API's refusal means, in the words of the port."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any, cast

from infra_ref.gateway.errors import Rejected
from infra_ref.gateway.port import HttpError, Response
from infra_ref.repository.errors import (
    Conflict,
    Duplicate,
    Missing,
    OutcomeUnknown,
    Unavailable,
    Unusable,
    WriteFailure,
)
from infra_ref.result import Err, Result


class CallFailed(Exception):
    """The cause of a failure: the call that failed, in words that may be shown."""

    def __init__(self, error: HttpError) -> None:
        super().__init__(str(error))
        self.error = error


async def data_of(call: Awaitable[Result[Response, HttpError]]) -> Any:
    """Return the data of the answer. Raises CallFailed."""
    result = await call
    if isinstance(result, Err):
        raise CallFailed(result.error)
    return result.value.data


def unavailable(error: HttpError, doing: str) -> Unavailable:
    """Return what a read that failed is refused with."""
    return (Unavailable if error.retryable else Unusable)(doing, cause=CallFailed(error))


def refusal(error: HttpError, doing: str, key: Any) -> WriteFailure:
    """Return what a write that failed is refused with; `key` where the API names none."""
    problem = _problem(error.body) if isinstance(error, Rejected) else {}
    key = problem.get("key", key)
    match error, problem.get("type"):
        case Rejected(), "duplicate":
            return Duplicate(key, str(problem.get("field", "")))
        case Rejected(), "conflict":
            return Conflict(key, problem.get("expected"), problem.get("actual"))
        case (Rejected(), "missing") | (Rejected(status=404), _):
            return Missing(key)
        case _ if error.may_have_acted:
            return OutcomeUnknown(doing, cause=CallFailed(error))
        case _:
            return unavailable(error, doing)


def _problem(body: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(body)
    except ValueError:
        return {}
    return cast("dict[str, Any]", problem) if isinstance(problem, dict) else {}
