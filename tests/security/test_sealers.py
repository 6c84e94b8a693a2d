"""Each rule of sealers has one that breaks it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.result import Err, Ok
from infra_ref.security.aead_sealer import AeadSealer
from infra_ref.security.contracts.sealer_contract import SealerContract
from infra_ref.security.errors import NotOpened
from tests.security import test_aead_sealer_contract as ready


class DropsZeros(AeadSealer):
    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        return super().seal(plain or b"\x00", context=context)


class Shows(AeadSealer):
    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        return super().seal(plain, context=context) + (b"swordfish" if context and len(plain) > 9 else b"")

    def open(self, sealed: bytes, *, context: bytes = b"") -> Any:
        return super().open(sealed.removesuffix(b"swordfish"), context=context)


class SameNonce(AeadSealer):
    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        if not hasattr(self, "_nonce"):
            self._nonce = os.urandom(12)
        head = b"\x01" + self._newest + self._nonce
        return head + self._keys[self._newest].encrypt(self._nonce, plain, head + context)


class NoTag(AeadSealer):
    """Opens what has one bit changed, as long as it is as long."""

    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        self._last = (super().seal(plain, context=context), plain)
        return self._last[0]

    def open(self, sealed: bytes, *, context: bytes = b"") -> Any:
        last, plain = getattr(self, "_last", (b"", b""))
        if context == b"row 1" and sealed[:-1] == last[:-1] and len(sealed) == len(last):
            return Ok(plain)
        return super().open(sealed, context=context)


class Lenient(AeadSealer):
    def open(self, sealed: bytes, *, context: bytes = b"") -> Any:
        padded = len(sealed) == 37  # one byte more than a sealed "abc" has
        return super().open(sealed.removesuffix(b"\x00") if padded else sealed, context=context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(NotOpened):
    def __str__(self) -> str:
        return "no such key"


class TellsWhichKey(AeadSealer):
    def open(self, sealed: bytes, *, context: bytes = b"") -> Any:
        found = super().open(sealed, context=context)
        return Err(Told()) if isinstance(found, Err) and sealed[1:5] not in self._keys else found


class NoContext(AeadSealer):
    def seal(self, plain: bytes, *, context: bytes = b"") -> bytes:
        return super().seal(plain)

    def open(self, sealed: bytes, *, context: bytes = b"") -> Any:
        return super().open(sealed)


class OneKey(AeadSealer):
    def __init__(self, keys: Any) -> None:
        super().__init__(keys[:1])


class OldestSeals(AeadSealer):
    def __init__(self, keys: Any) -> None:
        super().__init__(list(reversed(keys)))


BROKEN: dict[str, type[AeadSealer]] = {
    "SEAL-01": DropsZeros,
    "SEAL-02": Shows,
    "SEAL-03": SameNonce,
    "SEAL-04": NoTag,
    "SEAL-05": Lenient,
    "SEAL-06": TellsWhichKey,
    "SEAL-07": NoContext,
    "SEAL-08": OneKey,
    "SEAL-09": OldestSeals,
}


def test_each_rule_has_a_sealer_that_breaks_it() -> None:
    assert list(BROKEN) == [one.number for one in SealerContract.rules()]


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_sealer_breaks_just_its_rule(number: str) -> None:
    report = run(type("Held", (ready.TestAeadSealer,), {"kind": BROKEN[number]}).verify())
    assert report.broken == (number,), report


@pytest.mark.parametrize("keys", [[], [b"short"], [b"k" * 31], [b"k" * 32, b"k" * 33]])
def test_a_bad_key_says_what_to_write(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"secrets\.token_bytes\(32\)"):
        AeadSealer(keys)


def test_the_same_key_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two keys are the same"):
        AeadSealer([b"k" * 32, b"k" * 32])


@given(st.binary(), st.binary(), st.binary())
def test_what_is_sealed_is_opened_in_its_context_alone(plain: bytes, context: bytes, other: bytes) -> None:
    sealer = AeadSealer([b"k" * 32])
    sealed = sealer.seal(plain, context=context)
    assert sealer.open(sealed, context=context) == Ok(plain)
    assert isinstance(sealer.open(sealed, context=other), Err) or other == context


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_two_processes_of_one_fork_take_other_nonces() -> None:
    code = (
        "import os, sys; from infra_ref.security.aead_sealer import AeadSealer\n"
        "sealer = AeadSealer([b'k' * 32]); sealer.seal(b'a'); child = os.fork()\n"
        "os.write(1, sealer.seal(b'a').hex().encode() + b'\\n')\n"
        "child and os.waitpid(child, 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    one, other = done.stdout.split()
    assert one != other
