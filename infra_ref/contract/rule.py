"""A rule: one promise of a port, with its number, its sentence and how to check it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any

from infra_ref.contract.explain import explained

Check = Callable[..., Awaitable[None]]

_NOT_BY_NAME = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise.

    `number` never changes once published (`CACHE-03`); `says` is the promise as
    a sentence; `check` is a coroutine function `(contract, adapter, *tools)` that
    raises when the promise is broken; `tools` are the names of what it needs
    besides the adapter, and `needs` the capabilities that an adapter may lack. Most
    rules are `core`; the others are rare corners that only the full contract asks for.
    """

    number: str
    says: str
    check: Check
    tools: tuple[str, ...]
    needs: tuple[str, ...] = ()
    core: bool = True


def rule(
    number: str, says: str, *, needs: str | tuple[str, ...] = (), full: bool = False
) -> Callable[[Check], Rule]:
    """Make a method of a `Contract` one of its rules.

        @rule("CACHE-03", "an entry is gone once its time to live has passed")
        async def expires(self, cache: Cache[str], clock: Passing) -> None:
            await cache.set("k", "v", ttl=MINUTE)
            await clock.advance(MINUTE + MILLISECOND)
            assert await cache.get("k") is None

    The method gets a fresh adapter and, by the names of its further parameters,
    the tools of its contract; one with a default is no tool. Write plain asserts: a
    failed one shows what it expected and what it saw, and `python -O` does not
    remove them (it does remove those of other functions that the rule calls).

    `needs` names capabilities; an adapter that declares one of them in its
    `lacks` is exempt from the rule, and the report gives its reason. `full` marks a
    rare corner, which `verify(core=True)` leaves out.

    Raises TypeError for anything but such a method.
    """

    def wrap(check: Any) -> Rule:
        name = getattr(check, "__name__", "...")
        parameters = list(inspect.signature(check).parameters.values()) if inspect.isfunction(check) else []
        if (
            not inspect.iscoroutinefunction(check)
            or hasattr(check, "__wrapped__")
            or len(parameters) < 2
            or any(one.kind in _NOT_BY_NAME for one in parameters[2:])
        ):
            raise TypeError(
                f"rule {number}: right below @rule, write `async def {name}(self, adapter)`, "
                "with a parameter for each tool, if any"
            )
        tools = tuple(one.name for one in parameters[2:] if one.default is one.empty)
        capabilities = (needs,) if isinstance(needs, str) else needs
        return Rule(number, says, explained(check), tools, capabilities, core=not full)

    return wrap


def unknown_numbers(names: Iterable[str], known: Container[str]) -> list[str]:
    """Return those of `names` that have the form of a rule's number, `CACHE-03`, and are not `known`."""
    return [name for name in names if re.fullmatch(r"[A-Z]+-\d+", name) and name not in known]


@dataclass(frozen=True, slots=True)
class Tool:
    """A place in a contract for something that only some test benches can provide."""

    says: str
    required: bool = False


def tool(says: str, *, required: bool = False) -> Any:
    """Declare a tool that rules may ask for by name.

        class CacheContract(Contract):
            another = tool("a second cache on the same store")

    A subclass that can provide it defines an attribute or method of that name.
    Where none does, the rules that ask for it are exempt; without a `required` one
    no rule can be tried.
    """
    return Tool(says, required)
