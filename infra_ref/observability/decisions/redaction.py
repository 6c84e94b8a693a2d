"""What must not leave: secrets by the name they go under, and by how they look in a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import Any, cast

GONE = "***"
DEPTH = 8
"""Levels of nesting that are shown; what lies deeper is left out."""
LONGEST = 8 * 1024
"""Characters of one text that are shown."""

_SECRET_NAME = re.compile(
    r"(^|[^a-z])pass$|passw(or)?d|passphrase|passcode|pwd|secret|token|api.?key|private.?key|credential|^auth$|authorization"
    r"|^(set.?)?cookie|session.?id|signature|idempotency.?key|^(x.)?csrf|^pin$|^otp$|card.?number|cvv",
    re.IGNORECASE,
)

# In running text. The first group is kept, the second is gone.
_IN_TEXT = (
    re.compile(r"([a-z][a-z0-9+.-]*://)([^\s/@]+)(?=@)", re.IGNORECASE),  # credentials in a URL
    re.compile(r"([?&][^\s=&#\"'<>]+=)([^\s&#\"'<>]+)"),  # every value of a query
    re.compile(r"\b((?:bearer|basic|digest|negotiate)\s+)([\w~+/.=-]{6,})", re.IGNORECASE),
    re.compile(r"()(\beyJ[\w-]+\.[\w-]+\.[\w-]*)"),  # a JSON web token
    re.compile(
        r"((?:[\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization|cookie))[\"']?\s*[=:]\s*[\"']?)"
        r"((?:bearer\s+|basic\s+)?[^\s\"',;&)}\]]+)",
        re.IGNORECASE,
    ),
)


def is_secret(name: str) -> bool:
    """Return whether what goes under this name must not be shown.

    >>> [is_secret(name) for name in ("Authorization", "db_password", "tokens_used", "author", "passenger")]
    [True, True, True, False, False]
    """
    return _SECRET_NAME.search(name) is not None


def redact_text(text: str) -> str:
    r"""Return `text` without what looks like a secret, and without what could forge a line of a log.

    >>> redact_text("GET https://ann:pw@api.test/a?key=abc failed\nlogin ok")
    'GET https://***@api.test/a?key=*** failed\\nlogin ok'
    """
    # Made visible first: a sign that only looks like a space must not end a secret, or hide a name.
    text = (text if text.isprintable() else "".join(map(_visible, text[:LONGEST])))[:LONGEST]
    for pattern in _IN_TEXT:
        text = pattern.sub(rf"\1{GONE}", text)
    return text


def redact(value: Any, depth: int = DEPTH) -> Any:
    """Return a copy of `value`, as plain data ready for JSON, with every secret gone.

    Looks into mappings, sequences, sets and dataclasses. Never raises: what
    cannot be shown is named by its type.
    """
    try:
        return _redacted(value, depth)
    except Exception as error:  # noqa: BLE001  a __str__ may raise anything
        return f"({type(value).__name__} that cannot be shown: {type(error).__name__})"


def _redacted(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"({len(value)} bytes)"
    if depth == 0:
        return "..."
    if is_dataclass(value) and not isinstance(value, type):
        shown = {one.name: getattr(value, one.name) for one in fields(value) if one.repr}
        return {"type": type(value).__name__} | cast("dict[str, Any]", redact(shown, depth - 1))
    if isinstance(value, Mapping):
        items = value.items()
        return {
            redact_text(str(name)): GONE if is_secret(str(name)) else redact(one, depth - 1)
            for name, one in items
        }
    if isinstance(value, list | tuple | AbstractSet):
        return [redact(one, depth - 1) for one in cast("list[Any]", value)]
    return redact_text(str(value))


def _visible(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
