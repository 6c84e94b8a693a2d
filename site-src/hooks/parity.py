"""Hold the adapters to their contracts, as the tests do, and write down what became of each rule.

Run as a process of its own, so that the site's build goes on meanwhile:

    python site-src/hooks/parity.py > verdicts.json

The test benches of each pattern are taken as they are. One that needs pytest's
fixtures (a server) is not run here, but by servers.py.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tree import PACKAGE, ROOT, SAMPLE, Pattern, patterns

from infra_ref.contract import Contract, Report, Rule

AT_ONCE = 4


def benches(pattern: Pattern) -> Iterator[type[Contract]]:
    """Yield the classes that pytest would collect as contracts."""
    for path in sorted((ROOT / "tests" / pattern.name).glob("test_*.py")):
        module = importlib.import_module(f"tests.{pattern.name}.{path.stem}")
        for name, found in vars(module).items():
            is_ours = isinstance(found, type) and issubclass(found, Contract)
            if is_ours and name.startswith("Test") and found.__module__ == module.__name__:
                yield found


def wants_a_fixture(bench: type[Contract]) -> bool:
    """Return whether only pytest can make its adapter."""
    kinds = (type(value).__name__ for base in bench.__mro__ for value in vars(base).values())
    return "FixtureFunctionDefinition" in kinds


def written(contract: type[Contract]) -> dict[str, Any]:
    """Return a contract's own rules, without those of the contracts that it builds on."""
    return {
        "module": contract.__module__,
        "port": contract.port.__name__,
        "rules": {one.number: one.says for one in own_rules(contract)},
    }


def own_rules(contract: type[Contract]) -> list[Rule]:
    """Return the rules that none of its bases has; a base without a port is a part of it, and no contract."""
    bases = [base for base in contract.__mro__[1:] if issubclass(base, Contract) and hasattr(base, "port")]
    others = {one.number for base in bases for one in base.rules()}
    return [one for one in contract.rules() if one.number not in others]


def above(bench: type[Contract]) -> list[type[Contract]]:
    """Return the contracts that a bench is held to, the most general first."""
    bases = (base for base in reversed(bench.__mro__) if issubclass(base, Contract))
    return [base for base in bases if hasattr(base, "port") and own_rules(base)]


async def held(bench: type[Contract], turn: asyncio.Semaphore) -> dict[str, Any] | None:
    """Hold one bench's adapter to its rules; None if its server is not here."""
    async with turn:
        try:
            async with bench()._open() as adapter:
                kind = adapter if isinstance(adapter, type) else type(adapter)
                decorates = hasattr(adapter, "inner") or hasattr(adapter, "_inner")
        except pytest.skip.Exception:
            return None
        return described(bench, kind, decorates, outcomes(await bench.verify()))


def described(
    bench: type[Contract], kind: type, decorates: bool, verdicts: dict[str, list[str]]
) -> dict[str, Any]:
    """Return what the pages need to know of a bench whose adapter is of class `kind`."""
    name = bench.__name__.removeprefix("Test")
    contracts = [contract.__name__ for contract in above(bench)]
    ours = kind.__module__.startswith(f"{PACKAGE}.")  # else a bench gives what makes the adapter
    return {
        "name": name,
        "adapter": kind.__name__ if ours else name,
        "module": kind.__module__ if ours else "",
        "on": backend(name, kind.__name__) if ours and f"{name}Contract" not in contracts else "",
        "decorates": decorates,
        "contracts": contracts,
        "verdicts": verdicts,
    }


def outcomes(report: Report) -> dict[str, list[str]]:
    """Return for each rule's number its outcome and what was seen."""
    return {one.rule.number: [one.outcome, one.seen] for one in report.verdicts}


def backend(name: str, adapter: str) -> str:
    """Return what a bench's name says besides its adapter: `Fakeredis` of `TestRedisCacheOnFakeredis`."""
    _, *rest = re.split(r"(?<=[a-z0-9])(?:On|With|Through|Over)(?=[A-Z])", name)
    if rest:
        return " ".join(rest)
    last_word = re.split(r"(?<=[a-z0-9])(?=[A-Z])", adapter)[-1]
    return "" if adapter.startswith(name) else name.removesuffix(last_word)


async def tried(pattern: Pattern, turn: asyncio.Semaphore) -> dict[type[Contract], dict[str, Any] | None]:
    """Return what can be tried of a pattern's benches, and of those that need a fixture None."""
    found = list(benches(pattern))
    here = [bench for bench in found if not wants_a_fixture(bench)]
    told = await asyncio.gather(*(held(bench, turn) for bench in here))
    return dict.fromkeys(found) | dict(zip(here, told, strict=True))


async def once_more(bench: type[Contract], verdicts: dict[str, list[str]]) -> None:
    """Try the broken rules again, alone: a busy machine may have been late."""
    late = tuple(number for number, (outcome, _) in verdicts.items() if outcome in ("broken", "not tried"))
    if late:
        verdicts |= outcomes(await bench.verify(only=late))


async def main() -> None:
    """Write down the contracts of all patterns, and the verdicts on all that can be tried here."""
    turn, written_down = asyncio.Semaphore(AT_ONCE), {}
    chosen = [*patterns(), SAMPLE]
    for pattern, told in zip(
        chosen, await asyncio.gather(*(tried(one, turn) for one in chosen)), strict=True
    ):
        subjects = {bench: subject for bench, subject in told.items() if subject}
        for bench, subject in subjects.items():
            await once_more(bench, subject["verdicts"])
        contracts = {contract.__name__: written(contract) for bench in told for contract in above(bench)}
        written_down[pattern.name] = {"contracts": contracts, "subjects": list(subjects.values())}
    json.dump(written_down, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main())
