"""Retry-After, in every form that peers send it (RFC 9110, section 10.2.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds to wait from `now` on, 0 for a moment that has passed, None for nothing or nonsense.

    >>> from datetime import datetime, UTC
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
