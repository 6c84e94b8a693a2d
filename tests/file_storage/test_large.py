"""A file that is larger than memory may be goes in and out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.file_storage.s3 import S3

ROOT = Path(__file__).resolve().parents[2]
AT_MOST = 64
"""MiB by which memory may grow."""


def growth(url: str, mib: int) -> list[int]:
    """Return by how many MiB memory grew in a process of its own: while saving, and in all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.file_storage.large", url, str(mib)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [int(number) for number in done.stdout.split()]


SIZES = pytest.mark.parametrize("mib", [100, pytest.param(1024, marks=pytest.mark.deep)])


@pytest.mark.timeout(300)
@SIZES
def test_through_the_s3_api(s3: S3, mib: int) -> None:
    options = f"endpoint={s3.url}&access_key_id=test&secret_access_key=test"
    assert max(growth(f"s3://{s3.bucket()}?{options}", mib)) < AT_MOST


@pytest.mark.timeout(300)
@SIZES
def test_in_a_folder(tmp_path: Path, mib: int) -> None:
    assert max(growth(f"file://{tmp_path}", mib)) < AT_MOST
