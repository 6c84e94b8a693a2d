"""What other processes do in a folder: `python -m tests.file_storage.at_work WHAT FOLDER`."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from infra_ref.contract import run
from infra_ref.file_storage.errors import FileChanged, FileExists, StorageUnavailable
from infra_ref.file_storage.local_file_storage import LocalFileStorage

SIZE = 3_000_000
"""Bytes of a version, which are all the same one."""


async def version(number: int) -> AsyncIterator[bytes]:
    for _ in range(SIZE // 100_000):
        yield bytes([number % 256]) * 100_000


async def overwrite(files: LocalFileStorage) -> None:
    """Write one version after another, until killed."""
    number = 0
    while True:
        number += 1
        await files.save("a", version(number), overwrite=True)
        if number == 1:
            print("began", flush=True)


async def create(files: LocalFileStorage) -> None:
    """Create 40 files that others create too; print how many were created here."""
    won = 0
    for number in range(40):
        try:
            await files.save(f"created/{number}", b"x")
            won += 1
        except FileExists:
            pass
    print(won)


async def count(files: LocalFileStorage) -> None:
    """Add 1 to a number in a file 25 times, and lose no other's addition."""
    for _ in range(25):
        while True:
            etag = (await files.metadata("number")).etag
            number = int(await files.read("number"))
            try:
                await files.save("number", str(number + 1).encode(), overwrite=etag)
                break
            except FileChanged:
                pass


async def come_and_go(files: LocalFileStorage) -> None:
    """Make folders and remove them, as others do."""
    for number in range(60):
        await files.save(f"deep/er/{number % 3}", b"x", overwrite=True)
        await files.delete(f"deep/er/{(number + 1) % 3}")


async def fill(files: LocalFileStorage) -> None:
    """Write more than fits."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    await files.save("a", b"old")
    for content in (b"x" * SIZE, version(1)):
        try:
            await files.save("a", content, overwrite=True)
        except StorageUnavailable as error:
            print(error)


async def give_away(files: LocalFileStorage) -> None:
    """Write as root, then as a user to whom the folders do not belong."""
    await files.save("a", b"of root")
    for folder in (Path(sys.argv[2]), Path(sys.argv[2], ".partial")):
        folder.chmod(0o777)
    os.setuid(65534)
    await files.save("a", b"of nobody", overwrite=True)


if __name__ == "__main__":
    run(globals()[sys.argv[1]](LocalFileStorage(sys.argv[2])))
