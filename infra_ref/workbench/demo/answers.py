"""How a use case's Result becomes an HTTP answer: the one place that knows both."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Any

from starlette.responses import JSONResponse, Response

from infra_ref.result import Ok, Result

STATUSES = {
    "Unknown": 404,
    "Missing": 404,
    "EmailTaken": 409,
    "Duplicate": 409,
    "Conflict": 409,
    "NotOpen": 409,
}
"""Of a refusal, by its name; any other one is 422, and one that is `retryable` is 503."""


def answer(result: Result[Any, Any], *, status: int = 200) -> Response:
    """Return the value as JSON with this status, or the refusal with its own."""
    if isinstance(result, Ok):
        return (
            Response(status_code=204) if result.value is None else JSONResponse(plain(result.value), status)
        )
    refusal = result.error
    name = type(refusal).__name__
    refused = 503 if getattr(refusal, "retryable", False) else STATUSES.get(name, 422)
    headers = {"Retry-After": "1"} if refused == 503 else None
    return JSONResponse({"error": name}, refused, headers)  # no fields: they may be internals


def plain(value: Any) -> Any:
    """Return an entity as plain data, without what is no part of it for a client."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: one for name, one in _told(asdict(value)) if name != "events"}
    return value


def _told(fields: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, one.isoformat() if hasattr(one, "isoformat") else one) for name, one in fields.items()]
