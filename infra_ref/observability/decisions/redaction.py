"""What must not leave: secrets by the name they go under, and by how they look in a text."""

from __future__ import annotations

import re
import traceback
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, cast

GONE = "***"
DEPTH = 8
"""Levels of nesting that are shown; what lies deeper is left out."""
LONGEST = 8 * 1024
"""Characters of one text that are shown."""
MOST = 1000
"""Items that are shown of all mappings and sequences of a record."""
FRAMES = 20
"""Frames of a traceback that are shown, the innermost ones."""

_SECRET_NAME = re.compile(
    r"(^|[^a-z])pass$|passw(or)?d|passphrase|passcode|pwd|secret|token|(api|private|access|account|encryption|signing|ssh).?key|credential"
    r"|^auth$|authorization|^(set.?)?cookie|session.?id|signature|idempotency.?key|^(x.)?csrf|^pin$|^otp$|card.?number|cvv|^(cvc|jwt|bearer|creds)$",
    re.IGNORECASE,
)

# A usual text holds nothing of these, so it is searched once; in lower case, quicker than IGNORECASE.
_SUSPECT = re.compile(
    r"pass|pwd|session.?id|secret|token|(?:api|private|access|account)[ _-]?key|auth[o ]|cookie"
    r"|credential|signature|bearer|basic|digest|negotiate|eyj|akia|asia|aiza|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|sk[-_]"
)
_CREDENTIALS = re.compile(r"://(?:[^\s/:?#@]*:(?!\d+[/?#])[^\s\"'<>]{0,256}|[^\s/?#]*)@")  # or with raw / ? #
_QUERY = re.compile(r"([?&][^\s=&#\"'<>]+=)[^\s&#\"'<>]+")
_GAP = r"(?:\s|\\[nrt]|\\x[0-9a-f]{2}|\\u[0-9a-f]{4})*"  # white space, also as it was made visible
# From a name to its value: quotes, those of JSON within JSON and of bytes too.
_TO_VALUE = rf"(?:\\?[\"'])?{_GAP}[=:]{_GAP}(?:b?\\?[\"'])?"
_NAME = r"(?:pass(?:wo?r?d|phrase|code)|pwd|\bpass(?==)|secret|token|key|credentials?|signature|session_?id)"
# Within quotes all up to the closing one.
_VALUE = r"(?:(?<=\\[\"'])[^\"'\\]+|(?<=\")(?:\\.|[^\"\\])+|(?<=')(?:\\.|[^'\\])+|[^\s\"',;&)}\]]+)"
_BLANKED = f"{{0[1]}}{GONE}".format  # the first group is kept, the rest is gone; quicker than a template
_IN_TEXT = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"(-----BEGIN [A-Z ]*KEY(?: BLOCK)?-----).*?(?=-----END|$)",
        r"((?:set-)?cookie[\"']?\s*[=:]\s*[\"']?)[^\"'}\n]+",
        rf"\b((?:bearer|basic|digest|negotiate|auth\s(?:plain|login|xoauth2))(?=\s|\\){_GAP})[\w~+/.=-]{{6,}}",
        rf"(authorization{_TO_VALUE})(?:(?<![\"'])[a-z][\w-]*\s+(?![\w.-]*[=:]))?{_VALUE}",
        rf"({_NAME}{_TO_VALUE}){_VALUE}",
        rf"(\(b?[\"'][\w-]*(?:{_NAME}|authorization|cookie)[\"'],\s*b?[\"']){_VALUE}",
        rf"((?<!-)--[\w-]{{0,40}}{_NAME}(?:[\"'],)?\s+[\"']?){_VALUE}",
        r"()\beyJ[\w-]+\.[\w-]+\.[\w-]*",  # a JSON web token, and keys that say whose they are
        r"()\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|(?:gh[pousr]|github_pat)_\w{20,}|glpat-[\w-]{20,}|xox[a-z]-[\w-]{10,}|sk[-_][\w-]{16,})",
    )
)


@lru_cache(maxsize=1024)
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
    if len(text) < 16 and text.isidentifier():
        return text
    # Made visible first: a sign that only looks like a space must not end a secret, or hide a name.
    text = (text if text.isprintable() else "".join(map(_visible, text[:LONGEST])))[:LONGEST]
    if "@" in text and "://" in text:
        text = _CREDENTIALS.sub(f"://{GONE}@", text)
    if "=" in text and ("?" in text or "&" in text):
        text = _QUERY.sub(_BLANKED, text)
    if _SUSPECT.search(text.lower()):
        for pattern in _IN_TEXT:
            text = pattern.sub(_BLANKED, text)
    return text


def redact(value: Any, depth: int = DEPTH) -> Any:
    """Return a copy of `value`, as plain data ready for JSON, with every secret gone.

    Looks into mappings, sequences, sets, and dataclasses without a `__str__`. Never raises: what cannot
    be shown is named by its type.
    """
    return _shown(value, depth, [MOST])


def about_error(error: BaseException | None) -> dict[str, Any]:
    """Return the fields that show an error: its type, its text, its origin; of None, no fields.

    Never the values of variables: a password is one of them somewhere.
    """
    if error is None:
        return {}
    stack = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    at = [f"{frame.name}:{frame.lineno}" for frame in stack]
    return {"exception": type(error).__name__, "why": redact(error), "at": at}


def _shown(value: Any, depth: int, room: list[int]) -> Any:
    try:
        return redact_text(value) if type(value) is str else _redacted(value, depth, room)
    except Exception as error:  # noqa: BLE001  a __str__ may raise anything
        return f"({type(value).__name__} that cannot be shown: {type(error).__name__})"


def _redacted(value: Any, depth: int, room: list[int]) -> Any:
    kind = type(value)
    if value is None or kind is bool or kind is float or (kind is int and abs(value) < 10**18):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"({len(value)} bytes)"
    if depth == 0:
        return "..."
    if kind is dict or isinstance(value, Mapping):
        shown: dict[str, Any] = {}
        for name, one in _first(value.items(), room):
            name = str(name)
            shown[redact_text(name)] = GONE if is_secret(name) else _shown(one, depth - 1, room)
        return shown
    if kind is tuple and len(value) == 2 and type(value[0]) is str and is_secret(value[0]):  # as of headers
        return [redact_text(value[0]), GONE]
    if isinstance(value, list | tuple | AbstractSet):
        return [_shown(one, depth - 1, room) for one in _first(cast("list[Any]", value), room)]
    if is_dataclass(value) and cast("Any", kind).__str__ is object.__str__ and not isinstance(value, type):
        held = {one.name: getattr(value, one.name) for one in fields(value) if one.repr}
        return {"type": kind.__name__} | cast("dict[str, Any]", _shown(held, depth - 1, room))
    return redact_text(str(value) or f"({kind.__name__})")


def _first(items: Collection[Any], room: list[int]) -> Iterable[Any]:
    most, room[0] = max(room[0], 0), room[0] - len(items)
    return items if len(items) <= most else islice(items, most)


def _visible(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
