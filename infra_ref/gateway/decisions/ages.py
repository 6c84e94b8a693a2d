"""How old an answer is, and how long it says that it lives, by the moments in its headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime

LONGEST = 2**31 - 1
"""Seconds; a longer life is as good as this one (RFC 9111, section 1.2.2)."""


def moment(header: str | None) -> int | None:
    """Return the moment of a date header in seconds since 1970, None for nothing or nonsense."""
    try:
        parsed = parsedate_to_datetime(header or "")
        return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def stamp(seconds: float) -> str:
    """Return that moment as a date header."""
    return formatdate(seconds, usegmt=True)


def age_on_arrival(headers: Mapping[str, str], now: datetime, delay: float) -> float:
    """Return how many seconds old it is, `delay` seconds after it was asked for (RFC 9111, section 4.2.3).

    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> age_on_arrival({"date": "Thu, 01 Jan 2026 11:59:50 GMT", "age": "30"}, noon, 0.5)
    30.5
    """
    date, told = moment(headers.get("date")), headers.get("age", "").partition(",")[0].strip()
    apparent = 0.0 if date is None else max(now.timestamp() - date, 0.0)
    on_the_way = float(told[:10]) if told.isascii() and told.isdigit() else 0.0
    return max(apparent, on_the_way + delay)


def life_by_expires(headers: Mapping[str, str]) -> int | None:
    """Return for how many seconds after its Date it lives by Expires; None without, -1 for nonsense."""
    if "expires" not in headers:
        return None
    expires, date = moment(headers["expires"]), moment(headers.get("date"))
    if expires is None or date is None:
        return -1
    return max(-1, min(expires - date, LONGEST))
