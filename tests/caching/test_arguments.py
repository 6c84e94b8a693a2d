"""What a caller passes is checked at its edges."""

from __future__ import annotations

import math
from typing import Any

import pytest

from infra_ref.caching.decisions.arguments import (
    MAX_TTL,
    MILLISECOND,
    checked_key,
    checked_lease,
    checked_ttl,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, None),
        (60, 60),
        (0, 0.0),
        (-math.inf, 0.0),
        (1e-9, MILLISECOND),
        (MILLISECOND, MILLISECOND),
        (MAX_TTL, MAX_TTL),
        (10**400, MAX_TTL),
        (math.inf, MAX_TTL),
    ],
)
def test_a_time_to_live_is_brought_within_what_every_store_can_count(given: Any, kept: float | None) -> None:
    assert checked_ttl(given) == kept


@pytest.mark.parametrize("given", [0, -1, None])
def test_a_lease_lasts_more_than_no_time(given: Any) -> None:
    with pytest.raises(ValueError, match="above zero"):
        checked_lease(given)
    assert checked_lease(1e-9) == MILLISECOND


def test_a_key_is_returned_as_it_is() -> None:
    assert checked_key("é\x00") == "é\x00"
