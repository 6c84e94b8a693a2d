"""Processes that share a folder, and such as die in the middle of a write."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from infra_ref.contract import run
from infra_ref.file_storage.local_file_storage import LocalFileStorage
from tests.file_storage.at_work import SIZE

ROOT = Path(__file__).resolve().parents[2]


def begin(what: str, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.file_storage.at_work", what, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def printed(what: str, folder: Path, times: int) -> list[str]:
    working = [begin(what, folder) for _ in range(times)]
    printed = [one.communicate(timeout=60)[0] for one in working]
    assert [one.returncode for one in working] == [0] * times
    return printed


def unfinished(folder: Path) -> list[Path]:
    return list((folder / ".partial").iterdir())


def test_each_file_is_created_by_one_process(tmp_path: Path) -> None:
    assert sum(map(int, printed("create", tmp_path, 3))) == 40


def test_no_addition_is_lost_between_processes(tmp_path: Path) -> None:
    run(LocalFileStorage(tmp_path).save("number", b"0"))
    printed("count", tmp_path, 3)
    assert run(LocalFileStorage(tmp_path).read("number")) == b"75"


def test_a_folder_that_another_removes_is_made_again(tmp_path: Path) -> None:
    printed("come_and_go", tmp_path, 3)
    assert unfinished(tmp_path) == []


def killed(folder: Path, seed: int) -> int:
    """Kill a writer at some moment; return how many unfinished files that left until the next write."""
    files, writer = LocalFileStorage(folder), begin("overwrite", folder)
    assert writer.stdout is not None
    try:
        assert writer.stdout.readline() == "began\n"
        time.sleep(random.Random(seed).uniform(0, 0.1))
    finally:
        writer.kill()
        writer.communicate(timeout=10)
    content = run(files.read("a"))
    assert content == content[:1] * SIZE, f"seed {seed}"
    left = len(unfinished(folder))
    run(files.save(f"after {seed}", b"x"))
    assert unfinished(folder) == []
    return left


@pytest.mark.parametrize("times", [4, pytest.param(100, marks=pytest.mark.deep)])
def test_a_killed_write_leaves_the_old_file_or_the_new_one(tmp_path: Path, times: int) -> None:
    hit = sum(killed(tmp_path, seed) for seed in range(times))
    more = iter(range(times, times + 40))
    while not hit:  # none was in the middle of a write: such moments are few on a busy machine
        hit = killed(tmp_path, next(more))


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path) -> None:
    assert printed("fill", tmp_path, 1) == ["'a' was not reached: File too large\n" * 2]
    assert run(LocalFileStorage(tmp_path).read("a")) == b"old"
    assert unfinished(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_folder_of_another_user_is_written() -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own would let no other user in
        printed("give_away", Path(folder), 1)
        assert run(LocalFileStorage(folder).read("a")) == b"of nobody"
