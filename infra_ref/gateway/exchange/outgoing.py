"""What goes out: the headers and the body of a request."""

from __future__ import annotations

import json

from infra_ref.gateway.port import Request


def outgoing(request: Request) -> tuple[dict[str, str], bytes | None]:
    """Return headers, with lower-case names, and body.

    Raises TypeError or ValueError for data that is not JSON.
    """
    options, body = request.options, None
    headers = {"accept": options.accept, "accept-encoding": "gzip"}
    if isinstance(request.data, bytes):
        headers["content-type"], body = "application/octet-stream", request.data
    elif request.data is not None:
        text = json.dumps(request.data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        headers["content-type"], body = "application/json", text.encode()
    headers |= {name.lower(): value for name, value in options.headers.items()}
    if options.idempotency_key is not None:
        headers["idempotency-key"] = options.idempotency_key
    if options.authentication is not None:
        headers |= {name.lower(): value for name, value in options.authentication.headers().items()}
    return headers, body
