"""A body that may be compressed, read piece by piece and never decompressed beyond a limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, AsyncIterator

from infra_ref.gateway.errors import BodyTooLarge, MalformedBody
from infra_ref.gateway.port import HttpError, Request
from infra_ref.result import Err, Ok, Result

SHOWN = 64 * 1024
"""Bytes of a refusal's body that are kept."""

_PLAIN, _GZIP = ("", "identity"), ("gzip", "x-gzip")
_GZIP_HEADER = 31  # what zlib's decompressobj takes for it


async def unpacked(
    request: Request, status: int, coding: str, pieces: AsyncIterable[bytes]
) -> Result[bytes, HttpError]:
    """Return the body; of a refusal, 3xx and above, as much as is kept.

    Otherwise BodyTooLarge, or MalformedBody for a damaged body and for a content
    coding that was not asked for.
    """
    refused = status >= 300
    body = _Body(request, coding.strip().lower(), SHOWN if refused else request.options.max_body)
    try:
        async for piece in pieces:
            body.feed(piece)
        body.finish()
    except _Unreadable as unreadable:
        if not refused:
            return Err(unreadable.error)
    return Ok(body.kept())


async def whole(body: bytes) -> AsyncIterator[bytes]:
    """Yield a body that is there already, as one piece."""
    yield body


class _Unreadable(Exception):
    def __init__(self, error: HttpError) -> None:
        self.error = error


class _Body:
    def __init__(self, request: Request, coding: str, limit: int) -> None:
        self._request, self._coding, self._limit = request, coding, limit
        self._unzip = zlib.decompressobj(_GZIP_HEADER) if coding in _GZIP else None
        self._kept, self._started = bytearray(), False

    def feed(self, piece: bytes) -> None:
        self._started = self._started or bool(piece)
        self._kept += piece if self._coding in _PLAIN else self._decompressed(piece)
        if len(self._kept) > self._limit:
            raise _Unreadable(BodyTooLarge.of(self._request, limit=self._limit))

    def finish(self) -> None:
        if self._unzip is not None and self._started and not self._unzip.eof:
            raise self._damaged("compression cut short")

    def kept(self) -> bytes:
        return bytes(self._kept[: self._limit])

    def _decompressed(self, piece: bytes) -> bytes:
        if self._unzip is None:
            raise self._damaged(f"content coding {self._coding!r} was not asked for")
        try:
            piece = self._unzip.decompress(piece, self._limit - len(self._kept) + 1)
        except zlib.error as error:
            raise self._damaged("damaged compression") from error
        if self._unzip.unused_data:
            raise self._damaged("more after the end of the compression")
        return piece

    def _damaged(self, why: str) -> _Unreadable:
        return _Unreadable(MalformedBody.of(self._request, why=why))
