"""What a file storage in a folder costs, beside a plain atomic write."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra_ref.contract import run
from infra_ref.file_storage.local_file_storage import LocalFileStorage
from tests.benchmarks.harness import Board, Rival

pytestmark = pytest.mark.bench

PACKAGES = ()
KIB = 1024


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder on the disk, where fsync costs what it costs; /tmp may be memory."""
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as place:
        yield Path(place)


def write_plainly(path: Path, content: bytes) -> None:
    """Write as safely: a file beside it, flushed to the disk, renamed, and the folder flushed."""
    partial = path.with_name(secrets.token_hex(8))
    with partial.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


@pytest.mark.parametrize(("size", "named"), [(4 * KIB, "4 KiB"), (1024 * KIB, "1 MiB")])
def test_save(board: Board, folder: Path, size: int, named: str) -> None:
    files, content = LocalFileStorage(folder / "ours"), secrets.token_bytes(size)
    (folder / "theirs").mkdir()

    async def ours() -> None:
        await files.save("file", content, overwrite=True)

    async def plain() -> None:
        await asyncio.to_thread(write_plainly, folder / "theirs" / "file", content)

    # At least 0.9 × the speed is at most 1.11 × the time.
    run(board.compare(f"save {named} in a folder", ours, Rival("a plain atomic write", plain, at_most=1.11)))


def test_read(board: Board, folder: Path) -> None:
    files = LocalFileStorage(folder)

    async def ours() -> bytes:
        return await files.read("file")

    async def plain() -> bytes:
        return await asyncio.to_thread((folder / "file").read_bytes)

    async def compare() -> None:
        await files.save("file", secrets.token_bytes(4 * KIB))
        await board.compare("read 4 KiB from a folder", ours, Rival("read_bytes in a thread", plain))

    run(compare())
