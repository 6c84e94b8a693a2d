"""How long the commands take, Python's start included."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra_ref.workbench.copying.collection import own
from infra_ref.workbench.copying.library import Library
from tests.copying.bench import tell

pytestmark = pytest.mark.bench
TO = "src/shop/infra"


def seconds(cache: Path, *arguments: str) -> float:
    """Run the command as one would, with its bytecode compiled, and return the time on the wall."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ |= {"PYTHONPATH": str(own().tree.folder.parent)}
    started = time.perf_counter()
    command = [sys.executable, "-m", "infra_ref.workbench.cli", *arguments]
    subprocess.run(command, check=True, capture_output=True, env=environ)
    return time.perf_counter() - started


@pytest.mark.parametrize(("command", "most"), [("--help", 0.15), ("list", 0.4)])
def test_what_one_looks_at_first(tmp_path: Path, command: str, most: float) -> None:
    took = [computing(tmp_path, command) for _ in range(8)]
    print(f"\n{command}: {min(took[1:]) * 1000:.0f} ms, {took[0] * 1000:.0f} ms the first time")
    assert min(took[1:]) < most


def computing(cache: Path, *arguments: str) -> float:
    """Run the command, and return the seconds that a processor worked for it: others may work beside."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds(cache, *arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_add(project: Path, tmp_path: Path) -> None:
    took = []
    for _ in range(6):
        took.append(seconds(tmp_path, "add", "caching/redis_cache", "--to", TO))
        shutil.rmtree(project / "src")
        shutil.rmtree(project / "tests")
    print(f"\nadd caching/redis_cache: {min(took[1:]):.2f} s")
    assert min(took[1:]) < 1


def test_status(project: Path, tmp_path: Path) -> None:
    tell("add", *Library(own()).items(), "--to", TO)
    files = len(tell("status")["files"])
    took = [seconds(tmp_path, "status") for _ in range(6)]
    print(f"\nstatus of {files} files: {min(took[1:]) * 1000:.0f} ms")
    assert files >= 100
    assert min(took[1:]) < 0.3
