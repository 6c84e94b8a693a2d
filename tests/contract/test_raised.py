"""What `raised` lets pass, and what it does not."""

from __future__ import annotations

import pytest

from infra_ref.contract import raised


def test_it_gives_the_exception() -> None:
    with raised(LookupError) as errors:
        raise KeyError("k")
    assert [error.args for error in errors] == [("k",)]


def test_a_block_that_raises_nothing_breaks_the_rule() -> None:
    with pytest.raises(AssertionError, match="expected KeyError, saw nothing was raised"), raised(KeyError):
        pass


def test_another_exception_shows_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), raised(KeyError) as errors:
        raise ZeroDivisionError
    assert errors == []


def test_what_was_tried_is_named() -> None:
    with pytest.raises(AssertionError, match=r"nothing was raised \(get\(7\)\)"), raised(KeyError, "get(7)"):
        pass
    with pytest.raises(ZeroDivisionError) as passed, raised(KeyError, "get(7)"):
        raise ZeroDivisionError
    assert passed.value.__notes__ == ["get(7)"]
