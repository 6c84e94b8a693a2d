"""What every `AddressGuard` promises. The adapter is the constructor of one, given how to look up a host."""

from __future__ import annotations

from typing import Any

from infra_ref.contract import Contract, raised, rule
from infra_ref.gateway.address_guard_port import AddressGuard
from infra_ref.result import Err, Ok

PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.7"
INSIDE = (
    *("127.0.0.1", PRIVATE, "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("224.0.0.1", "255.255.255.255", "192.88.99.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1"),
    *("fec0::1", "3fff::1", "5f00::1", "2001:db8::1"),
)
DISGUISED = (
    *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    "64:ff9b:1::7f00:1",
)


class AddressGuardContract(Contract):
    """Looking up is done by the rules: no name is asked of anybody."""

    port = AddressGuard

    @rule("GUARD-01", "a host with a public address gives that address")
    async def lets_through(self, guard: Any) -> None:
        for address in (PUBLIC, "2606:4700::1111", f"::ffff:{PUBLIC}", "64:ff9b::808:808"):
            assert await self._of(guard, address) == Ok(address)

    @rule("GUARD-02", "private, local, shared and reserved addresses are refused, with the reason")
    async def refuses(self, guard: Any) -> None:
        assert [one for one in INSIDE if not isinstance(await self._of(guard, one), Err)] == []
        assert "169.254.169.254" in str(await self._of(guard, "169.254.169.254"))

    @rule("GUARD-03", "so are those that hold one of them within")
    async def sees_through(self, guard: Any) -> None:
        assert [one for one in DISGUISED if not isinstance(await self._of(guard, one), Err)] == []

    @rule("GUARD-04", "one private address among public ones is enough")
    async def mixed(self, guard: Any) -> None:
        for addresses in ((PUBLIC, PRIVATE), (PRIVATE, PUBLIC)):
            assert isinstance(await self._of(guard, *addresses), Err)

    @rule("GUARD-05", "a host is looked up once for each question, so that the answer is what was judged")
    async def once(self, guard: Any) -> None:
        asked: list[str] = []

        async def look_up(host: str, port: int) -> tuple[str, ...]:
            asked.append(host)
            return (PUBLIC,) if len(asked) == 1 else (PRIVATE,)

        assert await guard(look_up).address("a.test", 443) == Ok(PUBLIC)
        assert asked == ["a.test"]

    @rule("GUARD-06", "a host without any address raises OSError")
    async def none(self, guard: Any) -> None:
        with raised(OSError, "the address of a host that has none"):
            await self._of(guard)

    async def _of(self, guard: Any, *addresses: str) -> Any:
        async def look_up(host: str, port: int) -> tuple[str, ...]:
            return addresses

        return await guard(look_up).address("a.test", 443)
