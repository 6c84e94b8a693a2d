"""What a decorator promises that lets callers through to any port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any, Protocol

from infra_ref.contract import Contract, raised, rule
from infra_ref.failures import Refused
from infra_ref.result import Err, Ok, Result
from infra_ref.security.errors import Forbidden
from infra_ref.security.token_port import Caller

WHO: ContextVar[Caller | None] = ContextVar("WHO", default=None)
READS, WRITES = Caller("ann", frozenset({"read"})), Caller("bob", frozenset({"read", "write"}))


class Authorise(Protocol):
    """Puts a check of the caller around any object."""

    def __call__(
        self, inner: Any, *, needs: dict[str, str | None], caller: Callable[[], Caller | None]
    ) -> Any:
        """Return `inner`, for callers who have the scope that `needs` asks for each method."""
        ...


class Vault:
    """What is guarded here. `done` are the calls that reached it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def read(self, name: str) -> Result[str, str]:
        """Give a Result."""
        self.done.append(f"read {name}")
        return Ok(name)

    async def write(self, name: str, *, twice: bool = False) -> int:
        """Give a plain value."""
        self.done.append(f"write {name}")
        return 2 if twice else 1

    async def all(self) -> AsyncIterator[str]:
        """Give one after another."""
        self.done.append("all")
        yield "a"

    def peek(self, name: str) -> Result[str, str]:
        """Give a Result without awaiting."""
        self.done.append(f"peek {name}")
        return Ok(name)

    def size(self) -> int:
        """Give a plain value without awaiting."""
        self.done.append("size")
        return 1


NEEDS: dict[str, str | None] = {"read": "read", "peek": "read", "write": "write", "all": "read", "size": None}


class AuthorisedContract(Contract):
    """`make` gives the function that decorates."""

    port = Authorise

    @rule("AUTHZ-01", "who may is let through, with all arguments and the answer")
    async def through(self, authorise: Authorise) -> None:
        vault = Vault()
        guarded = authorise(vault, needs=NEEDS, caller=lambda: WRITES)
        assert await guarded.read("a") == Ok("a")
        assert await guarded.write("b", twice=True) == 2
        assert [one async for one in guarded.all()] == ["a"]
        assert vault.done == ["read a", "write b", "all"]

    @rule("AUTHZ-02", "a method that gives a Result answers others with Err(Forbidden), and is not called")
    async def refuses(self, authorise: Authorise) -> None:
        vault = Vault()
        guarded = authorise(vault, needs=NEEDS | {"read": "secret", "peek": "secret"}, caller=lambda: WRITES)
        assert await guarded.read("a") == Err(Forbidden(scope="secret"))
        assert guarded.peek("a") == Err(Forbidden(scope="secret"))
        assert vault.done == []

    @rule("AUTHZ-03", "any other method raises Refused to others, and is not called")
    async def raises(self, authorise: Authorise) -> None:
        vault = Vault()
        guarded = authorise(vault, needs=NEEDS | {"all": "secret", "size": "secret"}, caller=lambda: READS)
        with raised(Refused) as errors:
            await guarded.write("a")
        assert errors[0].failure == Forbidden(scope="write")
        with raised(Refused):
            [one async for one in guarded.all()]
        with raised(Refused):
            guarded.size()
        assert vault.done == []

    @rule("AUTHZ-04", "who is nobody may do what needs nothing, and no more")
    async def nobody(self, authorise: Authorise) -> None:
        guarded = authorise(Vault(), needs=NEEDS, caller=lambda: None)
        assert isinstance(await guarded.read("a"), Err)
        assert guarded.size() == 1

    @rule("AUTHZ-05", "a method that nobody thought of is refused when the guard is made, by name")
    async def left_out(self, authorise: Authorise) -> None:
        needs = {name: scope for name, scope in NEEDS.items() if name != "write"}
        with raised(ValueError) as errors:
            authorise(Vault(), needs=needs, caller=lambda: WRITES)
        assert "write" in str(errors[0])

    @rule("AUTHZ-06", "a name that is no method is refused when the guard is made")
    async def misspelt(self, authorise: Authorise) -> None:
        with raised(ValueError) as errors:
            authorise(Vault(), needs={**NEEDS, "wriet": "write"}, caller=lambda: WRITES)
        assert "wriet" in str(errors[0])

    @rule("AUTHZ-07", "each call is judged by who makes it, in tasks at the same time too")
    async def each_call(self, authorise: Authorise) -> None:
        guarded = authorise(Vault(), needs=NEEDS | {"read": "write"}, caller=WHO.get)

        async def asks(who: Caller | None) -> bool:
            WHO.set(who)
            await asyncio.sleep(0)
            return isinstance(await guarded.read("a"), Ok)

        asked = await asyncio.gather(*(asks(who) for who in (WRITES, READS, None, WRITES)))
        assert asked == [True, False, False, True]

    @rule(
        "AUTHZ-08", "the guard has the methods that `needs` names, and no other attribute of what is inside"
    )
    async def closed(self, authorise: Authorise) -> None:
        guarded = authorise(Vault(), needs=NEEDS, caller=lambda: None)
        assert not hasattr(guarded, "done")
        assert not hasattr(guarded, "inner")
