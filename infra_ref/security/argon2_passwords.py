"""`Argon2Passwords`: Argon2id of the package `argon2-cffi`, in threads, a few at once."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from infra_ref.result import Err, Ok, Result
from infra_ref.security.errors import WrongPassword
from infra_ref.security.port import Verified

T = TypeVar("T")

LONGEST = 1024
"""Bytes. Hashing takes no longer for a longer one, but reading a request of any length does."""


class Argon2Passwords:
    """A `PasswordHasher`. The defaults are those of RFC 9106, section 4, for 64 MiB of memory.

    `rounds`, `memory_kib` and `lanes` are Argon2's cost; raise them over the years, and each
    hash is upgraded at its user's next login. `at_once` bounds the memory: so many hashes are
    computed at the same time, further callers wait.
    """

    def __init__(
        self, *, rounds: int = 3, memory_kib: int = 64 * 1024, lanes: int = 4, at_once: int = 4
    ) -> None:
        self._argon2 = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=lanes)
        self._places = asyncio.Semaphore(at_once)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        secret = _normal(password)
        return await self._in_thread(lambda: self._argon2.hash(secret))

    async def verify(self, password: str, stored: str | None) -> Result[Verified, WrongPassword]:
        return await self._in_thread(lambda: self._verified(password, stored))

    def _verified(self, password: str, stored: str | None) -> Result[Verified, WrongPassword]:
        if self._decoy is None:
            self._decoy = self._argon2.hash(b"nobody's")
        try:
            secret = _normal(password)
            self._argon2.verify(self._decoy if stored is None else stored, secret)
        except (Argon2Error, ValueError):  # the latter for what is no hash, or cannot be a password
            return Err(WrongPassword())
        if stored is None:
            return Err(WrongPassword())
        outdated = self._argon2.check_needs_rehash(stored)
        return Ok(Verified(self._argon2.hash(secret) if outdated else None))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        await self._places.acquire()
        job = asyncio.ensure_future(asyncio.to_thread(work))
        # A thread goes on when its caller is cancelled: its place is free only once it has ended.
        job.add_done_callback(lambda _: self._places.release())
        return await asyncio.shield(job)


def _normal(password: str) -> bytes:
    """Return the bytes to hash: the same for one password from any keyboard (NIST SP 800-63B, 3.1.1.2)."""
    try:
        found = unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:
        raise ValueError("a password is text that UTF-8 can hold") from None
    if len(found) > LONGEST:
        raise ValueError(f"a password has at most {LONGEST} bytes")
    return found
