"""Patterns match what they say, in little time."""

from __future__ import annotations

import time

from hypothesis import example, given
from hypothesis import strategies as st

from infra_ref.caching.decisions.arguments import matching


def plainly_matches(pattern: str, key: str) -> bool:
    """Say so by the definition, one character at a time."""
    if not pattern:
        return not key
    if pattern[0] == "*":
        return any(plainly_matches(pattern[1:], key[skipped:]) for skipped in range(len(key) + 1))
    if pattern[0] == "\\" and len(pattern) > 1:
        return key[:1] == pattern[1] and plainly_matches(pattern[2:], key[1:])
    return bool(key) and pattern[0] in ("?", key[0]) and plainly_matches(pattern[1:], key[1:])


@given(st.text("ab*?\\\n", max_size=7), st.text("ab*?\\\n", max_size=7))
@example("a*b*", "aab")
@example("*ab", "aab")
@example("a\\", "a\\")
def test_a_pattern_matches_what_it_says(pattern: str, key: str) -> None:
    assert bool(matching(pattern).fullmatch(key)) == plainly_matches(pattern, key)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    began = time.monotonic()
    assert matching("*a" * 50 + "b").fullmatch("a" * 1000) is None
    assert time.monotonic() - began < 10
