"""The board of a benchmark, and where its figures go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.harness import Board, machine

FIGURES = Path(__file__).resolve().parents[2] / "site-src" / "benchmarks"


@pytest.fixture(scope="module")
def board(request: pytest.FixtureRequest) -> Iterator[Board]:
    """Give the board of `test_PATTERN.py`; PACKAGES there names those whose versions are told."""
    module = request.module
    pattern = module.__name__.rpartition("test_")[2]
    board = Board(pattern, getattr(module, "PACKAGES", ()))
    yield board
    print(f"\n\n{board.table()}\n\n{', '.join(f'{name}: {value}' for name, value in machine().items())}\n")
    if request.config.getoption("--write"):
        board.write(FIGURES)
