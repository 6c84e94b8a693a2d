"""What every `TokenStore` promises."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from infra_ref.contract import Contract, Passing, raised, rule, tool
from infra_ref.security.errors import StoreUnavailable
from infra_ref.security.token_port import TokenStore

BRIEFLY = 0.2
"""Seconds. Short, for a server's clock cannot be moved on."""


class TokenStoreContract(Contract):
    """A store of its own for each rule."""

    port = TokenStore
    outage: Any = tool("has `cut` and `restore`, which take the store away and give it back")

    @rule("STORE-01", "of 50 who spend a token at once, one is the first")
    async def once(self, store: TokenStore) -> None:
        spent = await asyncio.gather(*(store.spend("a", seconds=60) for _ in range(50)))
        assert spent.count(True) == 1
        assert await store.spend("b", seconds=60) is True

    @rule("STORE-02", "a session that was revoked is, and no other")
    async def revokes(self, store: TokenStore) -> None:
        await store.revoke("a", seconds=60)
        assert [await store.is_revoked(one) for one in ("a", "b")] == [True, False]

    @rule("STORE-03", "what is spent and what is revoked have nothing to do with each other")
    async def apart(self, store: TokenStore) -> None:
        assert await store.spend("b", seconds=60) is True
        assert await store.is_revoked("b") is False
        await store.revoke("a", seconds=60)
        assert await store.spend("a", seconds=60) is True

    @rule("STORE-04", "it forgets after the seconds that it was given, and not before")
    async def forgets(self, store: TokenStore, clock: Passing) -> None:
        await store.revoke("a", seconds=BRIEFLY)
        await store.spend("a", seconds=BRIEFLY)
        assert (await store.is_revoked("a"), await store.spend("a", seconds=BRIEFLY)) == (True, False)
        await clock.advance(BRIEFLY * 2)
        assert (await store.is_revoked("a"), await store.spend("a", seconds=BRIEFLY)) == (False, True)

    @rule("STORE-05", "a store that is away raises StoreUnavailable in time, and works again when it is back")
    async def away(self, store: TokenStore, outage: Any) -> None:
        await outage.cut()
        begun = time.monotonic()
        with raised(StoreUnavailable):
            await store.is_revoked("a")
        with raised(StoreUnavailable):
            await store.spend("a", seconds=60)
        with raised(StoreUnavailable):
            await store.revoke("a", seconds=60)
        assert time.monotonic() - begun < 6
        await outage.restore()
        assert await store.is_revoked("a") is False
