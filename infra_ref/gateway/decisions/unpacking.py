"""A body that may be compressed, read piece by piece and never unfolded beyond a limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable

_GZIP = 31
"""zlib's word for a gzip header."""

_CODINGS = frozenset({"", "identity", "gzip", "x-gzip"})


class TooLarge(Exception):
    """The body has more bytes than allowed."""


class Damaged(Exception):
    """The body is not what its content coding says."""


class Unpacker:
    """Takes the pieces of a body and holds what they unfold to, at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._unfold: zlib._Decompress | None = None
        self._parts: list[bytes] = []
        self._left, self._started = limit, False

    def expect(self, coding: str) -> None:
        """Take Content-Encoding. Raises Damaged for one that was not asked for."""
        coding = coding.strip().lower()
        if coding not in _CODINGS:
            raise Damaged(f"content coding {coding!r} was not asked for")
        if coding not in ("", "identity"):
            self._unfold = zlib.decompressobj(_GZIP)

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge, or Damaged if it is damaged."""
        self._started = self._started or bool(piece)
        if self._unfold is not None:
            try:
                piece = self._unfold.decompress(piece, self._left + 1)
            except zlib.error as error:
                raise Damaged("damaged compression") from error
            if self._unfold.unused_data:
                raise Damaged("more after the end of the compression")
        self._parts.append(piece[: self._left])
        self._left -= len(piece)
        if self._left < 0:
            raise TooLarge

    def body(self) -> bytes:
        """Return the whole body. Raises Damaged if its compressed form was cut short."""
        if self._unfold is not None and self._started and not self._unfold.eof:
            raise Damaged("compression cut short")
        return self.kept()

    def kept(self) -> bytes:
        """Return what there is so far, never more than the limit."""
        return b"".join(self._parts)


async def unpacked(pieces: AsyncIterable[bytes], coding: str, limit: int, *, cut: bool) -> bytes:
    """Return what they unfold to. Raises TooLarge or Damaged, or if `cut`, returns what there is by then."""
    unpacker = Unpacker(limit)
    try:
        unpacker.expect(coding)
        async for piece in pieces:
            unpacker.feed(piece)
        return unpacker.body()
    except (TooLarge, Damaged):
        if cut:
            return unpacker.kept()
        raise
