"""How long to wait between attempts."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.backoff import Backoff


def test_without_jitter_the_wait_doubles_up_to_the_longest() -> None:
    waits = [Backoff(base=0.5, longest=3.0, jitter=0).wait(attempt) for attempt in range(1, 5)]
    assert waits == [1.0, 2.0, 3.0, 3.0]


def test_the_first_wait_is_twice_the_base() -> None:
    assert Backoff(jitter=0).wait(1) == 2.0


@given(
    base=st.floats(0, 1e6),
    longest=st.floats(0, 1e6),
    jitter=st.floats(0, 1),
    attempt=st.integers(1, 5000),
    seed=st.integers(),
)
def test_a_wait_stays_between_its_share_and_its_ceiling(
    base: float, longest: float, jitter: float, attempt: int, seed: int
) -> None:
    backoff = Backoff(base=base, longest=longest, jitter=jitter)
    ceiling = Backoff(base=base, longest=longest, jitter=0).wait(attempt)
    wait = backoff.wait(attempt, random.Random(seed).random)
    assert 0 <= ceiling * (1 - jitter) * (1 - 1e-9) <= wait <= ceiling <= longest


def test_full_jitter_spreads_over_the_whole_wait() -> None:
    rng = random.Random(7)
    waits = [Backoff().wait(1, rng.random) for _ in range(1000)]
    assert min(waits) < 0.01
    assert max(waits) > 1.99


def test_a_seed_repeats_a_run() -> None:
    one, two = random.Random(7), random.Random(7)
    assert [Backoff().wait(n, one.random) for n in range(1, 9)] == [
        Backoff().wait(n, two.random) for n in range(1, 9)
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [(name, value) for name in ("base", "longest") for value in (-1, float("inf"), float("nan"))]
    + [("jitter", -0.1), ("jitter", 1.1), ("jitter", float("nan"))],
)
def test_a_value_out_of_range_is_refused_by_name(field: str, value: float) -> None:
    values: dict[str, Any] = {field: value}
    with pytest.raises(ValueError, match=f"^{field} is a"):
        Backoff(**values)


@pytest.mark.parametrize("attempt", [0, -1])
def test_attempts_are_counted_from_one(attempt: int) -> None:
    with pytest.raises(ValueError, match="attempts are counted from 1"):
        Backoff().wait(attempt)
