"""The real servers that tests may ask for by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.valkey import running_valkey


@pytest.fixture(scope="session")
def valkey() -> Iterator[Path]:
    """Give the socket of a real Valkey, one for each process that runs tests."""
    with running_valkey() as path:
        yield path
