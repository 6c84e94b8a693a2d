"""The real servers that tests may ask for by name, and where figures go."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers.valkey import running_valkey

# `make test` tries the same examples each time, so that a red run can be had again; without
# the option, and in the deep runs, they are new ones.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write", action="store_true", help="write what benchmarks and the soak measure to site-src"
    )


def pytest_collection_finish() -> None:
    """Leave what was collected out of later garbage collections: a million objects, half a second each."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def valkey() -> Iterator[Path]:
    """Give the socket of a real Valkey, one for each process that runs tests."""
    with running_valkey() as path:
        yield path
