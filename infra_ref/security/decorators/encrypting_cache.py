"""`EncryptingCache`: whoever reads the cache's store reads no values."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

from infra_ref.caching.codec_port import Codec, UndecodableError
from infra_ref.caching.leasing_port import Lease, LeasingCache
from infra_ref.caching.port import ABSENT
from infra_ref.result import UnwrapError
from infra_ref.security.port import Sealer

V = TypeVar("V")
D = TypeVar("D")

_ABSENT, _VALUE = b"\x00", b"\x01"
"""How what is sealed begins: codecs know no `ABSENT`."""


class EncryptingCache(Generic[V]):
    """A `LeasingCache` around one of texts. Values are encoded, sealed for their key, and kept as base64.

    What cannot be opened is a miss: changed, of a key that was dropped, or moved from elsewhere.
    Keys, and how long a value is, stay readable.
    """

    def __init__(self, inner: LeasingCache[str], *, sealer: Sealer, codec: Codec[V]) -> None:
        self.inner, self._sealer, self._codec = inner, sealer, codec

    @property
    def lacks(self) -> Mapping[str, str]:
        """What the inner one cannot be held to, this one cannot either."""
        return getattr(self.inner, "lacks", {})

    async def get(self, key: str, default: D | None = None) -> V | D | None:
        return (await self.get_multiple([key])).get(key, default)

    async def set(self, key: str, value: V, *, ttl: float | None = None) -> None:
        await self.inner.set(key, self._sealed(key, value), ttl=ttl)

    async def delete(self, key: str) -> bool:
        return await self.inner.delete(key)

    async def exists(self, key: str) -> bool:
        return key in await self.get_multiple([key])

    async def clear(self) -> None:
        await self.inner.clear()

    async def get_multiple(self, keys: Iterable[str]) -> dict[str, V]:
        kept = await self.inner.get_multiple(keys)
        opened = {key: self._opened(key, text) for key, text in kept.items()}
        return {key: found[0] for key, found in opened.items() if found}

    async def set_multiple(self, items: Mapping[str, V], *, ttl: float | None = None) -> None:
        sealed = {key: self._sealed(key, value) for key, value in items.items()}
        await self.inner.set_multiple(sealed, ttl=ttl)

    async def delete_multiple(self, keys: Iterable[str]) -> int:
        return await self.inner.delete_multiple(keys)

    async def invalidate_pattern(self, pattern: str) -> int:
        return await self.inner.invalidate_pattern(pattern)

    async def lease(self, key: str, *, seconds: float, live: bool = False) -> Lease | None:
        return await self.inner.lease(key, seconds=seconds, live=live)

    async def fill(self, lease: Lease, value: V, *, ttl: float | None = None) -> bool:
        return await self.inner.fill(lease, self._sealed(lease.key, value), ttl=ttl)

    async def release(self, lease: Lease) -> None:
        await self.inner.release(lease)

    def _sealed(self, key: str, value: V) -> str:
        plain = _ABSENT if value is ABSENT else _VALUE + self._codec.encode(value)
        return b64encode(self._sealer.seal(plain, context=_context(key))).decode()

    def _opened(self, key: str, text: Any) -> tuple[V] | None:
        """Return the value in a tuple, for the value may be None; None where it cannot be opened."""
        try:
            plain = self._sealer.open(b64decode(text, validate=True), context=_context(key)).unwrap()
            return (cast("V", ABSENT) if plain == _ABSENT else self._codec.decode(plain[len(_VALUE) :]),)
        except (UnwrapError, ValueError, TypeError, UndecodableError):  # the others: no base64, text, value
            return None


def _context(key: object) -> bytes:
    # What is no key at all is refused by the inner cache, with its own words.
    return str(key).encode(errors="surrogatepass")
