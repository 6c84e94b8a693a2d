"""What an endpoint may be: a service, and a path that stays within it."""

from __future__ import annotations

import re
from urllib.parse import unquote

from infra_ref.gateway.port import safe_url

_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


def why_not_called(endpoint: str) -> str | None:
    """Return why this cannot be an endpoint, None if it is one.

    A path leaves its service where whoever reads the URL on its way may take a
    part of it for a step up or for another host: `..`, `//`, a backslash, all
    of them also when percent-encoded, and before a `;`, which some servers cut off.

    >>> why_not_called("users/7/orders?page=2")
    >>> why_not_called("users/../admin")
    "the path of 'users/../admin' leaves its service"
    """
    service, _, rest = endpoint.partition("/")
    if not _SERVICE.fullmatch(service):
        return "an endpoint is a service and a path, as in 'users/7', and this one names no service"
    path = _decoded(re.split(r"[?#]", rest, maxsplit=1)[0])
    steps = [step.partition(";")[0] for step in path.split("/")]
    leaves = "\\" in path or not path.isprintable() or {".", ".."} & set(steps) or "" in steps[:-1]
    return f"the path of {safe_url(endpoint)!r} leaves its service" if leaves else None


def _decoded(path: str) -> str:
    while (once := unquote(path)) != path:
        path = once
    return path
