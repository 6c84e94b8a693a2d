"""What it costs to build an infrastructure in memory, in a new interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.benchmarks.harness import Board

pytestmark = pytest.mark.bench

PACKAGES = ("pydantic", "pydantic-settings")
ROUNDS = 25

BARE = """
import asyncio
from pydantic_settings import BaseSettings

class Bare(BaseSettings):
    port: int = 8000

async def main():
    return Bare()

asyncio.run(main())
"""
BUILT = """
import asyncio
from infra_ref.sample.adapters.shop_settings import ShopSettings
from infra_ref.factory.build import build

async def main():
    async with build(ShopSettings(environment="test")) as infrastructure:
        return infrastructure

asyncio.run(main())
"""


def spent(code: str) -> float:
    """Return the seconds of processor time of a new interpreter: others do not disturb that much."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, "-c", code], env=kept)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


def test_an_infrastructure_in_memory_is_built_soon(board: Board) -> None:
    spent(BUILT)  # writes the bytecode
    rounds = [(spent(BARE), spent(BUILT)) for _ in range(ROUNDS)]
    more = [built - bare for bare, built in rounds]
    board.measure("build in memory, beyond an interpreter with pydantic", more, at_most=0.05)
    board.measure("an interpreter with pydantic", [bare for bare, _ in rounds])
