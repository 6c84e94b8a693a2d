"""Each rule of password hashers has one that breaks it."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from argon2 import PasswordHasher

from infra_ref.contract import run
from infra_ref.result import Err, Ok
from infra_ref.security.argon2_passwords import LONGEST, Argon2Passwords
from infra_ref.security.contracts.password_hasher_contract import PasswordHasherContract
from infra_ref.security.errors import WrongPassword
from infra_ref.security.port import Verified
from tests.security import test_argon2_passwords_contract as ready
from tests.security.test_argon2_passwords_contract import COST


class Trims(Argon2Passwords):
    async def verify(self, password: str, stored: str | None) -> Any:
        return await super().verify(password.removesuffix(" "), stored)


class Unsalted(Argon2Passwords):
    def __init__(self, **cost: Any) -> None:
        super().__init__(**cost)
        self._argon2 = SameSalt(2, 4096, 1) if cost["rounds"] == 2 else self._argon2


class SameSalt(PasswordHasher):
    def hash(self, password: Any, *, salt: Any = None) -> str:
        return super().hash(password, salt=b"one salt for all")


class NeverUpgrades(Argon2Passwords):
    async def verify(self, password: str, stored: str | None) -> Any:
        return (await super().verify(password, stored)).map(lambda _: Verified())


class CrashesOnForeign(Argon2Passwords):
    async def verify(self, password: str, stored: str | None) -> Any:
        if stored is not None and not stored.startswith("$argon2"):
            raise ValueError(f"not a hash: {stored}")
        return await super().verify(password, stored)


class TellsWhoExists(Argon2Passwords):
    async def verify(self, password: str, stored: str | None) -> Any:
        return Err(WrongPassword()) if stored is None else await super().verify(password, stored)


class AsTyped(Argon2Passwords):
    async def hash(self, password: str) -> str:
        return await super().hash(password + ("\u0000" if password == "café" else ""))


class Cuts(Argon2Passwords):
    async def hash(self, password: str) -> str:
        return await super().hash(password[:LONGEST])


class Blocks(Argon2Passwords):
    async def _in_thread(self, work: Any) -> Any:
        return work()


BROKEN: dict[str, type[Argon2Passwords]] = {
    "PASS-01": Trims,
    "PASS-02": Unsalted,
    "PASS-03": NeverUpgrades,
    "PASS-04": CrashesOnForeign,
    "PASS-05": TellsWhoExists,
    "PASS-06": AsTyped,
    "PASS-07": Cuts,
    "PASS-08": Blocks,
}


def test_each_rule_has_a_hasher_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in PasswordHasherContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_hasher_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (ready.TestArgon2Passwords,), {"kind": BROKEN[number]}).verify())
    assert report.broken == (number,), report


def test_no_more_than_so_many_are_computed_at_once_even_when_callers_are_cancelled() -> None:
    running: list[int] = []
    most = [0]
    lock = threading.Lock()

    def work() -> None:
        with lock:
            running.append(1)
            most[0] = max(most[0], len(running))
        time.sleep(0.05)
        with lock:
            running.pop()

    async def crowd() -> None:
        passwords = Argon2Passwords(**COST, at_once=2)
        tasks = [asyncio.create_task(passwords._in_thread(work)) for _ in range(6)]
        await asyncio.sleep(0.02)
        tasks[0].cancel()
        tasks[1].cancel()
        await asyncio.wait(tasks)
        assert (tasks[0].cancelled(), tasks[5].cancelled()) == (True, False)

    run(crowd())
    assert most == [2]


def test_the_upgraded_hash_shows_in_no_repr() -> None:
    assert "$argon2" not in repr(Ok(Verified("$argon2id$v=19$")))
