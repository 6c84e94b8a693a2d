"""What every `PasswordHasher` promises."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.result import Err, Ok
from infra_ref.security.port import PasswordHasher, Verified

RIGHT = "correct horse battery staple"


class PasswordHasherContract(Contract):
    """`weaker` makes a hasher as it was years ago, at lower cost."""

    port = PasswordHasher
    weaker: Any = tool("a function that returns a hasher of lower cost")

    @rule("PASS-01", "the right password is let in, and no other")
    async def lets_in(self, hasher: PasswordHasher) -> None:
        stored = await hasher.hash(RIGHT)
        assert await hasher.verify(RIGHT, stored) == Ok(Verified())
        for wrong in ("", RIGHT + " ", RIGHT[:-1], RIGHT.upper(), stored):
            assert isinstance(await hasher.verify(wrong, stored), Err)

    @rule("PASS-02", "two users with one password have different hashes, and neither shows it")
    async def salted(self, hasher: PasswordHasher) -> None:
        one, other = await hasher.hash(RIGHT), await hasher.hash(RIGHT)
        assert one != other
        assert "horse" not in one

    @rule("PASS-03", "a hash of lower cost is upgraded at login, once")
    async def upgrades(self, hasher: PasswordHasher, weaker: Any) -> None:
        verified = await hasher.verify(RIGHT, await weaker().hash(RIGHT))
        assert isinstance(verified, Ok)
        upgraded = verified.value.upgraded
        assert upgraded is not None
        assert await hasher.verify(RIGHT, upgraded) == Ok(Verified())

    @rule("PASS-04", "a hash that is damaged or foreign lets nobody in, and raises nothing")
    async def damaged(self, hasher: PasswordHasher) -> None:
        stored = await hasher.hash(RIGHT)
        for bad in (stored[:-1], stored[:20], "", "$2b$12$abc", "plain text", RIGHT, "\ud800"):
            assert isinstance(await hasher.verify(RIGHT, bad), Err)

    @rule(
        "PASS-05",
        "to refuse an unknown user takes as long as a wrong password, and looks the same",
    )
    async def unknown_user(self, hasher: PasswordHasher) -> None:
        stored = await hasher.hash(RIGHT)
        refused = await hasher.verify("wrong", stored)
        assert repr(await hasher.verify("wrong", None)) == repr(refused)

        took: dict[str | None, list[float]] = {None: [], stored: []}
        for _ in range(7):  # by turns, for the machine has other things to do
            for known, times in took.items():
                begun = time.perf_counter()
                await hasher.verify("wrong", known)
                times.append(time.perf_counter() - begun)
        assert min(took[None]) > min(took[stored]) / 4

    @rule("PASS-06", "a password is the same from any keyboard, composed or not")
    async def normal(self, hasher: PasswordHasher) -> None:
        assert isinstance(await hasher.verify("cafe\u0301", await hasher.hash("caf\u00e9")), Ok)

    @rule("PASS-07", "a password that is too long or no text is refused")
    async def too_long(self, hasher: PasswordHasher) -> None:
        stored = await hasher.hash(RIGHT)
        for bad in ("a" * 1_000_000, "\ud800"):
            assert isinstance(await hasher.verify(bad, stored), Err)
            try:
                await hasher.hash(bad)
            except ValueError:
                continue
            raise AssertionError("it was hashed")

    @rule("PASS-08", "others get on while a password is hashed")
    async def gives_way(self, hasher: PasswordHasher) -> None:
        hashing = asyncio.create_task(hasher.hash(RIGHT))
        turns = 0
        while not hashing.done():
            await asyncio.sleep(0)
            turns += 1
        assert turns > 5
