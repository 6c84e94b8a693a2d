"""What callers pass to a cache, checked the same way by every adapter: keys, times to live, patterns."""

from __future__ import annotations

import re

MILLISECOND = 0.001
MAX_TTL = 100 * 365 * 24 * 3600.0
"""Seconds. A longer time to live is kept as this one, so that every store can count it."""


def checked_key(key: str) -> str:
    """Return `key`. Raises TypeError if it is not a str, ValueError if UTF-8 cannot hold it."""
    if not isinstance(key, str):
        raise TypeError(f"a cache key is a str, not {type(key).__name__}: write str(...) around it")
    try:
        key.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"a cache key is text that UTF-8 can hold; {key!a} has a lone surrogate") from error
    return key


def checked_ttl(ttl: float | None) -> float | None:
    """Return the seconds to live: None for no limit, 0 for over at once, else 0.001 to `MAX_TTL`.

    Raises ValueError for NaN, TypeError for what is not a number.
    """
    if ttl is None:
        return None
    if isinstance(ttl, bool) or not isinstance(ttl, int | float):
        kind = type(ttl).__name__
        raise TypeError(f"ttl is seconds or None, not {kind}; of a timedelta, write .total_seconds()")
    if not (ttl <= 0 or ttl > 0):
        raise ValueError("ttl is a number of seconds or None, not NaN")
    return 0.0 if ttl <= 0 else min(max(ttl, MILLISECOND), MAX_TTL)


def checked_lease(seconds: float) -> float:
    """Return the seconds that a lease lasts, 0.001 to `MAX_TTL`.

    Raises ValueError for None, zero, less, or NaN, TypeError for what is not a number.
    """
    if not (checked := checked_ttl(seconds)):
        raise ValueError(f"a lease lasts a number of seconds above zero, not {seconds!r}")
    return checked


def matching(pattern: str) -> re.Pattern[str]:
    r"""Return the regular expression of a key pattern; use its `fullmatch`.

    `*` matches any run of characters, `?` one; `\` takes the next character
    literally, and so is every other character.

    >>> bool(matching("user:*").fullmatch("user:7"))
    True
    >>> bool(matching(r"what\?").fullmatch("whatever"))
    False
    """
    between = [""]
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        if part == "*":
            between.append("")
        else:
            between[-1] += "." if part == "?" else re.escape(part[-1])
    first, *more = between
    # Atomic groups: each piece matches where it first fits. Plain `.*` would backtrack exponentially.
    fitted = "".join(f"(?>.*?{piece})" for piece in more[:-1])
    return re.compile(first + fitted + (".*" + more[-1] if more else ""), re.DOTALL)
