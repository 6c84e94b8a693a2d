"""Save and read a large file, and print by how much memory grew: `-m tests.file_storage.large URL MIB`."""

from __future__ import annotations

import resource
import sys
import zlib
from collections.abc import AsyncIterator

from infra_ref.contract import run
from infra_ref.file_storage.make_file_storage import make_file_storage

MIB = 1024 * 1024


def peak() -> int:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (MIB if sys.platform == "darwin" else 1024)


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
        print(saved - before, peak() - before)


if __name__ == "__main__":
    run(main(sys.argv[1], int(sys.argv[2])))
