"""A body that may be compressed, read piece by piece and never decompressed beyond a limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

from infra_ref.gateway.errors import BodyTooLarge, MalformedBody
from infra_ref.gateway.port import HttpError, Request
from infra_ref.result import Err, Ok, Result

SHOWN = 64 * 1024
"""Bytes of a refusal's body that are kept."""


async def unpacked(
    request: Request, status: int, coding: str, pieces: AsyncIterable[bytes]
) -> Result[bytes, HttpError]:
    """Return the body; of a refusal, 3xx and above, as much as is kept.

    Otherwise BodyTooLarge, or MalformedBody for a damaged body and for a content
    coding that was not asked for. A generator of `pieces` is closed.
    """
    refused, body, received = status >= 300, bytearray(), 0
    limit = SHOWN if refused else request.options.max_body
    coding = coding.strip().lower()
    plain, unzip = coding in ("", "identity"), zlib.decompressobj(wbits=31)  # 31: with gzip's header
    try:
        async for piece in pieces:
            received += len(piece)
            body += piece if plain else _unzipped(unzip, coding, piece, limit - len(body) + 1)
            if len(body) > limit:
                break
        else:
            if received and not (plain or unzip.eof):
                raise zlib.error("compression cut short")
    except zlib.error as error:
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


def _unzipped(unzip: Any, coding: str, piece: bytes, most: int) -> bytes:
    if coding not in ("gzip", "x-gzip"):
        raise zlib.error(f"content coding {coding!r} was not asked for")
    piece = unzip.decompress(piece, most)
    if unzip.unused_data:
        raise zlib.error("more after the end of the compression")
    return piece
