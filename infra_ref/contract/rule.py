"""A rule: one promise of a port, with its number, its sentence and how to find out."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from infra_ref.contract.explain import explained

Check = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise.

    `number` never changes once published (`CACHE-03`); `says` is the promise as
    a sentence; `check` is a coroutine function `(contract, adapter, *tools)` that
    raises when the promise is broken; `tools` are the names of what it needs
    besides the adapter, and `needs` the capabilities that an adapter may lack.
    """

    number: str
    says: str
    check: Check
    tools: tuple[str, ...]
    needs: tuple[str, ...] = ()


def rule(number: str, says: str, *, needs: str | tuple[str, ...] = ()) -> Callable[[Check], Rule]:
    """Make a method of a `Contract` one of its rules.

        @rule("CACHE-03", "an entry is gone once its time to live has passed")
        async def expires(self, cache: Cache[str], clock: Passing) -> None:
            await cache.set("k", "v", ttl=MINUTE)
            await clock.advance(MINUTE + MILLISECOND)
            assert await cache.get("k") is None

    The method gets a fresh adapter and, by the names of its further parameters,
    the tools of its contract. Write plain asserts: a failed one tells what it
    expected and what it saw, and `python -O` does not remove them.

    `needs` names capabilities; an adapter that declares one of them in its
    `lacks` is not held to the rule, and the report gives its reason.
    """

    def wrap(check: Check) -> Rule:
        if not inspect.iscoroutinefunction(check):
            raise TypeError(
                f"rule {number}: write `async def {getattr(check, '__name__', '...')}(self, adapter)`"
            )
        _, _, *tools = inspect.signature(check).parameters
        return Rule(
            number, says, explained(check), tuple(tools), (needs,) if isinstance(needs, str) else needs
        )

    return wrap


@dataclass(frozen=True, slots=True)
class Tool:
    """A place in a contract for something that only some test benches can provide."""

    says: str


def tool(says: str) -> Any:
    """Declare a tool that rules may ask for by name.

        class CacheContract(Contract):
            another = tool("a second cache on the same store")

    A subclass that can provide it defines an attribute or method of that name.
    Where none does, the rules that ask for it are reported as not held to.
    """
    return Tool(says)
