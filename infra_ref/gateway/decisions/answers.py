"""What an answer means: status, content type and body to a `Result`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from infra_ref.gateway.decisions.retry_after import retry_after
from infra_ref.gateway.port import (
    HttpError,
    MalformedBody,
    NotModified,
    RateLimited,
    Redirected,
    Rejected,
    Request,
    Response,
    ServerFailed,
    TryAgain,
    WrongContentType,
    safe_url,
)
from infra_ref.result import Err, Ok, Result

SHOWN = 64 * 1024
"""Bytes of a refusal's body that are kept."""

ASKS_AGAIN = frozenset({408, 425})


def interpret(
    request: Request,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    redirected: bool = False,
) -> Result[Response, HttpError]:
    """Return what the answer comes to. `headers` has lower-case names; `body` is decompressed.

    `redirected` says that a redirect led to it.
    """
    if 200 <= status < 300:
        return _accepted(request, status, headers, body, redirected)
    if status == 304:
        return Err(NotModified.of(request, headers=headers, redirected=redirected))
    if 300 <= status < 400:
        to = headers.get("location")
        return Err(Redirected.of(request, status=status, location=None if to is None else safe_url(to)))
    wait = retry_after(headers.get("retry-after"), now)
    more: dict[str, Any] = {"status": status, "body": body[:SHOWN], "retry_after": wait}
    if status >= 500:
        return Err(ServerFailed.of(request, **more))
    kind = RateLimited if status == 429 else TryAgain if status in ASKS_AGAIN else Rejected
    return Err(kind.of(request, **more))


def _accepted(
    request: Request, status: int, headers: Mapping[str, str], body: bytes, redirected: bool
) -> Result[Response, HttpError]:
    if request.method == "HEAD" or (not body and (status in (204, 205) or "content-type" not in headers)):
        return Ok(Response(status, headers, b"", None, redirected))
    wanted = request.options.accept
    seen = headers.get("content-type", "").partition(";")[0].strip().lower()
    if wanted == "application/json":
        if seen != wanted and not seen.endswith("+json"):
            return Err(WrongContentType.of(request, expected=wanted, seen=seen))
        try:
            return Ok(Response(status, headers, body, _JSON.decode(body.decode("utf-8-sig")), redirected))
        except (ValueError, RecursionError) as error:
            return Err(MalformedBody.of(request, why=f"not JSON, in {len(body)} bytes", cause=error))
    if wanted not in ("*/*", seen):
        return Err(WrongContentType.of(request, expected=wanted, seen=seen))
    return Ok(Response(status, headers, body, None, redirected))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_JSON = json.JSONDecoder(parse_constant=_refuse)  # made once: each json.loads with an option makes its own
