"""Save and read a large file, and print by how much memory grew: `-m tests.file_storage.large URL MIB`."""

from __future__ import annotations

import os
import re
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

from infra_ref.contract import run
from infra_ref.file_storage.make_file_storage import make_file_storage

MIB = 1024 * 1024


def peak() -> float:
    """Return the most memory that this process has had, in MiB (getrusage would tell the parent's)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024


async def parts(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield number.to_bytes(4) * (MIB // 4)


async def check(content: AsyncIterator[bytes]) -> tuple[int, int]:
    size = crc = 0
    async for piece in content:
        size, crc = size + len(piece), zlib.crc32(piece, crc)
    return size, crc


async def main(url: str, count: int) -> None:
    async with make_file_storage(url) as files:
        await files.save("small", b"x" * MIB)
        await files.read("small")
        before, wanted = peak(), await check(parts(count))
        await files.save("large", parts(count))  # where there is no file: the condition holds for it too
        saved = peak()
        assert await check(files.stream("large")) == wanted
        print(round(saved - before), round(peak() - before))


if __name__ == "__main__":
    run(main(sys.argv[1], int(sys.argv[2])))
    sys.stdout.flush()
    os._exit(0)  # one of obstore's threads may still hold a Python object: 3.11 aborts some processes for it
