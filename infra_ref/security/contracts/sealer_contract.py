"""What every `Sealer` promises."""

from __future__ import annotations

from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.result import Err, Ok
from infra_ref.security.port import Sealer

PLAIN = b"swordfish " * 4


class SealerContract(Contract):
    """Each sealer that `make` gives has a key of its own."""

    port = Sealer
    rotated: Any = tool("a function that returns a sealer with a newer key in front of this one's")
    stranger: Any = tool("a function that returns a sealer that shares no key with this one")

    @rule("SEAL-01", "what was sealed is opened, whatever bytes it has, and none at all")
    async def opens(self, sealer: Sealer) -> None:
        for plain in (PLAIN, b"", bytes(range(256)), b"\x00" * 100_000):
            assert sealer.open(sealer.seal(plain)) == Ok(plain)

    @rule("SEAL-02", "nothing of what was sealed shows")
    async def hides(self, sealer: Sealer) -> None:
        assert b"swordfish" not in sealer.seal(PLAIN, context=b"row 1")

    @rule("SEAL-03", "no two outcomes are the same: a nonce is never used again")
    async def differs(self, sealer: Sealer) -> None:
        sealed = [sealer.seal(PLAIN) for _ in range(2_000)]
        assert len(set(sealed)) == 2_000
        assert len({one[-16:] for one in sealed}) == 2_000

    @rule("SEAL-04", "a change of any bit is noticed")
    async def tampered(self, sealer: Sealer) -> None:
        sealed = sealer.seal(b"abc", context=b"row 1")
        for place in range(len(sealed) * 8):
            changed = bytearray(sealed)
            changed[place // 8] ^= 1 << place % 8
            assert isinstance(sealer.open(bytes(changed), context=b"row 1"), Err)

    @rule("SEAL-05", "bytes that are cut off, put on or no sealed value at all are not opened")
    async def foreign(self, sealer: Sealer) -> None:
        sealed = sealer.seal(b"abc")
        for cut in range(len(sealed)):
            assert isinstance(sealer.open(sealed[:cut]), Err)
        for other in (b"", b"abc", sealed + b"\x00", sealed + sealed):
            assert isinstance(sealer.open(other), Err)

    @rule("SEAL-06", "a value that was changed and one of another key look the same")
    async def tells_nothing(self, sealer: Sealer, stranger: Any) -> None:
        sealed = sealer.seal(PLAIN)
        changed = sealer.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        strange = stranger().open(sealed)
        assert isinstance(changed, Err) and isinstance(strange, Err)
        assert (repr(changed), str(changed.error)) == (repr(strange), str(strange.error))

    @rule("SEAL-07", "a value is opened for its own context only")
    async def context(self, sealer: Sealer) -> None:
        sealed = sealer.seal(PLAIN, context=b"row 1")
        assert sealer.open(sealed, context=b"row 1") == Ok(PLAIN)
        assert [isinstance(sealer.open(sealed, context=one), Err) for one in (b"row 2", b"")] == [True, True]

    @rule("SEAL-08", "after a rotation, old values are opened")
    async def old_opens(self, sealer: Sealer, rotated: Any) -> None:
        assert rotated().open(sealer.seal(PLAIN)) == Ok(PLAIN)

    @rule("SEAL-09", "after a rotation, the newest key seals")
    async def newest_seals(self, sealer: Sealer, rotated: Any) -> None:
        assert isinstance(sealer.open(rotated().seal(PLAIN)), Err)
