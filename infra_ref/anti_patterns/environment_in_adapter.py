"""The environment read in an adapter: two shops in one process cannot differ."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from infra_ref.result import Ok, Result
from infra_ref.security.aead_sealer import AeadSealer
from infra_ref.security.errors import NotOpened
from infra_ref.security.port import Sealer

UNIT = "of 2 shops can open what the other sealed"

MakeSealer = Callable[[Mapping[str, str]], Sealer]


class ShopSealer:
    """Seals with the key that the environment names."""

    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        """Return `plain` sealed."""
        return AeadSealer([self._key()]).seal(plain, context=context)

    def open(self, sealed: bytes, *, context: bytes = b"") -> Result[bytes, NotOpened]:
        """Return what was sealed."""
        return AeadSealer([self._key()]).open(sealed, context=context)

    def _key(self) -> bytes:
        return bytes.fromhex(os.environ.get("SHOP_KEY", "00" * 32))


def bad(settings: Mapping[str, str]) -> Sealer:
    """Make a sealer; its settings are where it looks for them."""
    return ShopSealer()


def repaired(settings: Mapping[str, str]) -> Sealer:
    """Make a sealer with its keys, the newest first."""
    return AeadSealer([bytes.fromhex(key) for key in settings["SHOP_KEY"].split()])


async def measure(make: MakeSealer) -> int:
    """Return how many of two shops, each with a key of its own, open the other's value."""
    tea, lamps = (make({"SHOP_KEY": key * 32}) for key in ("a1", "b2"))
    return sum(isinstance(one.open(other.seal(b"")), Ok) for one, other in ((tea, lamps), (lamps, tea)))
