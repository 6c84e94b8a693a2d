"""A body that may be compressed, read piece by piece and never decompressed beyond a limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterable

from infra_ref.gateway.errors import BodyTooLarge, MalformedBody
from infra_ref.gateway.port import HttpError, Request
from infra_ref.result import Err, Ok, Result

SHOWN = 64 * 1024
"""Bytes of a refusal's body that are kept."""

_GZIP_HEADER = 31  # what zlib's decompressobj takes for it


async def unpacked(
    request: Request, status: int, coding: str, pieces: AsyncIterable[bytes]
) -> Result[bytes, HttpError]:
    """Return the body; of a refusal, 3xx and above, as much as is kept.

    Otherwise BodyTooLarge, or MalformedBody for a damaged body and for a content
    coding that was not asked for. A generator of `pieces` is closed.
    """
    refused, decoder, body = status >= 300, _Decoder(coding.strip().lower()), bytearray()
    limit = SHOWN if refused else request.options.max_body
    try:
        async for piece in pieces:
            body += decoder.decode(piece, limit - len(body) + 1)
            if len(body) > limit:
                break
        else:
            decoder.finish()
    except _Damaged as error:
        if not refused:
            return Err(MalformedBody.of(request, why=str(error), cause=error))
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()
    if len(body) > limit and not refused:
        return Err(BodyTooLarge.of(request, limit=limit))
    return Ok(bytes(body[:limit]))


async def whole(body: bytes) -> AsyncGenerator[bytes, None]:
    """Yield a body that is there already, as one piece."""
    yield body


class _Damaged(Exception):
    """The body is not what its content coding declares."""


class _Decoder:
    def __init__(self, coding: str) -> None:
        self._coding, self._started = coding, False
        self._unzip = zlib.decompressobj(_GZIP_HEADER) if coding in ("gzip", "x-gzip") else None

    def decode(self, piece: bytes, most: int) -> bytes:
        if self._coding in ("", "identity"):
            return piece
        if self._unzip is None:
            raise _Damaged(f"content coding {self._coding!r} was not asked for")
        self._started = self._started or bool(piece)
        try:
            piece = self._unzip.decompress(piece, most)
        except zlib.error as error:
            raise _Damaged("damaged compression") from error
        if self._unzip.unused_data:
            raise _Damaged("more after the end of the compression")
        return piece

    def finish(self) -> None:
        if self._unzip is not None and self._started and not self._unzip.eof:
            raise _Damaged("compression cut short")
