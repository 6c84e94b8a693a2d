"""Paths and contents that the rules of file storage share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

PART = 1024 * 1024

ALL_BYTES = bytes(range(256))

FINE_PATHS = (
    *("a", "a.txt", "a b", "a+b", "a%20b", "a%2fb", "%2e%2e/a", "a#b?c&d", "..a", "a..b", ".hidden", "~"),
    *("résumé.pdf", "re\u0301sume\u0301.pdf", "файл/文件/🗂.txt", "x" * 255, "deep/" * 100 + "file"),
    *("A", "partial", "console/comma", "b/.partial/c", "*", "'quoted'", '"', "<>|"),
)
"""Each is a file of its own."""

REFUSED_PATHS = (
    *("", "/", "/etc/passwd", "a//b", "a/", "//a", ".", "..", "../a", "a/../b", "a/..", "./a", "a/."),
    *("a\\b", "..\\a", "C:\\a", "C:a", "a:b", "a\0b", "a\nb", "\x7f", "a\ud800", "a.", "a ", "a /b", "a./b"),
    *("con", "NUL.txt", "a/Lpt1.tar.gz", ".partial", ".partial/a", ".Partial/a", "x" * 256, "é" * 128),
    *("nul .txt", "CONIN$", "com¹", "d/" * 600 + "f"),
)


async def streamed(*parts: bytes) -> AsyncIterator[bytes]:
    """Yield the parts, and let others run in between."""
    for part in parts:
        await asyncio.sleep(0)
        yield part


async def broken_off(*parts: bytes) -> AsyncIterator[bytes]:
    """Yield the parts, then raise OSError, as a client does that goes away in mid-upload."""
    async for part in streamed(*parts):
        yield part
    raise ConnectionResetError("the client is gone")


async def endless(part: bytes) -> AsyncIterator[bytes]:
    """Yield the part for ever."""
    while True:
        await asyncio.sleep(0)
        yield part
