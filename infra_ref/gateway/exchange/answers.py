"""What an answer means: status, content type and body to a `Result`."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

from infra_ref.gateway.errors import (
    Disconnected,
    MalformedBody,
    NotModified,
    Redirected,
    Rejected,
    ServerFailed,
    TooManyRequests,
    TryAgain,
    WrongContentType,
)
from infra_ref.gateway.exchange.unpacking import unpacked
from infra_ref.gateway.port import HttpResult, Request, Response, safe_url
from infra_ref.result import Err, Ok


async def interpret(
    request: Request,
    status: int,
    headers: Mapping[str, str],
    pieces: AsyncIterable[bytes],
    now: datetime,
    *,
    redirected: bool = False,
) -> HttpResult:
    """Return the outcome. `headers` has lower-case names, `redirected` is true after a redirect."""
    read = await unpacked(request, status, headers.get("content-encoding", ""), pieces)
    if isinstance(read, Err):
        return read
    body = read.value
    if 200 <= status < 300:
        return _accepted(request, status, headers, body, redirected)
    if status < 200:  # 101 without an upgrade, or no status at all
        return Err(Disconnected.of(request))
    if status == 304:
        return Err(NotModified.of(request, headers=headers, redirected=redirected))
    if status < 400:
        to = headers.get("location")
        return Err(Redirected.of(request, status=status, location=None if to is None else safe_url(to)))
    wait = retry_after(headers.get("retry-after"), now)
    rejected = {408: TryAgain, 425: TryAgain, 429: TooManyRequests}.get(status, Rejected)
    kind = ServerFailed if status >= 500 else rejected
    return Err(kind.of(request, status=status, body=body, retry_after=wait))


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds to wait, 0 for a moment that has passed, None for nothing or nonsense.

    The header is a number of seconds or a date (RFC 9110, section 10.2.3).

    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> retry_after("120", noon), retry_after("Thu, 01 Jan 2026 12:00:05 GMT", noon)
    (120.0, 5.0)
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])  # a longer number is as good as for ever
    try:
        moment = parsedate_to_datetime(text)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max((zoned - now).total_seconds(), 0.0)
    except (ValueError, OverflowError):
        return None


def _accepted(
    request: Request, status: int, headers: Mapping[str, str], body: bytes, redirected: bool
) -> HttpResult:
    if request.method == "HEAD" or (not body and (status in (204, 205) or "content-type" not in headers)):
        return Ok(Response(status, headers, b"", None, redirected))
    wanted, data = request.options.accept, None
    actual = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = wanted == "application/json"
    if actual != wanted and wanted != "*/*" and not (is_json and actual.endswith("+json")):
        return Err(WrongContentType.of(request, expected=wanted, actual=actual))
    if is_json:
        try:
            data = _JSON.decode(body.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            return Err(MalformedBody.of(request, why=f"not JSON, in {len(body)} bytes", cause=error))
    return Ok(Response(status, headers, body, data, redirected))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


_JSON = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
